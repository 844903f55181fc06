/** Documents as arbitrary as people and programs write them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildIntent } from '../../../src/intent/build.ts'
import { checkIntent } from '../../../src/intent/check.ts'
import { type Document, type DocumentKey, documentKey, kinds } from '../../../src/intent/document.ts'
import { applyChanges, applyDocuments, publish, restoreTo } from '../../../src/intent/edit.ts'
import { formatDocument, readManifests } from '../../../src/intent/manifest.ts'
import { readDocument } from '../../../src/intent/schema.ts'
import { attributes, checkDocument, failoverPolicy, label } from '../../support/arbitrary-documents.ts'
import { goodDocuments, goodManifests, manifestData, manifestsIn } from '../../support/documents.ts'

const good = goodManifests().documents

const prefixDocument: fc.Arbitrary<Document> = fc
  .record(
    {
      at: fc.array(label, { maxLength: 4 }),
      except: fc.array(label, { maxLength: 4 }),
      floor: fc.nat(9),
      attributes,
      pops: fc.dictionary(label, attributes, { maxKeys: 3 }),
      neighbors: fc.dictionary(label, attributes, { maxKeys: 3 }),
      adopt: fc.array(label, { maxLength: 2 }),
      failover: failoverPolicy,
    },
    { requiredKeys: ['at'] },
  )
  .map((spec) => ({ kind: 'Prefix', name: '203.0.113.0/24', spec }))

function canonical(document: Document): Document {
  const read = readDocument(document)
  if (!read.ok) throw new Error(JSON.stringify(read.findings))
  return read.document
}

test('canonical is canonical: read again, as a spec, as JSON or as YAML, it is the same text', () => {
  fc.assert(
    fc.property(fc.oneof(prefixDocument, checkDocument, fc.constantFrom(...good)), (document) => {
      const once = canonical(document)
      const text = JSON.stringify(once)
      expect(JSON.stringify(canonical(once))).toBe(text)
      expect(JSON.stringify(canonical(JSON.parse(text) as Document))).toBe(text)
      const { documents, problems } = readManifests([{ file: 'x.yaml', text: formatDocument(once) }])
      expect(problems).toEqual([])
      expect(JSON.stringify(documents[0])).toBe(text)
    }),
    { numRuns: 300 },
  )
})

test('no spec whatsoever makes reading, building or checking throw, and none is half read', () => {
  const anything = fc.oneof(
    fc.anything({ maxDepth: 3, withNullPrototype: true, withSparseArray: true, withBigInt: true, withDate: true }),
    fc.constantFrom(...good).chain(({ spec }) =>
      fc
        .dictionary(fc.constantFrom(...Object.keys(spec as object), '__proto__', 'constructor', 'x'), fc.anything(), {
          maxKeys: 3,
        })
        .map((over) => ({ ...(spec as object), ...over })),
    ),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.oneof(label, fc.string(), fc.constant('203.0.113.0/24')),
      anything,
      (kind, name, spec) => {
        const read = readDocument({ kind, name, spec })
        if (!read.ok) {
          expect(read.findings.length).toBeGreaterThan(0)
          for (const { message, pointer } of read.findings) {
            expect(message).not.toMatch(/^Invalid|undefined/)
            expect(pointer).toMatch(/^\/(metadata\/name|spec)/)
          }
        }
        const documents = new Map(goodDocuments()).set(documentKey({ kind, name }), spec)
        const { intent, findings } = buildIntent(documents, 1)
        checkIntent(intent)
        if (!read.ok) expect(findings.map(({ document }) => document)).toContain(documentKey({ kind, name }))
      },
    ),
    { numRuns: 500 },
  )
})

test('no file whatsoever makes the manifest reader throw, and it always says something', () => {
  const texts = [...manifestsIn(new URL('good/', manifestData)), ...manifestsIn(new URL('bad/', manifestData))].map(
    ({ text }) => text,
  )
  const damaged = fc
    .constantFrom(...texts)
    .chain((text) =>
      fc
        .tuple(
          fc.nat(text.length),
          fc.nat(20),
          fc.string({ maxLength: 5, unit: fc.constantFrom(...'{}[]:,&*!|>-#\'"\n\t% x\0'.split('')) }),
        )
        .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut)),
    )
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' }), fc.json()), (text) => {
      const { documents, problems, locate } = readManifests([{ file: 'x.yaml', text }])
      expect(documents.length + problems.length).toBeGreaterThan(0)
      const lines = text.split('\n').length
      for (const { line, message } of problems) {
        expect(message).not.toBe('')
        expect(line).toBeGreaterThan(0)
        expect(line).toBeLessThanOrEqual(lines)
      }
      for (const document of documents) expect(locate(documentKey(document), '/spec')?.line).toBeGreaterThan(0)
    }),
    { numRuns: 500 },
  )
})

test('a file cut off anywhere never gives a document that the whole file does not', () => {
  const [file] = manifestsIn(new URL('good/', manifestData)).filter((one) => one.file === 'pop-fra.yaml')
  const text = file?.text ?? ''
  const whole = new Set(readManifests([{ file: 'x', text }]).documents.map((document) => documentKey(document)))
  for (let at = 0; at < text.length; at += 3)
    for (const document of readManifests([{ file: 'x', text: text.slice(0, at) }]).documents)
      if (document.kind !== 'Speaker') expect([...whole]).toContain(documentKey(document))
})

test('an intent that is built step by step is the one that is built at once', () => {
  const steps = fc.array(fc.tuple(fc.nat(good.length - 1), fc.constantFrom('delete', 'break', 'restore')), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(steps, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (changes, builds) => {
      let documents = goodDocuments()
      buildIntent(documents, 0)
      for (const [i, [which, what]] of changes.entries()) {
        const document = good[which] as Document
        const key = documentKey(document)
        const spec = what === 'delete' ? undefined : what === 'break' ? { broken: i } : document.spec
        documents = applyChanges(documents, [{ key, before: documents.get(key), after: spec }])
        if (builds[i]) buildIntent(documents, i)
      }
      const stepwise = buildIntent(documents, 99)
      const atOnce = buildIntent(new Map(documents), 99)
      expect(sortedMaps(stepwise.intent)).toEqual(sortedMaps(atOnce.intent))
      expect(stepwise.findings).toEqual(atOnce.findings)
      expect(new Set(checkIntent(stepwise.intent))).toEqual(new Set(checkIntent(atOnce.intent)))
    }),
    { numRuns: 100 },
  )
})

test('what one change does not touch is the same value in the next intent', () => {
  const documents = applyChanges(goodDocuments(), [])
  const before = buildIntent(documents, 1).intent
  const edit = publish(documents, { prefix: '198.51.100.0/24', at: ['eu'] })
  const after = buildIntent(applyChanges(documents, edit.ok ? edit.changes : []), 2).intent
  expect(after.prefixes.size).toBe(before.prefixes.size + 1)
  expect(after.neighbors).toBe(before.neighbors)
  expect(after.pops).toBe(before.pops)
  for (const [prefix, announcement] of before.prefixes) expect(after.prefixes.get(prefix)).toBe(announcement)
  expect(buildIntent(documents, 1).intent).toBe(before)
})

test('applying the same documents again, in any order, changes nothing', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...good]), (documents) => {
      const before = goodDocuments()
      expect(applyDocuments(before, documents, { prune: false })).toMatchObject({ ok: true, changes: [] })
      const only = new Map<DocumentKey, unknown>(documents.map((document) => [documentKey(document), document.spec]))
      const edit = restoreTo(before, only)
      expect(edit.ok && applyChanges(before, edit.changes)).toEqual(only)
    }),
    { numRuns: 50 },
  )
})

function sortedMaps(intent: object): unknown {
  return Object.fromEntries(
    Object.entries(intent).map(([name, value]) => [
      name,
      value instanceof Map ? [...value].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)) : value,
    ]),
  )
}
