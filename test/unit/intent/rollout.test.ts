/** Staged changes as documents: what can go out in stages, what each step changes, and what desired state is on the way. */
import { describe, expect, test } from 'vitest'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { leasesAt } from '../../../src/health/leases.ts'
import { buildIntent } from '../../../src/intent/build.ts'
import { affectedPrefixes, compilePrefix } from '../../../src/intent/compile.ts'
import type { DocumentChange, DocumentKey } from '../../../src/intent/document.ts'
import {
  type Edit,
  advanceRollout,
  applyChanges,
  applyDocuments,
  publish,
  removeDocuments,
  restoreTo,
  revert,
  rollBack,
  rolloutNews,
  stageChanges,
  withdraw,
} from '../../../src/intent/edit.ts'
import { goesBack } from '../../../src/intent/edit/rollout.ts'
import type { Documents } from '../../../src/intent/lineage.ts'
import type { PopId } from '../../../src/intent/model.ts'
import { goodDocuments } from '../../support/documents.ts'

const v4 = '203.0.113.0/24' as Prefix
const fresh = '198.51.100.0/24' as Prefix
const key: DocumentKey = 'Rollout/growth'
const good = changed(goodDocuments(), publish(goodDocuments(), { prefix: v4, at: ['eu'], only: true }))
const moment = { epoch: 7, nowMs: 1000 }

const staging = {
  id: 'growth',
  stages: [['sin'], ['tyo', 'nyc'], ['ams']] as PopId[][],
  settle: '30s',
  giveUp: '10m',
  unwell: [],
  ungated: false,
  forced: false,
  startedAtMs: 1000,
  author: 'alice',
  reason: 'growth',
}

function changesOf(edit: Edit): readonly DocumentChange[] {
  if (!edit.ok) throw new Error(edit.problem)
  return edit.changes
}

function changed(documents: Documents, edit: Edit): Documents {
  return applyChanges(documents, changesOf(edit))
}

function problemOf(edit: Edit): string {
  expect(edit.ok).toBe(false)
  return edit.ok ? '' : edit.problem
}

function popsAt(documents: Documents, prefix: Prefix = v4): readonly string[] {
  const { sites } = compilePrefix(buildIntent(documents, 2).intent, prefix, moment) ?? { sites: new Map() }
  return [...sites.values()].map(({ pop }) => pop)
}

/** Adds Asia and America, takes Amsterdam away. */
const edit = applyDocuments(
  good,
  [{ kind: 'Prefix', name: v4, spec: { ...(good.get(`Prefix/${v4}`) as object), at: ['fra', 'asia', 'us'] } }],
  { prune: false },
)
const first = changed(good, stageChanges(good, edit, staging))

test('the new document stands at once, and counts only where its stage is out', () => {
  expect(first.get(`Prefix/${v4}`)).toMatchObject({ at: ['fra', 'asia', 'us'] })
  expect(popsAt(good)).toEqual(['ams', 'fra'])
  expect(popsAt(first)).toEqual(['ams', 'fra', 'sin'])
  const second = changed(first, advanceRollout(first, 'growth', 2000))
  expect(popsAt(second)).toEqual(['ams', 'fra', 'nyc', 'sin', 'tyo'])
  const third = changed(second, advanceRollout(second, 'growth', 3000))
  expect(popsAt(third)).toEqual(['fra', 'nyc', 'sin', 'tyo'])
  const done = changed(third, advanceRollout(third, 'growth', 4000))
  expect(done.has(key)).toBe(false)
  expect(popsAt(done)).toEqual(popsAt(third))
  expect(new Map(done)).toEqual(new Map(changed(good, edit)))
})

test.each([1, 2, 3])('back from stage %i, every document is what it was', (stage) => {
  let documents = first
  for (let i = 1; i < stage; i++) documents = changed(documents, advanceRollout(documents, 'growth', 2000))
  const back = rollBack(documents, 'growth')
  expect(goesBack(changesOf(back))).toBe(true)
  expect(new Map(changed(documents, back))).toEqual(new Map(good))
})

