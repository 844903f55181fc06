/** Sessions of what is drained: shut after the routes are gone, opened after they are back, left alone where nothing is known. */
import { describe, expect, test } from 'vitest'
import type { DesiredSpeaker } from '../../../src/intent/desired.ts'
import type { Drain, DrainTarget, Intent, NeighborId, SpeakerId } from '../../../src/intent/model.ts'
import { allGuards } from '../../../src/plan/guards.ts'
import { shutSessions } from '../../../src/plan/shut-sessions.ts'
import { announce, drain, intent, neighbor, override, pop, serviceV4, serviceV6 } from '../../support/builders.ts'
import { PretendHerald } from '../../support/pretend-herald.ts'

const fra = 'fra-1' as SpeakerId
const isp = 'fra-isp' as NeighborId
const words = 'maintenance until 14:00Z'

/** A fleet at rest, and a Herald that follows sessions as the planner does: after each look. */
class Watched {
  readonly herald: PretendHerald
  shut: DesiredSpeaker['shut']

  constructor(...drains: readonly Drain[]) {
    const neighbors = ['isp', 'ix'].map((name, i) => neighbor(`fra-${name}`, { address: `192.0.2.${i + 1}` }))
    this.herald = new PretendHerald(
      intent({
        pops: ['ams', pop('fra', { neighbors, nextHop: { ipv6: '2001:db8::1' as never } }), 'sin'],
        prefixes: [announce(serviceV4), announce(serviceV6)],
      }),
    )
    this.herald.rest()
    this.drain(...drains)
  }

  drain(...drains: readonly Drain[]): void {
    this.herald.intent = { ...this.herald.intent, drains: new Map(drains.map((one) => [one.id, one])) }
  }

  set intent(change: Partial<Intent>) {
    this.herald.intent = { ...this.herald.intent, ...change }
  }

  /** Sessions that are kept shut after a look of the planner. */
  look(guards = allGuards): readonly string[] {
    const { herald } = this
    herald.look()
    this.shut = shutSessions(herald.intent, fra, herald.nowMs, herald.fleet.table(fra), this.shut, guards)
    return Object.keys(this.shut ?? {}).sort()
  }

  /** Until nothing moves. */
  rest(): readonly string[] {
    this.herald.rest()
    return this.look()
  }
}

const site = drain('fra', { shutdown: words })
const line = (target: DrainTarget = { kind: 'neighbor', neighbor: isp }) => drain(target, { shutdown: words })

describe('sessions of what is drained are shut', () => {
  test.each([
    ['a POP', site, ['fra-isp', 'fra-ix']],
    ['a region', drain('fra-city', { shutdown: words }), ['fra-isp', 'fra-ix']],
    ['a speaker', line({ kind: 'speaker', speaker: fra }), ['fra-isp', 'fra-ix']],
    ['one neighbor', line(), ['fra-isp']],
    ['nothing, where the drain does not say so', drain('fra'), []],
  ])('%s', (_, one, expected) => {
    expect(new Watched(one).rest()).toEqual(expected)
  })

  test('with what the other side is shown, and the drain that says so', () => {
    const watched = new Watched(site)
    watched.rest()
    expect(watched.shut?.[isp]).toEqual({ drain: 'Drain/fra-drain', communication: words, scope: 'speaker' })
  })
})

