/** What automation is refused; every refusal beside the same change in the name of a person, who may. */
import { describe, expect, test } from 'vitest'
import type { DocumentChange, DocumentKey } from '../../../src/intent/document.ts'
import type { Intent, PopId, Selector } from '../../../src/intent/model.ts'
import type { Failover } from '../../../src/intent/monitoring.ts'
import { type AutomatedLoss, approvalKey, automatedLossOf } from '../../../src/plan/review-automation.ts'
import { type Review, reviewChange } from '../../../src/plan/review.ts'
import {
  announce,
  epoch,
  failover,
  failoverPolicy,
  freeze,
  intent,
  type IntentParts,
  serviceV4,
} from '../../support/builders.ts'

const pops = ['ams', 'fra', 'nrt', 'sin', 'syd', 'iad']
const nowMs = 1_000_000
const moment = { epoch, nowMs }
const failing = failoverPolicy(['dns'])

/** Prefix after prefix, each at every POP. */
function network(prefixes: number, rest: IntentParts = {}): Intent {
  const announced = Array.from({ length: prefixes }, (_, i) => announce(`10.0.${i}.0/24`, { failover: failing }))
  return intent({ pops, prefixes: [announce(serviceV4, { failover: failing }), ...announced], ...rest })
}

function withFailovers(before: Intent, failovers: readonly Failover[]): Intent {
  return { ...before, revision: before.revision + 1, failovers: new Map(failovers.map((one) => [one.id, one])) }
}

function change(one: Failover): DocumentChange {
  const { place, action } = one
  const after = {
    action,
    prefix: one.prefix,
    ...(place.kind === 'pop' ? { pop: place.pop } : { neighbor: place.neighbor }),
  }
  return { key: `Failover/${one.id}` as DocumentKey, before: undefined, after }
}

function byAutomation(
  before: Intent,
  failovers: readonly Failover[],
  recent: readonly AutomatedLoss[] = [],
  approved: ReadonlySet<string> = new Set(),
): Review {
  const changes = failovers.map(change)
  const after = withFailovers(before, failovers)
  return reviewChange(before, after, {
    changes,
    named: new Set(),
    force: true,
    moment,
    automation: { recent, approved },
  })
}

function byAPerson(before: Intent, failovers: readonly Failover[]): Review {
  const after = withFailovers(before, failovers)
  return reviewChange(before, after, { changes: failovers.map(change), named: new Set(), force: true, moment })
}

const refused = ({ refusals }: Review): string[] => refusals.map(({ guard, code }) => `${guard} ${code}`)
const out = (pop: string, prefix: string = serviceV4, id = `${pop}-${prefix}`): Failover => ({
  ...failover('withdraw', pop, prefix),
  id,
})

test('of one POP intended and its standby, the sick one may go once the standby announces, and not before', () => {
  const policy = { ...failing, backup: ['ams' as Selector] }
  const before = intent({ pops, prefixes: [announce(serviceV4, { at: ['fra'], failover: policy })] })
  const standby: Failover = { ...failover('activate', 'ams', serviceV4), id: 'standby' }
  expect(refused(byAutomation(before, [out('fra')]))).toContain('G1 below-floor')
  const active = withFailovers(before, [standby])
  expect(refused(byAutomation(active, [standby, out('fra')]))).toEqual([])
  expect(refused(byAutomation(active, [standby, out('fra'), out('ams')]))).toContain('G1 below-floor')
})

test('what a person said go for does not count, and nothing else passes with it', () => {
  const approved = new Set([approvalKey(serviceV4, 'fra'), approvalKey(serviceV4, 'ams')])
  expect(refused(byAutomation(network(0), [out('fra'), out('ams')], [], approved))).toEqual([])
  expect(refused(byAutomation(network(0), [out('fra'), out('sin'), out('nrt')], [], approved))).toEqual(['G2 breaker'])
})

test('one sick POP of six is withdrawn, and the planner is told how much it may withdraw', () => {
  const outcome = byAutomation(network(0), [out('fra')])
  expect(outcome).toMatchObject({ refusals: [], removes: 1, announcementsBefore: 6, announcementsAfter: 5 })
})