test('a prefix that had no document has none again', () => {
  const publishing = publish(good, { prefix: fresh, at: ['eu'] })
  const staged = changed(good, stageChanges(good, publishing, { ...staging, stages: [['fra'], ['ams']] as PopId[][] }))
  expect(popsAt(staged, fresh)).toEqual(['fra'])
  expect(new Map(changed(staged, rollBack(staged, 'growth')))).toEqual(new Map(good))
})

test('a POP that is built meanwhile, and that no stage names, waits for the last one', () => {
  const places = [
    { kind: 'Pop', name: 'osa', spec: { region: 'jp' } },
    {
      kind: 'Speaker',
      name: 'osa-1',
      spec: { pop: 'osa', endpoint: '192.0.2.99:50051', nextHop: { ipv6: '2001:db8::9' } },
    },
  ] as const
  const built = changed(first, applyDocuments(first, places, { prune: false }))
  expect(popsAt(built)).toEqual(['ams', 'fra', 'sin'])
  const second = changed(built, advanceRollout(built, 'growth', 2000))
  expect(popsAt(second)).not.toContain('osa')
  expect(popsAt(changed(second, advanceRollout(second, 'growth', 3000)))).toContain('osa')
})

test('half-way, the floor is that of the stricter end, and never more than is intended', () => {
  const floors = { ...(good.get(`Prefix/${v4}`) as object), floor: 2 }
  const before = changed(good, applyDocuments(good, [{ kind: 'Prefix', name: v4, spec: floors }], { prune: false }))
  const narrow = applyDocuments(before, [{ kind: 'Prefix', name: v4, spec: { at: ['sin'] } }], { prune: false })
  const staged = changed(
    before,
    stageChanges(before, narrow, { ...staging, stages: [['sin'], ['ams'], ['fra']] as PopId[][] }),
  )
  const floorOf = (documents: Documents) => compilePrefix(buildIntent(documents, 2).intent, v4, moment)?.floor
  expect([popsAt(staged), floorOf(staged)]).toEqual([['ams', 'fra', 'sin'], 2])
  const next = changed(staged, advanceRollout(staged, 'growth', 2000))
  expect([popsAt(next), floorOf(next)]).toEqual([['fra', 'sin'], 2])
})

describe('what cannot go out in stages is refused with the way out', () => {
  const policy = { ...(good.get(`Prefix/${v4}`) as object), failover: { checks: ['dns'], action: 'drain' } }
  test.each<[string, Edit, RegExp]>([
    [
      'other documents',
      applyDocuments(
        good,
        [
          { kind: 'Area', name: 'africa', spec: {} },
          { kind: 'Prefix', name: v4, spec: { at: ['all'] } },
        ],
        { prune: false },
      ),
      /these are others: Area\/africa; apply those first, without --staged/,
    ],
    ['a deleted document', removeDocuments(good, [`Prefix/${v4}`]), /withdraw it in stages .* then delete/],
    [
      'another failover policy',
      applyDocuments(good, [{ kind: 'Prefix', name: v4, spec: policy }], { prune: false }),
      /"failover" of Prefix\/203.0.113.0\/24 changes as well/,
    ],
    [
      'consent to take over a foreign path',
      applyDocuments(good, [{ kind: 'Prefix', name: fresh, spec: { at: ['eu'], adopt: ['fra-1'] } }], { prune: false }),
      /"adopt" of Prefix\/198.51.100.0\/24 changes as well, .* no way back/,
    ],
    [
      'more prefixes than one document should hold',
      {
        ok: true,
        named: [],
        changes: Array.from({ length: 1001 }, (_, i) => ({
          key: `Prefix/10.${i >> 8}.${i & 255}.0/24` as DocumentKey,
          before: undefined,
          after: { at: ['all'] },
        })),
      },
      /1001 prefixes are too many/,
    ],
  ])('%s', (_, edit, problem) => expect(problemOf(stageChanges(good, edit, staging))).toMatch(problem))

  test('an edit that failed stays as it was said', () =>
    expect(problemOf(stageChanges(good, { ok: false, problem: 'no' }, staging))).toBe('no'))
  test('a Rollout that nothing has cannot be moved', () => {
    expect(problemOf(advanceRollout(first, 'grwth', 0))).toMatch(/did you mean "growth"/)
    expect(problemOf(rollBack(first, 'grwth'))).toMatch(/did you mean "growth"/)
  })
})

