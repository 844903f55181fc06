/** The topologies of deploy: their files can be read, and what Herald is told of is what the nodes are configured to be. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { buildIntent } from '../../../src/intent/build.ts'
import { checkIntent } from '../../../src/intent/check.ts'
import { type Document, documentKey } from '../../../src/intent/document.ts'
import { readYaml } from '../../../src/intent/manifest/file.ts'
import { readClabFile } from '../../../src/lab/clab/read-file.ts'

interface Place {
  readonly folder: string
  readonly nodes: readonly string[]
  /** Everything that gives nodes their addresses. */
  readonly text: string
}

const containerlab = ['anycast-2pop', 'anycast-5pop'].map((name): readonly [string, Place] => {
  const folder = join('deploy/containerlab', name)
  const file = join(folder, `${name}.clab.yml`)
  const nodes = readClabFile(file, 'deploy/images').nodes.map((node) => node.name)
  return [name, { folder, nodes, text: readFileSync(file, 'utf8') + configurations(folder) }]
})
const composeText = readFileSync('docker-compose.yml', 'utf8')
const { services } = parse(composeText, { merge: true }) as { readonly services: Readonly<Record<string, unknown>> }
const compose: Place = { folder: 'deploy/compose', nodes: Object.keys(services), text: composeText }

function configurations(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.conf'))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n')
}

function documentsIn(folder: string): readonly Document[] {
  return readdirSync(folder).flatMap((file) =>
    readYaml(readFileSync(join(folder, file), 'utf8')).pieces.map(({ value }) => {
      const { kind, metadata, spec } = value as { kind: Document['kind']; metadata: { name: string }; spec: unknown }
      return { kind, name: metadata.name, spec }
    }),
  )
}

describe.each([...containerlab, ['compose', compose] as const])('%s', (_name, { folder, nodes, text }) => {
  const documents = documentsIn(join(folder, 'herald'))
  const { intent, findings } = buildIntent(new Map(documents.map((each) => [documentKey(each), each.spec])), 0)

  test('its manifests have no problem, and publish nothing', () => {
    expect([...findings, ...checkIntent(intent)]).toEqual([])
    expect(intent.prefixes.size).toBe(0)
  })

  test('every speaker is at a node', () => {
    for (const { endpoint } of intent.speakers.values()) expect(nodes).toContain(endpoint.split(':')[0])
  })

  test('every neighbor is an address that some node is given', () => {
    const given = new Set(text.match(/[0-9a-f]*[.:][0-9a-f.:]+(?=\/\d+|\b)/g))
    for (const { address } of intent.neighbors.values()) expect(given.has(address), address).toBe(true)
  })
})
