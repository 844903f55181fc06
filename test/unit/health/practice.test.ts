/** A rehearsed failover is decided by the decision itself: what it tells is what would be done, and by what it is refused. */
import { describe, expect, test } from 'vitest'
import { type FailoverInput, type PrefixState, noMemory } from '../../../src/health/failover-input.ts'
import { allHealthGuards } from '../../../src/health/guards.ts'
import {
  type Practice,
  practiceLasts,
  practiceVerdict,
  practisedCheck,
  rehearse,
} from '../../../src/health/practice.ts'
import type { SubjectKey } from '../../../src/health/subject.ts'
import { verdictKey } from '../../../src/health/verdict.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { Intent, PopId } from '../../../src/intent/model.ts'
import type { AlertMapping, AlertMappingId, Check, CheckId, Failover } from '../../../src/intent/monitoring.ts'

const prefix = '203.0.113.0/24' as Prefix
const pops = (...names: readonly string[]) => names as readonly PopId[]
const checks = new Map([['dns' as CheckId, { subject: 'service', holdDownMs: 30_000 } as unknown as Check]])
const practice: Practice = {
  prefix,
  pop: 'fra' as PopId,
  check: 'dns' as CheckId,
  author: 'alice',
  reason: 'drill',
  startedAtMs: 1000,
  untilMs: 61_000,
}

function state(over: Partial<PrefixState> = {}): PrefixState {
  const desired = new Set(pops('ams', 'fra', 'lon', 'nyc'))
  return {
    prefix,
    policy: {
      checks: ['dns' as CheckId],
      action: 'withdraw',
      neighborAction: 'withhold',
      backup: [],
      lease: { policy: 'hold' },
      return: { prepends: [], stageMs: 1000 },
    },
    floor: 2,
    intended: desired,
    desired,
    announced: desired,
    backup: new Set(),
    backupNamed: new Set(),
    lines: new Map(),
    isCover: false,
    ...over,
  }
}

function input(one: PrefixState, over: Partial<FailoverInput> = {}): FailoverInput {
  return {
    nowMs: 1000,
    prefixes: [one],
    verdicts: { all: new Map(), sick: new Map(), doubtful: new Map() },
    down: new Set(),
    standing: [],
    memory: noMemory,
    frozen: false,
    announcements: 100,
    traffic: new Map(),
    ...over,
  }
}

