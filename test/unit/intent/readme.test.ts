/** What README tells people to write is what Herald reads. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { buildIntent } from '../../../src/intent/build.ts'
import { checkIntent } from '../../../src/intent/check.ts'
import { documentKey } from '../../../src/intent/document.ts'
import { readManifests } from '../../../src/intent/manifest.ts'

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text], i) => ({ file: `${i}`, text: text ?? '' }))

const places = [
  ...['asia', 'nyc'].map((name) => ({ kind: 'Area', name, spec: {} }) as const),
  ...['ams', 'sin'].map((name) => ({ kind: 'Pop', name, spec: { region: 'frankfurt' } }) as const),
]

test('the manifests of README fit together', () => {
  const { documents, problems } = readManifests(blocks)
  expect(problems).toEqual([])
  expect(documents.map(({ kind }) => kind)).toContain('Check')
  const specs = [...documents, ...places].map((document) => [documentKey(document), document.spec] as const)
  const { intent, findings } = buildIntent(new Map(specs), 1)
  const errors = checkIntent(intent).filter(({ severity }) => severity === 'error')
  expect([...findings, ...errors]).toEqual([])
})
