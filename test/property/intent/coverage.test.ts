/** Where a prefix is announced, under any publishes and withdrawals, in inventories of any shape. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildIntent } from '../../../src/intent/build.ts'
import { documentKey } from '../../../src/intent/document.ts'
import { type Edit, applyChanges, applyDocuments, publish, restoreTo, withdraw } from '../../../src/intent/edit.ts'
import type { Documents } from '../../../src/intent/lineage.ts'
import type { PopId, Selector } from '../../../src/intent/model.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { selectPops } from '../../../src/intent/select.ts'
import { type World, worldWith } from '../../support/arbitrary-documents.ts'

const prefix = '203.0.113.0/24' as Prefix

function start({ documents }: World, at: readonly string[], except: readonly string[]): Documents {
  const specs = new Map(documents.map((document) => [documentKey(document), document.spec]))
  return after(specs, applyDocuments(specs, [{ kind: 'Prefix', name: prefix, spec: { at, except } }], { prune: false }))
}

function after(documents: Documents, edit: Edit): Documents {
  if (!edit.ok) throw new Error(edit.problem)
  return applyChanges(documents, edit.changes)
}

function covered(documents: Documents): ReadonlySet<PopId> {
  const { intent } = buildIntent(documents, 1)
  const announcement = intent.prefixes.get(prefix)
  return selectPops(intent, announcement?.at ?? [], announcement?.except)
}

function pops(documents: Documents, selectors: readonly string[]): ReadonlySet<PopId> {
  return selectPops(buildIntent(documents, 1).intent, selectors as Selector[])
}

test('publishing adds exactly the named POPs, withdrawing takes exactly them away', () => {
  fc.assert(
    fc.property(worldWith(4), ({ world, lists: [at = [], except = [], wanted = [], unwanted = []] }) => {
      const before = start(world, at, except)
      const published = wanted.length === 0 ? before : after(before, publish(before, { prefix, at: wanted }))
      expect(covered(published)).toEqual(covered(before).union(pops(before, wanted)))
      const withdrawn =
        unwanted.length === 0 ? published : after(published, withdraw(published, { prefix, at: unwanted }))
      expect(covered(withdrawn)).toEqual(covered(published).difference(pops(before, unwanted)))
    }),
    { numRuns: 500 },
  )
})

test('publishing where it was not and withdrawing it again leaves it where it was', () => {
  fc.assert(
    fc.property(worldWith(3), ({ world, lists: [at = [], except = [], wanted = []] }) => {
      const before = start(world, at, except)
      const fresh = wanted.filter((selector) => pops(before, [selector]).isDisjointFrom(covered(before)))
      fc.pre(fresh.length > 0)
      const published = after(before, publish(before, { prefix, at: fresh }))
      expect(covered(after(published, withdraw(published, { prefix, at: fresh })))).toEqual(covered(before))
    }),
    { numRuns: 500 },
  )
})

test('saying it again changes nothing', () => {
  fc.assert(
    fc.property(worldWith(3), ({ world, lists: [at = [], except = [], named = []] }) => {
      fc.pre(named.length > 0)
      const before = start(world, at, except)
      const published = after(before, publish(before, { prefix, at: named }))
      expect(publish(published, { prefix, at: named })).toMatchObject({ ok: true, changes: [] })
      const withdrawn = after(published, withdraw(published, { prefix, at: named }))
      expect(withdraw(withdrawn, { prefix, at: named })).toMatchObject({ ok: true, changes: [] })
    }),
    { numRuns: 500 },
  )
})

test('a move is announced at the new places and at no other', () => {
  fc.assert(
    fc.property(worldWith(3), ({ world, lists: [at = [], except = [], wanted = []] }) => {
      fc.pre(wanted.length > 0)
      const before = start(world, at, except)
      const moved = after(before, publish(before, { prefix, at: wanted, only: true }))
      expect(covered(moved)).toEqual(pops(before, wanted))
    }),
  )
})

test('an edit touches no document but that of its prefix, and restoring gives exactly what was', () => {
  fc.assert(
    fc.property(worldWith(4), ({ world, lists: [at = [], except = [], wanted = [], unwanted = []] }) => {
      fc.pre(wanted.length > 0 && unwanted.length > 0)
      const before = start(world, at, except)
      const published = after(before, publish(before, { prefix, at: wanted, attributes: { prepend: 1 } }))
      const withdrawn = after(published, withdraw(published, { prefix, at: unwanted }))
      for (const [key, spec] of before) if (key !== `Prefix/${prefix}`) expect(withdrawn.get(key)).toBe(spec)
      expect(withdrawn.size).toBe(before.size)
      expect(after(withdrawn, restoreTo(withdrawn, before))).toEqual(before)
    }),
  )
})

test('selectors add up, and exceptions win', () => {
  fc.assert(
    fc.property(worldWith(3), ({ world, lists: [a = [], b = [], except = []] }) => {
      const documents = start(world, [], [])
      const { intent } = buildIntent(documents, 1)
      const select = (at: readonly string[], but: readonly string[] = []) =>
        selectPops(intent, at as Selector[], but as Selector[])
      expect(select([...a, ...b])).toEqual(select(a).union(select(b)))
      expect(select(a, except)).toEqual(select(a).difference(select(except)))
      expect(select(['all'])).toEqual(new Set(intent.pops.keys()))
      expect(select(['nowhere'])).toEqual(new Set())
    }),
  )
})