describe('G1: automation cannot force a floor', () => {
  const three = pops.slice(0, 3)
  const before = intent({ pops: three, prefixes: [announce(serviceV4, { failover: failing })] })
  const two = [out('ams'), out('fra')]
  test('two of three POPs stay, force or not', () => {
    const outcome = byAutomation(before, two)
    expect(refused(outcome)).toContain('G1 below-floor')
    expect(outcome.overridden).toEqual([])
    expect(outcome.refusals.every(({ forceable }) => !forceable)).toBe(true)
    expect(outcome.refusals.map(({ message }) => message).join(' ')).toContain('automation may not, a person can')
  })
  test('a person with force may', () => expect(refused(byAPerson(before, two))).toEqual([]))
  test('a backup that takes over is no loss', () => {
    const backup = failoverPolicy(['dns'], { backup: ['nrt' as never] })
    const pair = intent({ pops: three, prefixes: [announce(serviceV4, { at: ['ams', 'fra'], failover: backup })] })
    const activated = [out('fra'), failover('activate', 'nrt')]
    expect(refused(byAutomation(pair, activated))).toEqual([])
    expect(refused(byAutomation(pair, [out('fra')]))).toEqual(['G1 below-floor'])
  })
})

test('a drain counts as the withdrawal that it leads to', () => {
  const slow = ['ams', 'fra', 'nrt', 'sin', 'syd'].map((pop) => ({
    ...failover('drain', pop, serviceV4, { startedAtMs: nowMs, graceSeconds: 60 }),
    id: pop,
  }))
  const outcome = byAutomation(network(0), slow)
  expect(outcome).toMatchObject({ removes: 5, announcementsAfter: 1 })
  expect(refused(outcome)).toContain('G1 below-floor')
})

describe('G2: one POP, or 5 % of all announcements, in five minutes', () => {
  const earlier = (pop: string, agoMs: number, announcements = 1): AutomatedLoss => ({
    atMs: nowMs - agoMs,
    pops: new Set([pop as PopId]),
    announcements,
  })
  const small = network(0)
  // 9 prefixes at 6 POPs: 54 announcements, 5 % of which are 2.7.
  const large = network(8)
  const whole = [...large.prefixes.keys()].map((prefix) => out('fra', prefix))
  test.each<[string, string[], Review]>([
    ['all prefixes of one POP', [], byAutomation(large, whole)],
    ['the same POP again', [], byAutomation(small, [out('fra')], [earlier('fra', 60_000)])],
    ['a second POP in a small network', ['G2 breaker'], byAutomation(small, [out('fra')], [earlier('ams', 60_000)])],
    ['a second POP, five minutes later', [], byAutomation(small, [out('fra')], [earlier('ams', 300_000)])],
    ['a second POP within 5 %', [], byAutomation(large, [out('fra')], [earlier('ams', 60_000)])],
    ['a second POP beyond 5 %', ['G2 breaker'], byAutomation(large, [out('fra')], [earlier('ams', 60_000, 2)])],
    ['two POPs at once', ['G2 breaker'], byAutomation(small, [out('fra'), out('ams')])],
    ['a prepend at a second POP', [], byAutomation(small, [failover('prepend', 'fra')], [earlier('ams', 60_000)])],
  ])('%s: %j', (_, expected, outcome) => expect(refused(outcome)).toEqual(expected))

  test('a person is not held to it', () => expect(refused(byAPerson(small, [out('fra'), out('ams')]))).toEqual([]))
  test('the sentence has the numbers and the way out', () =>
    expect(byAutomation(small, [out('fra'), out('ams')]).refusals[0]!.message).toBe(
      'Automation would have taken away 2 of 6 announcements at 2 POPs (ams, fra) within five minutes, more than one POP' +
        ' and more than 5 % (G2); a person who looked says herald go, or withdraws.',
    ))
})

test('G2 counts what newly goes, not what stands or comes back', () => {
  const spec = { pop: 'fra', action: 'withdraw' }
  const key = 'Failover/x'
  const of = (before: unknown, after: unknown) => automatedLossOf([{ key, before, after }], 5)
  expect(of(undefined, spec)).toEqual({ atMs: 5, pops: new Set(['fra']), announcements: 1 })
  expect(of({ ...spec, action: 'prepend' }, spec).announcements).toBe(1)
  expect(of(spec, { ...spec, alarm: 'a2' }).announcements).toBe(0)
  expect(of(spec, undefined).announcements).toBe(0)
  expect(of(undefined, { neighbor: 'isp', action: 'withhold' }).announcements).toBe(0)
})

