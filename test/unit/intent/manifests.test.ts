/**
 * Manifests under test/data: good ones, and one bad one per case with what is said of it beside. HERALD_REWRITE=1 writes
 * what came out instead; read the difference before you commit it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildIntent } from '../../../src/intent/build.ts'
import { checkIntent } from '../../../src/intent/check.ts'
import { documentKey } from '../../../src/intent/document.ts'
import { type ManifestFile, formatDocument, readManifests } from '../../../src/intent/manifest.ts'
import { manifestData, manifestsIn } from '../../support/documents.ts'

const rewrite = process.env['HERALD_REWRITE'] === '1'
const bad = new URL('bad/', manifestData)

/** Everything said of a set of files, a line each, as `herald validate` would. */
function saidOf(files: readonly ManifestFile[]): readonly string[] {
  const { documents, problems, locate } = readManifests(files)
  if (problems.length > 0)
    return problems.map(({ file, line, pointer, message }) => `${file}:${line}: ${pointer ?? ''}: ${message}`)
  const built = buildIntent(new Map(documents.map((document) => [documentKey(document), document.spec])), 1)
  return [...built.findings, ...checkIntent(built.intent)].map(({ severity, code, document, pointer, message }) => {
    const place = locate(document, pointer)
    return `${place === undefined ? '?' : `${place.file}:${place.line}`}: ${severity} ${code}: ${document}${pointer}: ${message}`
  })
}

describe('every problem of a bad manifest is told at once, with its place and the way out', () => {
  test.each(manifestsIn(bad))('$file', (file) => {
    const said = `${saidOf([file]).join('\n')}\n`
    const stored = new URL(file.file.replace('.yaml', '.txt'), bad)
    if (rewrite) writeFileSync(stored, said)
    expect(said).toBe(readFileSync(stored, 'utf8'))
    expect(said.trim()).not.toBe('')
  })
})

test('the good set has no problem but that its AS numbers are those of a lab, and that it knows what a lease means', () => {
  const files = manifestsIn(new URL('good/', manifestData))
  expect(readManifests(files).problems).toEqual([])
  const said = saidOf(files).filter((line) => !line.includes('own-private-asn'))
  expect(said).toEqual([expect.stringMatching(/warning lease-withdraws: .*takes it off the Internet/)])
})

test('a document written out as YAML reads back as itself', () => {
  const { documents } = readManifests(manifestsIn(new URL('good/', manifestData)))
  expect(documents.length).toBe(41)
  for (const document of documents) {
    const again = readManifests([{ file: 'out.yaml', text: formatDocument(document) }])
    expect(again.problems).toEqual([])
    expect(again.documents).toEqual([document])
  }
})

test('JSON is read as YAML is', () => {
  const text = JSON.stringify({
    apiVersion: 'herald/v1',
    kind: 'Pop',
    metadata: { name: 'fra' },
    spec: { region: 'de' },
  })
  expect(readManifests([{ file: 'fra.json', text }]).documents).toEqual([
    { kind: 'Pop', name: 'fra', spec: { region: 'de' } },
  ])
})

test('a document that is in two files is told with both places', () => {
  const text = 'apiVersion: herald/v1\nkind: Area\nmetadata:\n  name: eu\n'
  const { problems, documents } = readManifests([
    { file: 'a.yaml', text },
    { file: 'b.yaml', text: `# again\n${text}` },
  ])
  expect(problems).toEqual([
    {
      file: 'b.yaml',
      line: 5,
      pointer: '/metadata/name',
      message: 'Area/eu is written twice, here and at a.yaml:4; keep one',
    },
  ])
  expect(documents).toHaveLength(1)
})

test('a file that is too large or too deep is refused and not worked on', () => {
  const [large] = readManifests([{ file: 'large.yaml', text: '#'.repeat(17 * 1024 * 1024) }]).problems
  expect(large?.message).toMatch(/^the file is too large/)
  const [deep] = readManifests([{ file: 'deep.yaml', text: '['.repeat(200_000) }]).problems
  expect(deep?.message).toMatch(/nested too deeply|not YAML/)
})

test('a place that is not written is located at the nearest one that is', () => {
  const { locate } = readManifests([
    {
      file: 'a.yaml',
      text: 'apiVersion: herald/v1\nkind: Prefix\nmetadata: { name: 203.0.113.0/24 }\nspec:\n  at:\n    - eu\n    - us\n',
    },
  ])
  const lineOf = (pointer: string) => locate('Prefix/203.0.113.0/24', pointer)?.line
  expect(lineOf('/spec/at/1')).toBe(7)
  expect(lineOf('/spec/at/7')).toBe(5)
  expect(lineOf('/spec/floor')).toBe(4)
  expect(lineOf('')).toBe(1)
  expect(locate('Pop/fra', '/spec')).toBeUndefined()
})
