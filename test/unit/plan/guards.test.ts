/**
 * Each guard of the planner twice: what it prevents, and the accident that happens without it. The second half is what
 * makes the first worth something: a guard whose absence goes unnoticed guards nothing.
 */
import { describe, expect, test } from 'vitest'
import type { SpeakerId } from '../../../src/intent/model.ts'
import { type GuardName, allGuards, guardNames } from '../../../src/plan/guards.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { announce, drain, freeze, intent, neighbor, pop, serviceV4 } from '../../support/builders.ts'
import { offer, pathGroup, preference } from '../../support/steering-builders.ts'
import { foreignPath } from '../../support/pretend-fleet.ts'
import { PretendHerald } from '../../support/pretend-herald.ts'

const fra = 'fra-1' as SpeakerId
const pops = ['ams', 'fra', 'sin']
const destination = '192.0.2.0/24'

function published(parts: Parameters<typeof announce>[1] = {}, network = {}): PretendHerald {
  const herald = new PretendHerald(intent({ pops, prefixes: [announce(serviceV4, parts)], network }))
  herald.rest()
  return herald
}

/** At fra, a preference for the path over bb1. */
function steering() {
  const neighbors = ['1', '2'].map((n) => neighbor(`fra-bb${n}`, { kind: 'internal', address: `10.0.${n}.1` }))
  return intent({
    pops: [pop('fra', { neighbors })],
    pathGroups: [pathGroup([destination])],
    preferences: [preference('fra', 'bb1')],
  })
}

interface Case {
  readonly situation: () => PretendHerald
  /** Reason and number of what is held with all guards. */
  readonly held: string
  /** What the plan does when the guard is missing. */
  readonly accident: readonly string[]
}

/** Sessions are no part of a plan: test/unit/plan/shut-sessions.test.ts. */
type PlanGuard = Exclude<GuardName, 'routesBeforeSessions'>