describe('G11: a freeze stops automation, in both directions', () => {
  const frozen = network(0, { freezes: [freeze()] })
  test('nothing is withdrawn', () => expect(refused(byAutomation(frozen, [out('fra')]))).toEqual(['G11 frozen']))
  test('nothing comes back', () => {
    const before = withFailovers(frozen, [out('fra')])
    const changes: DocumentChange[] = [
      { key: 'Failover/x', before: { pop: 'fra', action: 'withdraw' }, after: undefined },
    ]
    const context = { changes, named: new Set<never>(), force: false, moment }
    expect(refused(reviewChange(before, frozen, { ...context, automation: { recent: [] } }))).toEqual(['G11 frozen'])
    expect(refused(reviewChange(before, frozen, context))).toEqual([])
  })
  test('a person may act', () => expect(refused(byAPerson(frozen, [out('fra')]))).toEqual([]))
  test('a freeze that is over stops nothing', () => {
    const over = network(0, { freezes: [freeze({ expiresAtMs: nowMs })] })
    expect(refused(byAutomation(over, [out('fra')]))).toEqual([])
  })
})

test('G4: automation writes Failover documents and nothing else', () => {
  const before = network(0)
  const after = intent({ pops, revision: 2, prefixes: [announce(serviceV4, { except: ['fra'], failover: failing })] })
  const changes: DocumentChange[] = [{ key: `Prefix/${serviceV4}`, before: {}, after: {} }]
  const context = { changes, named: new Set<never>(), force: false, moment }
  expect(refused(reviewChange(before, after, { ...context, automation: { recent: [] } }))).toEqual([
    'G4 not-a-failover',
  ])
  expect(refused(reviewChange(before, after, context))).toEqual([])
})

test('whoever watches drains says of a waiting one that it is idle, and nothing else', () => {
  const before = network(0)
  const codes = (key: string, was: unknown, will: unknown, of = before) => {
    const changes = [{ key: key as DocumentKey, before: was, after: will }]
    const automation = { writes: 'drains', recent: [] } as const
    return refused(reviewChange(of, of, { changes, named: new Set(), force: true, moment, automation }))
  }
  const waiting = { target: { at: 'fra' }, graceSeconds: 2, untilIdle: { below: '5%' } }
  const plain = { target: { at: 'fra' }, graceSeconds: 2 }
  expect(codes('Drain/x', waiting, { ...waiting, idleAtMs: 5 })).toEqual([])
  for (const [was, will] of [
    [waiting, undefined],
    [undefined, { ...waiting, idleAtMs: 5 }],
    [plain, { ...plain, idleAtMs: 5 }],
    [waiting, { ...waiting, idleAtMs: 5, graceSeconds: 0 }],
    [
      { ...waiting, idleAtMs: 4 },
      { ...waiting, idleAtMs: 5 },
    ],
    [waiting, waiting],
  ])
    expect(codes('Drain/x', was, will)).toEqual(['G4 not-idle'])
  expect(codes('Override/x', waiting, { ...waiting, idleAtMs: 5 })).toEqual(['G4 not-idle'])
  const frozen = network(0, { freezes: [freeze()] })
  expect(codes('Drain/x', waiting, { ...waiting, idleAtMs: 5 }, frozen)).toEqual(['G11 frozen'])
})

test('the path learner writes preferences of its own, and nothing that a person wrote', () => {
  const before = network(0)
  const codes = (key: string, was: unknown, will: unknown) => {
    const changes = [{ key: key as DocumentKey, before: was, after: will }]
    const automation = { writes: 'preferences', recent: [] } as const
    return refused(reviewChange(before, before, { changes, named: new Set(), force: true, moment, automation }))
  }
  const [learned, said] = [{ by: 'learner' }, { by: 'person' }]
  expect(codes('Preference/origin-fra', undefined, learned)).toEqual([])
  expect(codes('Preference/origin-fra', learned, undefined)).toEqual([])
  for (const [was, will] of [
    [said, learned],
    [learned, said],
    [said, undefined],
    [undefined, null],
  ] as const)
    expect(codes('Preference/origin-fra', was, will)).toEqual(['G4 not-learned'])
  const expiring = (expiresAtMs: number) => ({ ...said, expiresAtMs })
  expect(codes('Preference/origin-fra', expiring(moment.nowMs), learned)).toEqual([])
  expect(codes('Preference/origin-fra', expiring(moment.nowMs + 1), learned)).toEqual(['G4 not-learned'])
  expect(codes('EntryPreference/t1', expiring(moment.nowMs), learned)).toEqual([])
  expect(codes('EntryPreference/t1', said, learned)).toEqual(['G4 not-learned'])
  expect(codes('Failover/x', undefined, learned)).toEqual(['G4 not-learned'])
})
