/** Steering by the planner: a destination follows the preferred neighbor while it offers it, and BGP's own choice otherwise. */
import { describe, expect, test } from 'vitest'
import { steeredEpoch, ownerEpoch } from '../../../src/bgp/mark.ts'
import { attributesOf } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import type { Offer } from '../../../src/plan/observed.ts'
import { allGuards } from '../../../src/plan/guards.ts'
import {
  type IntentParts,
  announce,
  asn,
  epoch,
  freeze,
  intent,
  neighbor,
  pop,
  serviceV4,
} from '../../support/builders.ts'
import { offer, pathGroup, preference } from '../../support/steering-builders.ts'
import { foreignPath } from '../../support/pretend-fleet.ts'
import { PretendHerald } from '../../support/pretend-herald.ts'

const fra = 'fra-1' as SpeakerId
const destination = '192.0.2.0/24' as Prefix
const [bb1, bb2] = ['10.0.1.1', '10.0.2.1']
const both = [offer(bb1), offer(bb2)]

function parts(path: string | undefined, more: IntentParts = {}): IntentParts {
  const neighbors = [bb1, bb2].map((address, i) => neighbor(`fra-bb${i + 1}`, { kind: 'internal', address }))
  return {
    pops: [pop('fra', { neighbors }), 'sin'],
    pathGroups: [pathGroup([destination], { at: ['fra'] as never })],
    preferences: path === undefined ? [] : [preference('fra', path)],
    ...more,
  }
}

function steered(path: string | undefined, offers: readonly Offer[], more: IntentParts = {}): PretendHerald {
  const herald = new PretendHerald(intent(parts(path, more)))
  offered(herald, offers)
  herald.rest()
  return herald
}

const offered = (herald: PretendHerald, offers: readonly Offer[]) =>
  herald.fleet.offered.set(`fra-1 ${destination}`, offers)

const nextHop = (herald: PretendHerald): string | undefined => {
  const attributes = herald.fleet.rib(fra).get(destination)
  return attributes && attributesOf(attributes).nextHop
}
const doings = (herald: PretendHerald) => herald.plan().actions.map(({ kind, speaker }) => `${kind} ${speaker}`)
const reasons = (herald: PretendHerald) => herald.plan().held.map(({ reason }) => reason)

describe('a steering route', () => {
  test('has the next hop of the offer, a LOCAL_PREF of its band, its own mark and not that of an announcement', () => {
    const herald = steered('bb2', [offer(bb1), { ...offer(bb2), nextHop: '10.0.2.77' as never }])
    const route = attributesOf(herald.fleet.rib(fra).get(destination)!)
    expect(route).toMatchObject({ nextHop: '10.0.2.77', localPref: 500, communities: ['65535:65281'] })
    expect([steeredEpoch(asn, route.largeCommunities), ownerEpoch(asn, route.largeCommunities)]).toEqual([
      epoch,
      undefined,
    ])
    expect(herald.plan()).toMatchObject({ actions: [], held: [] })
  })

  test('follows the preference, and goes with it', () => {
    const herald = steered('bb1', both)
    expect(nextHop(herald)).toBe(bb1)
    herald.intent = intent(parts('bb2'))
    expect(doings(herald)).toEqual(['change fra-1'])
    herald.rest()
    expect(nextHop(herald)).toBe(bb2)
    herald.intent = intent(parts(undefined))
    herald.rest()
    expect(nextHop(herald)).toBeUndefined()
    expect(herald.fleet.target(fra, destination)).toBeUndefined()
  })

  test('goes at once with its offer, and comes back with it', () => {
    const herald = steered('bb1', both)
    offered(herald, [offer(bb2)])
    expect(doings(herald)).toEqual(['withdraw fra-1'])
    expect(herald.rest().held).toMatchObject([{ reason: 'not-offered' }])
    expect(nextHop(herald)).toBeUndefined()
    offered(herald, both)
    herald.rest()
    expect(nextHop(herald)).toBe(bb1)
  })

  test('goes where its group is deleted or its destination is announced', () => {
    const herald = steered('bb1', both)
    herald.intent = intent(
      parts(undefined, { pathGroups: [], prefixes: [announce(destination)], pools: [destination] }),
    )
    herald.rest()
    expect(attributesOf(herald.fleet.rib(fra).get(destination)!).localPref).toBe(1000)
    const other = steered('bb1', both)
    other.intent = intent(parts(undefined, { pathGroups: [] }))
    other.rest()
    expect(nextHop(other)).toBeUndefined()
  })

  test('is put back where somebody deletes it', () => {
    const herald = steered('bb1', both)
    herald.fleet.edit(fra, destination, undefined)
    expect(doings(herald)).toEqual(['repair fra-1'])
  })

  test("leaves another program's path alone", () => {
    const herald = new PretendHerald(intent(parts('bb1')))
    offered(herald, both)
    herald.fleet.edit(fra, destination, foreignPath)
    expect([doings(herald), reasons(herald)]).toEqual([[], ['foreign-path']])
  })

  test('is neither counted among announcements nor held by the guard against mass withdrawal', () => {
    const herald = steered('bb1', both, { prefixes: [announce(serviceV4)] })
    expect(herald.fleet.announcements).toBe(2)
    herald.intent = intent(parts('bb1', { revision: 2 }))
    herald.allowance = 0
    offered(herald, [])
    expect(doings(herald)).toEqual(['withdraw fra-1'])
    expect(reasons(herald).sort()).toEqual(['mass-withdrawal', 'mass-withdrawal', 'not-offered'])
  })
})

test('at a speaker that is lost nothing moves, whatever was offered last', () => {
  const herald = steered('bb1', both)
  herald.fleet.lose(fra)
  offered(herald, [])
  expect([doings(herald), reasons(herald)]).toEqual([[], ['speaker-unknown']])
})

test('a route at or above the band of steered routes holds steering, and does not without the guard (G8)', () => {
  const herald = steered('bb1', [offer(bb1), offer(bb2, 1000)])
  expect([nextHop(herald), reasons(herald)]).toEqual([undefined, ['band']])
  herald.guards = { ...allGuards, band: false }
  expect(doings(herald)).toEqual(['announce fra-1'])
})

test('candidates of different LOCAL_PREF are the operator’s own order, and the preference goes over it', () => {
  expect(nextHop(steered('bb1', [offer(bb1, 100), offer(bb2, 200)]))).toBe(bb1)
})

describe('in a freeze', () => {
  const freezes = [freeze({ startedAtMs: 500_000 })]

  test('nothing comes back by itself, and it does without the guard (G11)', () => {
    const herald = steered('bb1', [])
    herald.intent = intent(parts('bb1', { freezes }))
    offered(herald, both)
    expect([doings(herald), reasons(herald)]).toEqual([[], ['frozen']])
    herald.guards = { ...allGuards, freeze: false }
    expect(doings(herald)).toEqual(['announce fra-1'])
  })

  test('what a person prefers then passes', () => {
    const preferences = [preference('fra', 'bb2', { by: 'person', startedAtMs: 600_000 })]
    const herald = steered(undefined, both, { freezes, preferences })
    expect(nextHop(herald)).toBe(bb2)
  })

  test('a route whose offer goes, or gets another next hop, goes all the same', () => {
    for (const offers of [[offer(bb2)], [{ ...offer(bb1), nextHop: '10.0.1.9' as never }, offer(bb2)]]) {
      const herald = steered('bb1', both)
      herald.intent = intent(parts('bb1', { freezes }))
      offered(herald, offers)
      herald.rest()
      expect(nextHop(herald)).toBeUndefined()
    }
  })
})