const cases: Readonly<Record<PlanGuard, Case>> = {
  floor: {
    situation: () => {
      const herald = published({ floor: 2 })
      const drains = ['ams', 'fra'].map((at) => drain(at))
      herald.intent = { ...herald.intent, drains: new Map(drains.map((one) => [one.id, one])) }
      herald.guards = { ...allGuards, makeBeforeBreak: false }
      return herald
    },
    held: 'floor 1',
    accident: ['withdraw ams-1', 'withdraw fra-1'],
  },
  makeBeforeBreak: {
    situation: () => {
      const herald = published({ at: ['fra'] })
      herald.intent = intent({ pops, revision: 2, prefixes: [announce(serviceV4, { at: ['sin'] })] })
      return herald
    },
    held: 'waiting-for-make 1',
    accident: ['announce sin-1', 'withdraw fra-1'],
  },
  drainStage: {
    situation: () => {
      const network = { drainSeconds: 2 }
      const herald = published({}, network)
      herald.intent = intent({ pops, revision: 2, network, prefixes: [announce(serviceV4, { except: ['fra'] })] })
      herald.look()
      herald.applyAll()
      return herald
    },
    held: 'draining 1',
    accident: ['withdraw fra-1'],
  },
  massWithdrawal: {
    situation: () => {
      const herald = published()
      herald.intent = intent({ pops, revision: 2 })
      herald.allowance = 0
      return herald
    },
    held: 'mass-withdrawal 3',
    accident: ['withdraw ams-1', 'withdraw fra-1', 'withdraw sin-1'],
  },
  emptyIntent: {
    situation: () => {
      const herald = published()
      herald.intent = intent({ revision: 2, network: 'none' })
      return herald
    },
    held: 'mass-withdrawal 3',
    accident: ['withdraw ams-1', 'withdraw fra-1', 'withdraw sin-1'],
  },
  foreignPath: {
    situation: () => {
      const herald = new PretendHerald(intent({ pops, prefixes: [announce(serviceV4, { at: ['fra'] })] }))
      herald.fleet.edit(fra, serviceV4, foreignPath)
      return herald
    },
    held: 'foreign-path 1',
    accident: ['announce fra-1'],
  },
  neverRead: {
    situation: () => {
      const herald = new PretendHerald(intent({ pops, prefixes: [announce(serviceV4, { at: ['fra'] })] }))
      herald.fleet.neverRead.add(fra)
      return herald
    },
    held: 'speaker-unknown 1',
    accident: ['announce fra-1'],
  },
  stray: {
    situation: () => {
      const elsewhere = published()
      const path = elsewhere.fleet.rib(fra).get(serviceV4)!.replace(/:0:7"/, ':0:9"')
      const herald = new PretendHerald(intent({ pops }))
      herald.fleet.edit(fra, serviceV4, path as never)
      return herald
    },
    held: 'stray 1',
    accident: ['withdraw fra-1'],
  },
  export: {
    situation: () =>
      new PretendHerald(intent({ pops: ['fra'], pools: ['198.51.100.0/24'], prefixes: [announce(serviceV4)] })),
    held: 'export 1',
    accident: ['announce fra-1'],
  },
  band: {
    situation: () =>
      new PretendHerald(intent({ pops: ['fra'], prefixes: [announce(serviceV4, { attributes: { localPref: 150 } })] })),
    held: 'band 1',
    accident: ['announce fra-1'],
  },
  offered: {
    situation: () => new PretendHerald(steering()),
    held: 'not-offered 1',
    accident: ['announce fra-1'],
  },
  outranked: {
    situation: () => {
      const herald = new PretendHerald(steering())
      herald.fleet.offered.set(`fra-1 ${destination}`, [offer('10.0.1.1'), offer('10.9.9.9', 300)])
      return herald
    },
    held: 'outranked 1',
    accident: ['announce fra-1'],
  },
  steerUnknown: {
    situation: () => {
      const herald = new PretendHerald(steering())
      herald.fleet.offered.set(`fra-1 ${destination}`, [offer('10.0.1.1')])
      herald.fleet.lose(fra)
      return herald
    },
    held: 'speaker-unknown 1',
    accident: ['announce fra-1'],
  },
  adjOut: {
    situation: () => {
      const herald = published({ at: ['fra'] })
      herald.intent = intent({ pops, revision: 2, prefixes: [announce(serviceV4, { at: ['sin'] })] })
      herald.look()
      herald.applyAll()
      herald.fleet.disagreeing.set(`sin-1 ${serviceV4}`, 'sin-transit is not sent it')
      return herald
    },
    held: 'adj-out 1',
    accident: ['withdraw fra-1'],
  },
  freeze: {
    situation: () => {
      const herald = published()
      herald.intent = { ...herald.intent, freezes: new Map([['freeze', freeze()]]) }
      herald.fleet.edit(fra, serviceV4, undefined)
      return herald
    },
    held: 'frozen 1',
    accident: ['repair fra-1'],
  },
}

const departures = (plan: Plan): string[] => plan.actions.map(({ kind, speaker }) => `${kind} ${speaker}`)

describe.each(guardNames.filter((name) => name !== 'routesBeforeSessions'))('guard %s', (name) => {
  const { situation, held, accident } = cases[name]

  test(`holds ${held}`, () => {
    const plan = situation().plan()
    const reason = held.split(' ')[0]
    expect(`${reason} ${plan.held.filter((entry) => entry.reason === reason).length}`).toBe(held)
    expect(departures(plan)).not.toEqual(accident)
  })

  test(`without it the plan would ${accident.join(', ')}`, () => {
    const herald = situation()
    herald.guards = { ...(herald.guards ?? allGuards), [name]: false }
    expect(departures(herald.plan())).toEqual(accident)
  })
})

describe('the floor', () => {
  const drained = (...at: string[]): PretendHerald => {
    const herald = published({ floor: 2 })
    herald.intent = { ...herald.intent, drains: new Map(at.map((one) => [one, drain(one)])) }
    return herald
  }

  test('of the drained sites the first by name stays where they are otherwise alike', () => {
    const herald = drained('fra', 'ams')
    const plan = herald.rest()
    expect(plan.held).toMatchObject([{ reason: 'floor', speaker: 'ams-1' }])
    expect(plan.held[0]!.detail).toContain('Drain/ams-drain')
    expect(herald.announcedAt(serviceV4)).toEqual(['ams-1', 'sin-1'])
  })

  test('a drained site that is seen announcing stays rather than one that cannot be reached', () => {
    const herald = drained('fra', 'ams')
    herald.fleet.lose('ams-1' as SpeakerId)
    expect(herald.plan().held.filter(({ reason }) => reason === 'floor')).toMatchObject([{ speaker: 'fra-1' }])
  })

  test('drains of every site leave as many as the floor says', () => {
    const herald = drained('ams', 'fra', 'sin')
    herald.rest()
    expect(herald.announcedAt(serviceV4)).toEqual(['ams-1', 'fra-1'])
  })

  test('a forced drain goes below it', () => {
    const herald = drained('fra')
    const forced = drain('ams', { forced: true })
    herald.intent = { ...herald.intent, drains: new Map(herald.intent.drains).set('ams', forced) }
    herald.rest()
    expect(herald.announcedAt(serviceV4)).toEqual(['sin-1'])
  })

  test('a forced drain of everything leaves nothing', () => {
    const herald = published()
    herald.intent = { ...herald.intent, drains: new Map([['all', drain('all', { forced: true })]]) }
    herald.rest()
    expect(herald.announcedAt(serviceV4)).toEqual([])
  })
})

describe('mass withdrawal', () => {
  const many = Array.from({ length: 20 }, (_, i) => announce(`10.0.${i}.0/24`))
  const without = (count: number, allowance: number): Plan => {
    const herald = new PretendHerald(intent({ pops: ['fra'], prefixes: many }))
    herald.rest()
    herald.intent = intent({ pops: ['fra'], prefixes: many.slice(count), revision: 2 })
    herald.allowance = allowance
    return herald.plan()
  }

  test.each([
    ['10 percent go without an allowance', 2, 0, 2],
    ['more than 10 percent are held, all of them', 3, 0, 0],
    ['as many as a reviewed revision takes away go', 20, 18, 20],
    ['one more than that is held', 20, 17, 0],
  ])('%s', (_, count, allowance, expected) => {
    const plan = without(count, allowance)
    expect(plan.actions.filter(({ kind }) => kind === 'withdraw')).toHaveLength(expected)
    expect(plan.held.filter(({ reason }) => reason === 'mass-withdrawal')).toHaveLength(count - expected)
  })

  test('a drained site is named by its drain, and goes without an allowance when its grace time is over', () => {
    const herald = new PretendHerald(intent({ pops, prefixes: many }))
    herald.rest()
    herald.allowance = 0
    const one = drain('fra', { startedAtMs: herald.nowMs, graceSeconds: 60 })
    herald.intent = { ...herald.intent, drains: new Map([[one.id, one]]) }
    herald.look()
    herald.applyAll()
    herald.nowMs += 60_000
    expect(herald.plan().actions.filter(({ kind }) => kind === 'withdraw')).toHaveLength(many.length)
  })

  test('an intent of revision 0 takes nothing away', () => {
    const herald = published()
    herald.intent = intent({ revision: 0 })
    expect(herald.plan().actions).toEqual([])
  })
})
