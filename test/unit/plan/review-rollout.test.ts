/** What review says of staged changes: to people under way, to whoever writes one by hand, to automation; and that going back passes. */
import { describe, expect, test } from 'vitest'
import { buildIntent } from '../../../src/intent/build.ts'
import type { DocumentChange, DocumentKey } from '../../../src/intent/document.ts'
import {
  type Edit,
  advanceRollout,
  applyChanges,
  applyDocuments,
  override,
  publish,
  restoreTo,
  rollBack,
  stageChanges,
  withdraw,
} from '../../../src/intent/edit.ts'
import type { Documents } from '../../../src/intent/lineage.ts'
import type { PopId } from '../../../src/intent/model.ts'
import type { Automation } from '../../../src/plan/review-automation.ts'
import { type Review, reviewChange } from '../../../src/plan/review.ts'
import { goodDocuments } from '../../support/documents.ts'

const prefix = '203.0.113.0/24'
const key: DocumentKey = 'Rollout/move'
const moment = { epoch: 7, nowMs: 1000 }
const start = goodDocuments()
const base = applyChanges(start, changesOf(publish(start, { prefix, at: ['eu'], only: true })))
const staging = {
  id: 'move',
  stages: [['sin'], ['tyo'], ['ams', 'fra']] as PopId[][],
  settle: '30s',
  giveUp: '10m',
  unwell: [],
  ungated: false,
  forced: false,
  startedAtMs: 1000,
  author: 'alice',
  reason: 'follow the sun',
}
const moving = stageChanges(base, publish(base, { prefix, at: ['asia'], only: true }), staging)
const first = applyChanges(base, changesOf(moving))
const second = applyChanges(first, changesOf(advanceRollout(first, 'move', 2000)))
const third = applyChanges(second, changesOf(advanceRollout(second, 'move', 3000)))

function changesOf(edit: Edit): readonly DocumentChange[] {
  if (!edit.ok) throw new Error(edit.problem)
  return edit.changes
}

function review(
  documents: Documents,
  changes: readonly DocumentChange[],
  more: { readonly automation?: Automation; readonly force?: boolean; readonly wayBack?: boolean } = {},
): Review {
  const before = buildIntent(documents, 5).intent
  const after = buildIntent(applyChanges(documents, changes), 6).intent
  return reviewChange(before, after, { changes, named: new Set(), force: false, moment, ...more })
}

const refused = ({ refusals }: Review) => refusals.map(({ guard, code }) => `${guard} ${code}`)
const automation: Automation = { writes: 'rollouts', recent: [] }

describe('under way', () => {
  test('the prefix is not changed by anybody, forced or not, and the way out is named', () => {
    const changes = changesOf(withdraw(first, { prefix, at: ['tyo'] }))
    const outcome = review(first, changes, { force: true })
    expect(refused(outcome)).toEqual(['G5 rolling-out'])
    expect(outcome.refusals[0]?.message).toMatch(/stage 1 of 3.*herald rollout abort move.*herald override/)
  })
  test('nor staged once more', () => {
    const whole = changesOf(publish(first, { prefix, at: ['us'] }))
    expect(refused(review(first, whole))).toEqual(['G5 rolling-out'])
  })
  test('overlays still lie on top of it: what cannot wait does not have to', () => {
    const quiet = { id: 'quiet', prefix, at: ['sin'], attributes: { announce: false }, startedAtMs: 1000 }
    expect(refused(review(first, changesOf(override(first, quiet))))).toEqual([])
  })
  test('other prefixes are changed as ever', () => {
    const other = '2001:db8:100::/48'
    expect(refused(review(first, changesOf(publish(first, { prefix: other, at: ['us'] }))))).toEqual([])
  })
  test('the POPs and checks that its way back needs are not taken from under it', () => {
    const gone = [
      { key: 'Speaker/fra-1', before: first.get('Speaker/fra-1'), after: undefined },
      { key: 'Pop/fra', before: first.get('Pop/fra'), after: undefined },
    ] as const
    expect(refused(review(first, gone, { force: true }))).toContain('G13 unknown-reference')
  })
  test('restoring what was before ends it, and passes', () => {
    expect(refused(review(second, changesOf(restoreTo(second, base)), { wayBack: true }))).toEqual([])
  })
})