describe('routes come before sessions', () => {
  test('nothing is shut while the grace time runs, nor before the withdrawal was read back', () => {
    const watched = new Watched()
    watched.drain(drain('fra', { shutdown: words, startedAtMs: watched.herald.nowMs, graceSeconds: 10 }))
    expect(watched.look()).toEqual([])
    watched.herald.applyAll()
    expect(watched.look()).toEqual([])
    watched.herald.nowMs += 10_000
    expect(watched.look()).toEqual([])
    watched.herald.applyAll()
    expect(watched.look()).toEqual(['fra-isp', 'fra-ix'])
  })

  test('and without the guard a session is shut under routes that are still announced over it', () => {
    const watched = new Watched(site)
    expect(watched.look({ ...allGuards, routesBeforeSessions: false })).toEqual(['fra-isp', 'fra-ix'])
    expect(watched.herald.announcedAt(serviceV4)).toContain(fra)
  })

  test('a floor that keeps the place announced keeps its sessions open', () => {
    const watched = new Watched(site)
    watched.drain(site, drain('ams'), drain('sin'))
    expect(watched.rest()).toEqual([])
    expect(watched.herald.announcedAt(serviceV4)).toContain(fra)
  })

  test('a neighbor is shut when everything is withheld from it, although others are still sent it', () => {
    const watched = new Watched(line())
    expect(watched.look()).toEqual([])
    watched.herald.applyAll()
    expect(watched.look()).toEqual(['fra-isp'])
    expect(watched.herald.announcedAt(serviceV4)).toContain(fra)
  })

  test('a neighbor that is still sent something by its adj-out is not shut (G10)', () => {
    const watched = new Watched(line())
    watched.herald.fleet.disagreeing.set(`${fra} ${serviceV4}`, `fra-isp is still sent ${serviceV4}`)
    expect(watched.rest()).toEqual([])
    watched.herald.fleet.disagreeing.clear()
    expect(watched.rest()).toEqual(['fra-isp'])
  })

  test('sessions are opened when the routes are back in the RIB, not when the drain ends', () => {
    const watched = new Watched(site)
    watched.rest()
    watched.drain()
    expect(watched.look()).toEqual(['fra-isp', 'fra-ix'])
    watched.herald.fleet.apply(fra)
    expect(watched.look()).toEqual([])
    expect(watched.herald.announcedAt(serviceV4)).toContain(fra)
  })

  test('and without the guard they are opened before', () => {
    const watched = new Watched(site)
    watched.rest()
    watched.drain()
    expect(watched.look({ ...allGuards, routesBeforeSessions: false })).toEqual([])
    expect(watched.herald.announcedAt(serviceV4)).not.toContain(fra)
  })

  test('a prefix that is held back there does not keep them shut for ever', () => {
    const watched = new Watched(site)
    watched.rest()
    watched.intent = { drains: new Map(), pools: new Map() }
    expect(watched.rest()).toEqual([])
  })

  test('one that is shut stays so when somebody publishes there meanwhile', () => {
    const watched = new Watched(site)
    watched.rest()
    watched.intent = {
      prefixes: new Map(watched.herald.intent.prefixes).set('10.0.0.0/24' as never, announce('10.0.0.0/24')),
    }
    expect(watched.rest()).toEqual(['fra-isp', 'fra-ix'])
  })
})

describe('of a speaker that cannot be read nothing is known', () => {
  test('and nothing is shut', () => {
    const watched = new Watched(site)
    watched.herald.fleet.lose(fra)
    expect(watched.look()).toEqual([])
  })

  test('and nothing is opened', () => {
    const watched = new Watched(site)
    watched.rest()
    watched.herald.fleet.lose(fra)
    watched.drain()
    expect(watched.look()).toEqual(['fra-isp', 'fra-ix'])
  })

  test('nor without a Network', () => {
    const watched = new Watched(site)
    watched.rest()
    watched.intent = { network: undefined }
    expect(watched.look()).toEqual(['fra-isp', 'fra-ix'])
  })
})

test('a daemon that restarted keeps them shut: documents say so, not the daemon', () => {
  const watched = new Watched(site)
  watched.rest()
  watched.herald.fleet.restart(fra)
  expect(watched.look()).toEqual(['fra-isp', 'fra-ix'])
  expect(watched.rest()).toEqual(['fra-isp', 'fra-ix'])
})

describe('a site whose sessions were shut', () => {
  const reopening = () => {
    const watched = new Watched(site)
    watched.rest()
    watched.herald.fleet.shut.set(fra, ['192.0.2.1' as never])
    watched.drain()
    watched.herald.look()
    watched.herald.applyAll()
    return watched
  }

  test('is not proved until they are established again, so nothing else leaves meanwhile', () => {
    const { herald } = reopening()
    const plan = herald.plan()
    expect(plan.held).toMatchObject([
      { reason: 'reopening', speaker: 'fra-1', detail: expect.stringContaining('fra-isp is established again') },
      { reason: 'reopening' },
    ])
    expect(plan.settled.get(serviceV4)).toBe('pending')
    herald.fleet.shut.clear()
    expect(herald.plan().settled.get(serviceV4)).toBe('converged')
  })

  test('and without G10 it counts as there although nobody hears it', () => {
    const { herald } = reopening()
    herald.guards = { ...allGuards, adjOut: false }
    expect(herald.plan().settled.get(serviceV4)).toBe('converged')
  })

  test('toward one neighbor of several is proved: the others hear it', () => {
    const watched = new Watched(line())
    watched.rest()
    watched.herald.fleet.shut.set(fra, ['192.0.2.1' as never])
    expect(watched.herald.plan().settled.get(serviceV4)).toBe('converged')
  })

  test('where an override silences the place, they are shut as well', () => {
    const watched = new Watched(site)
    const quiet = override('quiet', serviceV4, { announce: false }, { at: ['fra'] })
    watched.intent = { overrides: new Map([[quiet.id, quiet]]) }
    expect(watched.rest()).toEqual(['fra-isp', 'fra-ix'])
  })
})
