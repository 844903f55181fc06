/** Part of a prefix is proved by what its own sites say, whatever is held elsewhere; and what a staged change leaves to the plan. */
import { describe, expect, test } from 'vitest'
import type { Rollout } from '../../../src/intent/rollout.ts'
import type { Announcement, Intent, PopId, SpeakerId } from '../../../src/intent/model.ts'
import { explainPrefix } from '../../../src/plan/explain.ts'
import { notReadBack } from '../../../src/plan/read-back.ts'
import { announce, drain, intent, rollout, serviceV4 } from '../../support/builders.ts'
import { PretendHerald } from '../../support/pretend-herald.ts'

const names = ['ams', 'fra', 'sin', 'tyo']
const [ams, sin] = ['ams-1', 'sin-1'] as SpeakerId[] as [SpeakerId, SpeakerId]

function staged(before: Announcement | undefined, after: Announcement, parts: Partial<Rollout> = {}): Partial<Intent> {
  const stages = [['sin'], ['tyo'], ['ams', 'fra']]
  const move = rollout(before, stages, { id: 'move', reason: 'follow the sun', ...parts })
  return { prefixes: new Map([[serviceV4, after]]), rollouts: new Map([[move.id, move]]) }
}

function revise(herald: PretendHerald, change: Partial<Intent>): void {
  herald.intent = { ...herald.intent, ...change, revision: herald.intent.revision + 1 }
}

const europe = announce(serviceV4, { at: ['ams', 'fra'] })
const asia = announce(serviceV4, { at: ['sin', 'tyo'] })

/** Announced in Europe, and on its way to Asia. */
function moving(parts: Partial<Rollout> = {}): PretendHerald {
  const herald = new PretendHerald(intent({ pops: names, prefixes: [europe] }))
  herald.rest()
  revise(herald, staged(europe, asia, parts))
  return herald
}

const unproved = (herald: PretendHerald, ...pops: readonly string[]) =>
  notReadBack(herald.input, serviceV4, pops as PopId[])

describe('read back', () => {
  test('a new site is, when its RIB and adj-out say so', () => {
    const herald = moving()
    expect(unproved(herald, 'sin')).toBe('sin-1, 203.0.113.0/24: not announced as decided yet')
    herald.look()
    expect(unproved(herald, 'sin')).toMatch(/not announced as decided yet/)
    herald.applyAll()
    expect(unproved(herald, 'sin')).toBeUndefined()
    herald.fleet.disagreeing.set(`sin-1 ${serviceV4}`, 'sin-isp is not sent it')
    expect(unproved(herald, 'sin')).toBe('sin-1, 203.0.113.0/24: sin-isp is not sent it')
  })

  test('a speaker that cannot be reached is not, and one elsewhere is no matter', () => {
    const herald = moving()
    herald.rest()
    herald.fleet.lose(sin)
    expect(unproved(herald, 'sin')).toMatch(/cannot be reached/)
    herald.fleet.find(sin)
    herald.fleet.lose(ams)
    expect(unproved(herald, 'sin')).toBeUndefined()
  })

  test('an old site is, when it is seen gone', () => {
    const herald = moving({ stage: 3 })
    expect(unproved(herald, 'sin', 'ams')).toMatch(/not announced as decided yet/)
    herald.look()
    herald.applyAll()
    expect(unproved(herald, 'sin')).toBeUndefined()
    expect(unproved(herald, 'ams')).toBe('ams-1, 203.0.113.0/24: not withdrawn yet')
    herald.rest()
    expect(unproved(herald, 'sin', 'ams')).toBeUndefined()
    expect(unproved(herald, 'nowhere')).toBeUndefined()
  })
})

describe('stage by stage', () => {
  test('each adds its own POPs, what leaves last waits for the new ones, and left alone every stage comes to rest', () => {
    const herald = moving()
    const seen = [1, 2, 3].map((stage) => {
      revise(herald, staged(europe, asia, { stage }))
      herald.rest()
      return herald.announcedAt(serviceV4).join(' ')
    })
    expect(seen).toEqual(['ams-1 fra-1 sin-1', 'ams-1 fra-1 sin-1 tyo-1', 'sin-1 tyo-1'])
  })

  test('back from the last, what stood is made before what was new is broken', () => {
    const herald = moving({ stage: 3 })
    herald.rest()
    revise(herald, { prefixes: new Map([[serviceV4, europe]]), rollouts: new Map() })
    expect(herald.look().held).toMatchObject([{ reason: 'waiting-for-make' }, { reason: 'waiting-for-make' }])
    herald.rest()
    expect(herald.announcedAt(serviceV4)).toEqual(['ams-1', 'fra-1'])
  })

  test('back while a site of old is drained: the floor keeps a new one', () => {
    const herald = moving()
    herald.rest()
    revise(herald, { drains: new Map([['ams', drain('ams')]]) })
    herald.rest()
    revise(herald, { prefixes: new Map([[serviceV4, europe]]), rollouts: new Map() })
    expect(herald.rest().held).toMatchObject([{ reason: 'floor' }])
    expect(herald.announcedAt(serviceV4)).toHaveLength(2)
  })

  test('back from a prefix that is new: its canary goes', () => {
    const herald = new PretendHerald(intent({ pops: names }))
    revise(herald, staged(undefined, asia))
    herald.rest()
    expect(herald.announcedAt(serviceV4)).toEqual(['sin-1'])
    revise(herald, { prefixes: new Map(), rollouts: new Map() })
    herald.rest()
    expect(herald.announcedAt(serviceV4)).toEqual([])
  })
})

describe('explain', () => {
  test('says that a POP waits for its stage, and why it is still where it was', () => {
    const herald = moving()
    herald.rest()
    const { sentences } = explainPrefix(herald.input, serviceV4, 'tyo' as PopId)
    expect(sentences).toContain(
      'It is going out in stages: Rollout/move of alice (follow the sun), stage 1 of 3, at sin; what it waits for: herald rollout move.',
    )
    expect(sentences.join('\n')).toMatch(
      /tyo-1 at tyo: not to be announced: intent did not name tyo, which waits for stage 2 of 3 of Rollout\/move, 1 of which is out\./,
    )
    const old = explainPrefix(herald.input, serviceV4, 'ams' as PopId)
    expect(old.sites[0]).toMatchObject({
      because: 'intent names ams by "ams", as before Rollout/move',
      layers: [{ layer: 'Rollout/move', says: expect.stringMatching(/ams waits for stage 3 of 3/), inForce: true }],
    })
  })
  test('and nothing of it where its stage is out', () => {
    const herald = moving()
    herald.rest()
    const { sites } = explainPrefix(herald.input, serviceV4, 'sin' as PopId)
    expect(sites[0]).toMatchObject({ because: 'intent names sin by "sin"', layers: [] })
  })
})