describe('by hand', () => {
  const spec = first.get(key) as { readonly stage: number }
  const put = (documents: Documents, after: unknown) =>
    review(
      documents,
      changesOf(applyDocuments(documents, [{ kind: 'Rollout', name: 'move', spec: after }], { prune: false })),
    )
  test('nobody writes one: what it holds would be put back without question', () => {
    const withoutIt = applyChanges(first, [{ key, before: first.get(key), after: undefined }])
    expect(refused(put(withoutIt, spec))).toContain('G5 hand-written-rollout')
  })
  test('nor changes what one holds', () => {
    const forged = { ...spec, prefixes: [{ prefix, before: { at: [] } }] }
    expect(refused(put(first, forged))).toContain('G5 hand-written-rollout')
    expect(refused(put(first, { ...spec, stage: 3 }))).toEqual(['G5 hand-written-rollout'])
  })
  test('undo and restore may bring one back', () => {
    const changes = changesOf(restoreTo(third, second))
    expect(refused(review(third, changes))).toEqual(['G5 hand-written-rollout'])
    expect(refused(review(third, changes, { wayBack: true }))).toEqual([])
  })
  test('a person moves it on by one stage', () =>
    expect(refused(review(first, changesOf(advanceRollout(first, 'move', 2000))))).toEqual([]))
})

describe('automation', () => {
  const next = changesOf(advanceRollout(first, 'move', 2000))
  const done = changesOf(advanceRollout(third, 'move', 4000))
  const back = changesOf(rollBack(third, 'move'))
  const [onlyPrefix] = back.filter(({ key: of }) => of.startsWith('Prefix/'))
  test.each<[string, readonly string[], Documents, readonly DocumentChange[]]>([
    ['one stage more', [], first, next],
    ['the end, when all stages are out', [], third, done],
    ['all of it back', [], third, back],
    ['the end before that', ['G5 not-a-stage'], first, [{ key, before: first.get(key), after: undefined }]],
    ['part of the way back', ['G5 rolling-out', 'G5 not-a-stage'], third, onlyPrefix === undefined ? [] : [onlyPrefix]],
    ['a prefix', ['G5 not-a-stage'], base, changesOf(publish(base, { prefix, at: ['us'] }))],
    [
      'nothing at all beside',
      ['G5 not-a-stage', 'G5 not-a-stage'],
      first,
      [...next, { key: 'Area/x', before: undefined, after: {} }],
    ],
  ])('%s: %j', (_, expected, documents, changes) =>
    expect(refused(review(documents, changes, { automation }))).toEqual(expected),
  )

  test('a freeze stops it in both directions (G11)', () => {
    const frozen = applyChanges(third, [{ key: 'Freeze/now', before: undefined, after: { startedAtMs: 0 } }])
    for (const changes of [done, back]) expect(refused(review(frozen, changes, { automation }))).toEqual(['G11 frozen'])
    expect(refused(review(frozen, back))).toEqual([])
  })

  test('what would go below a floor by now is held, unless a person accepted it when it began', () => {
    const withdrawing = stageChanges(base, withdraw(base, { prefix }), {
      ...staging,
      stages: [['ams'], ['fra']] as PopId[][],
    })
    const last = applyChanges(base, changesOf(withdrawing))
    const changes = changesOf(advanceRollout(last, 'move', 2000))
    expect(refused(review(last, changes, { automation }))).toContain('G1 below-floor')
    const accepted = review(last, changes, { automation: { ...automation, accepted: true } })
    expect([refused(accepted), accepted.overridden]).toEqual([[], ['G1']])
  })
})

describe('going back', () => {
  test('is no mass withdrawal and below no floor, for people and automation alike, and the planner is told how much goes', () => {
    const fewer = applyChanges(start, changesOf(withdraw(start, { prefix })))
    const stages = [['ams', 'fra', 'nyc', 'sin', 'tyo']] as PopId[][]
    const grown = stageChanges(fewer, publish(fewer, { prefix, at: ['all'] }), { ...staging, stages })
    const out = applyChanges(fewer, changesOf(grown))
    const back = changesOf(rollBack(out, 'move'))
    expect(review(out, back)).toMatchObject({ refusals: [], overridden: [], removes: 5 })
    expect(review(out, back, { automation })).toMatchObject({ refusals: [], removes: 5 })
  })
  test('the same loss by another word is refused', () => {
    const done = applyChanges(third, changesOf(advanceRollout(third, 'move', 4000)))
    expect(refused(review(done, changesOf(withdraw(done, { prefix }))))).toContain('G1 below-floor')
  })
})
