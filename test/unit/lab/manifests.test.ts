import { expect, test } from 'vitest'
import { buildIntent } from '../../../src/intent/build.ts'
import { checkIntent } from '../../../src/intent/check.ts'
import { type DocumentKey, documentKey } from '../../../src/intent/document.ts'
import { readManifests } from '../../../src/intent/manifest.ts'
import { readDocument } from '../../../src/intent/schema.ts'
import { labDocuments, labManifests } from '../../../src/lab/manifests.ts'
import { fivePops, linksOf } from '../../../src/lab/topology.ts'

const documents = labDocuments(fivePops, (pop) => `unix:///run/${pop}.sock`)

test('the manifests of the lab are a network without findings', () => {
  const read = readManifests([{ file: 'lab.yaml', text: labManifests(documents) }])
  expect(read.problems).toEqual([])
  const canonical = new Map<DocumentKey, unknown>()
  for (const document of read.documents) {
    const outcome = readDocument(document)
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.findings))
    canonical.set(documentKey(document), outcome.document.spec)
  }
  const { intent, findings } = buildIntent(canonical, 1)
  expect([...findings, ...checkIntent(intent)]).toEqual([])
  expect(intent.speakers.size).toBe(5)
  expect(intent.neighbors.size).toBe(20)
})

test('Herald manages the neighbors of four POPs, and gobgpd has those of the fifth in its own file', () => {
  const managed = documents.filter(({ kind, spec }) => kind === 'Neighbor' && (spec as { managed: boolean }).managed)
  expect(managed.length).toBe(16)
  const started = documents.filter(({ kind, spec }) => kind === 'Speaker' && 'start' in (spec as object))
  expect(started.map(({ name }) => name)).toEqual(['fra-1', 'ams-1', 'sin-1', 'tyo-1'])
})

test('no two links of a lab share an address', () => {
  const links = Array.from({ length: 16 }, (_pop, pop) =>
    Array.from({ length: 8 }, (_line, line) => linksOf(pop, line)),
  )
  const addresses = links.flat(2).flatMap(({ speaker, upstream }) => [speaker, upstream])
  expect(new Set(addresses).size).toBe(16 * 8 * 2 * 2)
  expect(() => linksOf(16, 0)).toThrow('at most 16 POPs')
})
