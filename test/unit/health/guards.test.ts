/**
 * Each guard of automation twice: what it prevents, and the accident that happens without it, were it not for review. A
 * guard whose absence goes unnoticed guards nothing. What review guards as well holds with either of the two.
 */
import { describe, expect, test } from 'vitest'
import { type HealthGuardName, allHealthGuards, healthGuardNames } from '../../../src/health/guards.ts'
import { decideLease } from '../../../src/health/lease.ts'
import { HealthScenario } from '../../support/health-scenario.ts'

interface Case {
  readonly commands: readonly string[]
  /** What the last command prints with all guards, and without this one. */
  readonly guarded: readonly string[]
  readonly accident: readonly string[]
}

const prefix = '203.0.113.0/24'
const fleet = (...pops: readonly string[]) => [`fleet ${pops.join(' ')}`, 'check dns']
const big = ['ams', 'fra', 'lon', 'nyc', 'sin', 'syd', 'tyo', 'waw']
const routes = (...pops: readonly string[]) => [`${prefix} at ${pops.join(', ')}`]

const cases: Readonly<Record<Exclude<HealthGuardName, 'lease'>, Case>> = {
  floor: {
    commands: [
      ...fleet('ams', 'fra'),
      `prefix ${prefix}`,
      'advance 5s',
      'probe fra dns fail',
      'advance 5s',
      'show routes',
    ],
    guarded: routes('ams', 'fra'),
    accident: routes('ams'),
  },
  breaker: {
    commands: [
      ...fleet(...big),
      `prefix ${prefix}`,
      'advance 5s',
      'probe fra,lon dns fail',
      'advance 5s',
      'show routes',
    ],
    guarded: routes('ams', 'lon', 'nyc', 'sin', 'syd', 'tyo', 'waw'),
    accident: routes('ams', 'nyc', 'sin', 'syd', 'tyo', 'waw'),
  },
  correlation: {
    commands: [...fleet(...big), `prefix ${prefix}`, 'advance 5s', 'probe all dns fail', 'advance 5s', 'show routes'],
    guarded: routes(...big),
    accident: routes('fra', 'lon', 'nyc', 'sin', 'syd', 'tyo', 'waw'),
  },
  agent: {
    commands: [
      'fleet ams fra lon sin',
      'vantage nyc',
      'check dns --from vantage',
      `prefix ${prefix}`,
      'advance 15s',
      'agent nyc fail',
      'advance 5s',
      'show verdicts',
    ],
    guarded: ['ams', 'fra', 'lon', 'sin'].map(
      (pop) =>
        `unknown service/${pop}/dns: dns at ${pop} is unknown: 0 of 1 agent can say; 1 failed make it sick, 1 good make it healthy`,
    ),
    accident: ['ams', 'fra', 'lon', 'sin'].map(
      (pop) =>
        `sick service/${pop}/dns: dns at ${pop} fails for 1 of 1 agent (nyc): 3 probes failed in a row (penalty 995)`,
    ),
  },
  rollout: {
    commands: [
      ...fleet('ams', 'fra', 'lon'),
      `prefix ${prefix} --at ams,fra`,
      'advance 5s',
      `rollout ${prefix} --at all --med 50 --settle 4s --breaks dns`,
      'advance 10s',
      'show verdicts',
    ],
    guarded: ['ams', 'fra']
      .map((pop) => `healthy service/${pop}/dns: dns at ${pop} is well for 1 of 1 agent`)
      .concat(['healthy service/lon/dns: dns at lon is well for 1 of 1 agent (penalty 984)']),
    accident: ['ams', 'fra', 'lon'].map((pop) => {
      const penalty = pop === 'lon' ? 984 : 995
      return `sick service/${pop}/dns: dns at ${pop} fails for 1 of 1 agent (${pop}): 3 probes failed in a row (penalty ${penalty})`
    }),
  },
  unknown: {
    commands: [...fleet('ams', 'fra', 'lon'), `prefix ${prefix}`, 'advance 1s', 'show routes'],
    guarded: routes('ams', 'fra', 'lon'),
    accident: routes('fra', 'lon'),
  },
  freeze: {
    commands: [
      ...fleet('ams', 'fra', 'lon'),
      `prefix ${prefix}`,
      'advance 5s',
      'freeze',
      'probe fra dns fail',
      'advance 5s',
      'show routes',
    ],
    guarded: routes('ams', 'fra', 'lon'),
    accident: routes('ams', 'lon'),
  },
  flap: {
    commands: [
      ...fleet('ams', 'fra', 'lon'),
      `prefix ${prefix} --hold 2s`,
      'advance 5s',
      'probe fra dns fail',
      'advance 5s',
      'probe fra dns ok',
      'advance 10s',
      'probe fra dns fail',
      'advance 5s',
      'probe fra dns ok',
      'advance 10s',
      'show routes',
    ],
    guarded: routes('ams', 'lon'),
    accident: routes('ams', 'fra', 'lon'),
  },
  holdDown: {
    commands: [
      ...fleet('ams', 'fra', 'lon'),
      `prefix ${prefix} --hold 60s`,
      'advance 5s',
      'probe fra dns fail',
      'advance 5s',
      'probe fra dns ok',
      'advance 3s',
      'show routes',
    ],
    guarded: routes('ams', 'lon'),
    accident: routes('ams', 'fra', 'lon'),
  },
  capacity: {
    commands: [
      ...fleet('ams', 'fra', 'lon'),
      `prefix ${prefix}`,
      'traffic ams 70/100',
      'traffic fra 80/100',
      'traffic lon 60/100',
      'advance 5s',
      'probe fra dns fail',
      'advance 5s',
      'show routes',
    ],
    guarded: routes('ams', 'fra', 'lon'),
    accident: routes('ams', 'lon'),
  },
  cover: {
    commands: [
      ...fleet('ams', 'fra', 'lon'),
      `prefix ${prefix}`,
      `prefix 198.51.100.0/24 --cover ${prefix}`,
      'advance 5s',
      'probe fra dns fail',
      'advance 5s',
      'show overlays',
    ],
    guarded: ['withdraw 198.51.100.0/24 pop fra: dns at fra fails for 1 of 1 agent (fra): 3 probes failed in a row'],
    accident: [
      'withdraw 198.51.100.0/24 pop fra: dns at fra fails for 1 of 1 agent (fra): 3 probes failed in a row',
      'withdraw 203.0.113.0/24 pop fra: dns at fra fails for 1 of 1 agent (fra): 3 probes failed in a row',
    ],
  },
}