describe('the way back of people', () => {
  const begun = changesOf(stageChanges(good, edit, staging))
  test('the change is undone at its first stage, at a later one, and when all of it is out', () => {
    const second = changed(first, advanceRollout(first, 'growth', 2000))
    const done = applyChanges(good, changesOf(edit))
    for (const documents of [first, second, done])
      expect(new Map(changed(documents, revert(documents, begun)))).toEqual(new Map(good))
  })
  test('after it was rolled back there is nothing to undo, and the revision in the way is named', () => {
    const back = changesOf(rollBack(first, 'growth'))
    const later = [{ revision: 9, changes: back }]
    expect(problemOf(revert(applyChanges(first, back), begun, later))).toMatch(/changed again by revision 9/)
  })
  test('restoring an earlier revision ends it', () =>
    expect(new Map(changed(first, restoreTo(first, good)))).toEqual(new Map(good)))
})

test('what a set of changes does to staged changes is told from the changes alone', () => {
  const told = (changes: readonly DocumentChange[]) =>
    rolloutNews(changes).map(({ id, what, stage, of }) => `${id} ${what} ${stage}/${of}`)
  const second = changed(first, advanceRollout(first, 'growth', 2000))
  const third = changed(second, advanceRollout(second, 'growth', 3000))
  expect(told(changesOf(stageChanges(good, edit, staging)))).toEqual(['growth started 1/3'])
  expect(told(changesOf(advanceRollout(first, 'growth', 2000)))).toEqual(['growth stage 2/3'])
  expect(told(changesOf(advanceRollout(third, 'growth', 4000)))).toEqual(['growth done 3/3'])
  expect(told(changesOf(rollBack(second, 'growth')))).toEqual(['growth rolled-back 2/3'])
  const elsewhere = changesOf(withdraw(second, { prefix: v4, at: ['fra'] }))
  const ended = { key, before: second.get(key), after: undefined }
  expect(told([...elsewhere, ended])).toEqual(['growth replaced 2/3'])
  expect(goesBack([...elsewhere, ended])).toBe(false)
  expect(told(elsewhere)).toEqual([])
})

describe('whoever asks about a prefix on its way', () => {
  const { intent } = buildIntent(first, 2)
  test('a stage concerns all prefixes of the change, and a POP that only the old documents name concerns them too', () => {
    const change = changesOf(advanceRollout(first, 'growth', 2000))
    expect(affectedPrefixes(intent, buildIntent(applyChanges(first, change), 3).intent, change)).toEqual(new Set([v4]))
    const pop = { key: 'Pop/ams' as DocumentKey, before: {}, after: {} }
    expect(affectedPrefixes(intent, intent, [pop])).toContain(v4)
  })
  test('the agent of a POP that the prefix leaves still keeps its lease', () => {
    const leased = { at: ['eu'], failover: { checks: ['dns'], lease: { policy: 'withdraw', after: '10m' } } }
    const before = changed(good, applyDocuments(good, [{ kind: 'Prefix', name: v4, spec: leased }], { prune: false }))
    const moved = publish(before, { prefix: v4, at: ['asia'], only: true })
    const staged = changed(
      before,
      stageChanges(before, moved, { ...staging, stages: [['sin'], ['ams', 'fra']] as PopId[][] }),
    )
    expect(leasesAt(buildIntent(staged, 2).intent, 'fra' as PopId).map(({ prefix }) => prefix)).toContain(v4)
  })
})