describe('a rehearsal', () => {
  test('tells what would be laid on, who stays, and the load that moves', () => {
    const traffic = new Map(pops('ams', 'fra', 'lon', 'nyc').map((pop) => [pop, { load: 10, capacity: 100 }]))
    const told = rehearse(input(state(), { traffic }), practice, { checks })
    expect(told).toMatchObject({ outcome: 'out', refused: [], moving: 10, after: ['ams', 'lon', 'nyc'] })
    expect(told.overlays).toMatchObject([
      { action: 'withdraw', place: { pop: 'fra' }, alarm: 'dns/service/fra/practice' },
    ])
    expect([...told.traffic.keys()]).toEqual(['ams', 'lon', 'nyc'])
  })

  test.each([
    ['floor', state({ floor: 4 }), {}],
    ['freeze', state(), { frozen: true }],
    ['cover', state({ isCover: true }), {}],
    [
      'capacity',
      state(),
      { traffic: new Map(pops('ams', 'fra', 'lon', 'nyc').map((pop) => [pop, { load: 90, capacity: 100 }])) },
    ],
    ['breaker', state(), { memory: { ledger: [], breakerOpenedAtMs: 900 } }],
  ] as const)('names the guard that refuses it: %s', (guard, one, over) => {
    const told = rehearse(input(one, over), practice, { checks })
    expect(told).toMatchObject({ outcome: 'refused', refused: [{ guard }], overlays: [], after: told.before })
  })

  test('without the guard, the same rehearsal goes through', () => {
    const guards = { ...allHealthGuards, floor: false }
    expect(rehearse(input(state({ floor: 4 })), practice, { checks }, guards).outcome).toBe('out')
  })

  test('says what would keep it from coming back: a probe that is unclear there, and the flap budget (G15)', () => {
    expect(rehearse(input(state()), practice, { checks }).stuck).toBeUndefined()
    const place = { kind: 'pop', pop: practice.pop } as const
    const unknown = { ...practiceVerdict(practice, { checks }, 0), state: 'unknown', reason: 'dns is unknown' } as const
    const { prefix: _, ...real } = unknown
    const verdicts = { all: new Map([[verdictKey('dns', place), real]]), sick: new Map(), doubtful: new Map() }
    expect(rehearse(input(state(), { verdicts }), practice, { checks }).stuck).toMatch(/dns is unknown/)
    const back = { atMs: 0, prefix, place, pop: practice.pop, what: 'back', weight: 0 } as const
    expect(rehearse(input(state(), { memory: { ledger: [back] } }), practice, { checks }).stuck).toMatch(/19 min .*G15/)
    const late = { ...practice, untilMs: 1_200_000 }
    expect(rehearse(input(state(), { memory: { ledger: [back] } }), late, { checks }).stuck).toBeUndefined()
  })

  test('of a POP that is really sick, and held, names what holds it', () => {
    const place = { kind: 'pop', pop: practice.pop } as const
    const { prefix: _, ...sick } = {
      ...practiceVerdict(practice, { checks }, 1000),
      subject: 'service/fra/dns' as SubjectKey,
    }
    const all = new Map([[verdictKey('dns', place), sick]])
    const told = rehearse(input(state({ floor: 4 }), { verdicts: { all, sick: all, doubtful: new Map() } }), practice, {
      checks,
    })
    expect(told.because ?? told.refused[0]?.message).toMatch(/floor of 4/)
    expect(told.outcome === 'nothing' ? told.because : '').toMatch(
      /^fra is really sick, and automation may not take it out: /,
    )
  })

  test('of a POP that does not announce it is about nothing', () => {
    const elsewhere = { ...practice, pop: 'sin' as PopId }
    expect(rehearse(input(state()), elsewhere, { checks })).toMatchObject({
      outcome: 'nothing',
      because: '203.0.113.0/24 is not announced at sin, or drained there',
    })
    const traffic = new Map([[elsewhere.pop, { load: 10, capacity: 100 }]])
    expect(rehearse(input(state(), { traffic }), elsewhere, { checks })).not.toHaveProperty('moving')
  })
})

describe('a practice', () => {
  test('is sick until its time, then well with a hold-down, and never anything about another prefix', () => {
    expect(practiceVerdict(practice, { checks }, 60_999)).toMatchObject({ state: 'sick', sinceMs: 1000, prefix })
    expect(practiceVerdict(practice, { checks }, 61_000)).toMatchObject({
      state: 'healthy',
      sinceMs: 61_000,
      holdDownMs: 30_000,
    })
  })

  test('lasts for as long as something of it stands', () => {
    const failover = { prefix, alarm: 'dns/service/fra/practice' } as Failover
    const standing = new Map([['one', failover]])
    expect(practiceLasts(practice, { failovers: new Map() }, 60_999)).toBe(true)
    expect(practiceLasts(practice, { failovers: standing }, 70_000)).toBe(true)
    expect(
      practiceLasts(practice, { failovers: new Map([['one', { ...failover, alarm: 'dns/service/fra/dns' }]]) }, 70_000),
    ).toBe(false)
  })

  test('uses a check that is about POPs, never one about lines', () => {
    const line = ['line' as CheckId, { subject: 'neighbor' } as unknown as Check] as const
    const intent = {
      checks: new Map([line, ...checks]),
      alertMappings: new Map([['page' as AlertMappingId, { pop: '{pop}' } as unknown as AlertMapping]]),
    } as unknown as Intent
    const policy = (...names: readonly string[]) => ({ ...state().policy, checks: names as readonly CheckId[] })
    expect(practisedCheck(intent, policy('line', 'dns'))).toBe('dns')
    expect(practisedCheck(intent, policy('line', 'page'))).toBe('page')
    expect(practisedCheck(intent, policy('line'))).toBeUndefined()
  })
})