/** What review (plan/review) refuses automation too. */
const reviewed = ['floor', 'breaker', 'freeze'] as const satisfies readonly HealthGuardName[]

function play({ commands }: Case, without?: HealthGuardName, review: 'on' | 'off' = 'on'): readonly string[] {
  const guards = without === undefined ? allHealthGuards : { ...allHealthGuards, [without]: false }
  const scenario = new HealthScenario(guards, review)
  let printed: readonly string[] = []
  for (const command of commands) printed = scenario.run(command)
  return printed
}

describe.each(Object.entries(cases))('%s', (name, one) => {
  test('holds', () => expect(play(one)).toEqual(one.guarded))
  test('and without it the accident happens', () => {
    expect(play(one, name as HealthGuardName, 'off')).toEqual(one.accident)
  })
})

test.each(reviewed)('%s: without it review refuses what automation wants', (name) => {
  expect(play(cases[name], name)).toEqual(cases[name].guarded)
})

test('what review refuses of one prefix stops no other: without the floor, the prefix with room goes and the other stays', () => {
  const scenario = new HealthScenario({ ...allHealthGuards, floor: false })
  for (const command of [
    ...fleet('ams', 'fra', 'lon'),
    `prefix ${prefix}`,
    'prefix 198.51.100.0/24 --at ams,fra',
    'advance 5s',
    'probe fra dns fail',
  ])
    scenario.run(command)
  expect(scenario.run('advance 5s')).toContain(
    '   8s  firing failover-refused/review: 198.51.100.0/24 would be announced at 1 POP (ams), now at 2 (ams, fra): below 2, which is half of the 2 POPs intended and at least 2; automation may not, a person can.',
  )
  expect(scenario.run('show routes')).toEqual(['198.51.100.0/24 at ams, fra', '203.0.113.0/24 at ams, lon'])
})

describe('lease', () => {
  test.each([
    ['hold', { policy: 'hold' }, 0, 1e12, 'hold'],
    ['withdraw, too early', { policy: 'withdraw', afterMs: 60_000 }, 0, 59_999, 'hold'],
    ['withdraw, in time', { policy: 'withdraw', afterMs: 60_000 }, 0, 60_000, 'withdraw'],
    ['withdraw, never heard of a controller', { policy: 'withdraw', afterMs: 60_000 }, undefined, 1e12, 'hold'],
  ] as const)('%s', (_, lease, heardAtMs, nowMs, decision) => {
    expect(decideLease(lease, heardAtMs, nowMs).decision).toBe(decision)
  })

  test('and without the guard, an agent cut off takes its POP off the Internet', () => {
    expect(decideLease({ policy: 'hold' }, 0, 1e6, { lease: false }).decision).toBe('withdraw')
  })
})

test('every guard has its case', () => {
  expect([...Object.keys(cases), 'lease'].toSorted()).toEqual([...healthGuardNames].toSorted())
})
