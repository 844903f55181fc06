/** What a plan decides about one prefix, step by step, on a pretend fleet. */
import { describe, expect, test } from 'vitest'
import { attributesOf } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import {
  announce,
  drain,
  freeze,
  intent,
  neighbor,
  override,
  pop,
  serviceV4,
  serviceV6,
} from '../../support/builders.ts'
import { foreignPath } from '../../support/pretend-fleet.ts'
import { PretendHerald } from '../../support/pretend-herald.ts'

const ams = 'ams-1' as SpeakerId
const fra = 'fra-1' as SpeakerId
const sin = 'sin-1' as SpeakerId
const pops = ['ams', 'fra', 'sin']

const actions = (plan: Plan): string[] => plan.actions.map(({ kind, speaker }) => `${kind} ${speaker}`)
const held = (plan: Plan): string[] => plan.held.map(({ reason, speaker }) => `${reason} ${speaker}`)
const settled = (plan: Plan, prefix: Prefix = serviceV4): string | undefined => plan.settled.get(prefix)

/** Everything as published, proved. */
function published(at: readonly string[], network = {}): PretendHerald {
  const herald = new PretendHerald(intent({ pops, prefixes: [announce(serviceV4, { at })], network }))
  herald.rest()
  return herald
}

function publish(herald: PretendHerald, at: readonly string[], parts: Parameters<typeof announce>[1] = {}): void {
  const { network, revision, drains, overrides, freezes } = herald.intent
  herald.intent = {
    ...intent({ pops, prefixes: [announce(serviceV4, { at, ...parts })], revision: revision + 1 }),
    network,
    drains,
    overrides,
    freezes,
  }
}

describe('announcing', () => {
  test('a new prefix is announced at every site, then pending, then converged', () => {
    const herald = new PretendHerald(intent({ pops, prefixes: [announce(serviceV4, { at: ['ams', 'fra'] })] }))
    const first = herald.look()
    expect(actions(first)).toEqual(['announce ams-1', 'announce fra-1'])
    expect(settled(first)).toBe('pending')
    const second = herald.look()
    expect(actions(second)).toEqual([])
    expect(settled(second)).toBe('pending')
    herald.applyAll()
    const third = herald.look()
    expect(actions(third)).toEqual([])
    expect(held(third)).toEqual([])
    expect(settled(third)).toBe('converged')
  })

  test('changed attributes are one change, by implicit withdraw', () => {
    const herald = published(['ams', 'fra'])
    publish(herald, ['ams', 'fra'], { pops: { fra: { med: 5 } } })
    const plan = herald.look()
    expect(actions(plan)).toEqual(['change fra-1'])
    expect(attributesOf(plan.actions[0]!.to!).med).toBe(5)
    expect(plan.actions[0]!.from).toBeDefined()
  })

  test('a new revision that changes nothing decides nothing', () => {
    const herald = published(['ams', 'fra'])
    publish(herald, ['ams', 'fra'])
    expect(actions(herald.look())).toEqual([])
  })

  test('a speaker that cannot be reached is decided all the same, and proved when it is back', () => {
    const herald = new PretendHerald(intent({ pops, prefixes: [announce(serviceV4, { at: ['ams', 'fra'] })] }))
    herald.fleet.lose(fra)
    const plan = herald.look()
    expect(actions(plan)).toEqual(['announce ams-1', 'announce fra-1'])
    expect(held(plan)).toEqual(['speaker-unknown fra-1'])
    const rest = herald.rest()
    expect(actions(rest)).toEqual([])
    expect(settled(rest)).toBe('held')
    herald.fleet.find(fra)
    expect(settled(herald.rest())).toBe('converged')
  })

  test('a path that the speaker refuses is held with its words, and asked again when it changes', () => {
    const herald = new PretendHerald(intent({ pops, prefixes: [announce(serviceV4, { at: ['fra'] })] }))
    herald.fleet.refuse(fra, serviceV4, 'nexthop is mandatory')
    const plan = herald.rest()
    expect(held(plan)).toEqual(['speaker-refused fra-1'])
    expect(plan.held[0]!.detail).toContain('nexthop is mandatory')
    herald.fleet.refuse(fra, serviceV4, undefined)
    publish(herald, ['fra'], { attributes: { med: 1 } })
    expect(settled(herald.rest())).toBe('converged')
  })

  test('actions are in order of prefix and speaker, and what adds comes before what takes away', () => {
    const herald = published(['fra'])
    herald.guards = undefined
    herald.intent = intent({
      pops,
      revision: 2,
      prefixes: [announce('198.51.100.0/24', { at: ['sin', 'ams'] }), announce(serviceV6, { at: ['ams'] })],
    })
    expect(herald.look().actions.map(({ kind, prefix, speaker }) => `${kind} ${prefix} ${speaker}`)).toEqual([
      'announce 198.51.100.0/24 ams-1',
      'announce 198.51.100.0/24 sin-1',
      `announce ${serviceV6} ams-1`,
      `withdraw ${serviceV4} fra-1`,
    ])
  })
})

describe('make before break', () => {
  test('an old site goes only after the new one is proved', () => {
    const herald = published(['fra'])
    publish(herald, ['sin'])
    const first = herald.look()
    expect(actions(first)).toEqual(['announce sin-1'])
    expect(held(first)).toEqual(['waiting-for-make fra-1'])
    expect(first.held[0]!.detail).toContain('sin-1')
    expect(settled(first)).toBe('pending')
    herald.applyAll()
    expect(actions(herald.look())).toEqual(['withdraw fra-1'])
    herald.applyAll()
    expect(actions(herald.look())).toEqual(['forget fra-1'])
    expect(settled(herald.look())).toBe('converged')
    expect(herald.announcedAt(serviceV4)).toEqual([sin])
  })

  test('an old site stays as long as the new ones cannot be reached', () => {
    const herald = published(['fra'])
    herald.fleet.lose(sin)
    publish(herald, ['sin'])
    const plan = herald.rest()
    expect(held(plan)).toEqual(['speaker-unknown sin-1', 'waiting-for-make fra-1'])
    expect(settled(plan)).toBe('held')
    expect(herald.announcedAt(serviceV4)).toEqual([fra])
  })

  test('one unreachable new site does not hold up a move when enough others stand', () => {
    const four = ['ams', 'fra', 'lon', 'sin']
    const herald = new PretendHerald(intent({ pops: four, prefixes: [announce(serviceV4, { at: ['fra'] })] }))
    herald.rest()
    herald.fleet.lose(sin)
    herald.intent = intent({ pops: four, revision: 2, prefixes: [announce(serviceV4, { at: ['ams', 'lon', 'sin'] })] })
    herald.rest()
    expect(herald.announcedAt(serviceV4)).toEqual([ams, 'lon-1'])
  })

  test('a site that cannot be reached is withdrawn in decision only, and followed', () => {
    const herald = published(['ams', 'fra'])
    herald.fleet.lose(fra)
    publish(herald, ['ams'])
    const plan = herald.look()
    expect(actions(plan)).toEqual(['withdraw fra-1'])
    expect(held(plan)).toEqual(['speaker-unknown fra-1'])
    expect(settled(herald.rest())).toBe('held')
    herald.fleet.find(fra)
    expect(settled(herald.rest())).toBe('converged')
    expect(herald.announcedAt(serviceV4)).toEqual([ams])
  })

  test('a prefix that intent wants nowhere goes at once', () => {
    const herald = published(['ams', 'fra'], { drainSeconds: 5 })
    herald.intent = intent({ pops, revision: 2, network: { drainSeconds: 5 } })
    expect(actions(herald.look())).toEqual(['withdraw ams-1', 'withdraw fra-1'])
  })

  test('a withdrawal that is not pushed yet is taken back when the site is wanted again', () => {
    const herald = published(['ams', 'fra'])
    publish(herald, ['ams'])
    expect(actions(herald.look())).toEqual(['withdraw fra-1'])
    publish(herald, ['ams', 'fra'])
    expect(actions(herald.look())).toEqual(['announce fra-1'])
  })
})

describe('the drain stage', () => {
  test('an old site is marked, waits, and goes', () => {
    const herald = published(['ams', 'fra'], { drainSeconds: 2 })
    publish(herald, ['ams'])
    const first = herald.look()
    expect(actions(first)).toEqual(['drain fra-1'])
    expect(attributesOf(first.actions[0]!.to!).communities).toEqual(['65535:0'])
    expect(first.changesAt.get(serviceV4)).toBe(herald.nowMs + 2000)
    herald.applyAll()
    const second = herald.look()
    expect(actions(second)).toEqual([])
    expect(held(second)).toEqual(['draining fra-1'])
    herald.nowMs += 2000
    expect(actions(herald.look())).toEqual(['withdraw fra-1'])
  })

  test('the drain time counts only once the mark is seen', () => {
    const herald = published(['ams', 'fra'], { drainSeconds: 2 })
    publish(herald, ['ams'])
    herald.look()
    herald.nowMs += 5000
    expect(held(herald.look())).toEqual(['draining fra-1'])
    herald.applyAll()
    expect(actions(herald.look())).toEqual(['withdraw fra-1'])
  })

  test('a draining site that is wanted again loses the mark', () => {
    const herald = published(['ams', 'fra'], { drainSeconds: 2 })
    publish(herald, ['ams'])
    herald.look()
    publish(herald, ['ams', 'fra'])
    expect(actions(herald.look())).toEqual(['change fra-1'])
  })

  test('a drain overlay that marked the site for its own grace time is not drained twice', () => {
    const herald = published(['all'], { drainSeconds: 60 })
    herald.intent = {
      ...herald.intent,
      drains: new Map([['d', drain('fra', { startedAtMs: herald.nowMs, graceSeconds: 10 })]]),
    }
    expect(actions(herald.look())).toEqual(['change fra-1'])
    herald.applyAll()
    expect(herald.look().settled.get(serviceV4)).toBe('pending')
    herald.nowMs += 10_000
    expect(actions(herald.look())).toEqual(['withdraw fra-1'])
  })

  test('a drained site comes back when the drain expires', () => {
    const herald = published(['all'])
    const expiresAtMs = herald.nowMs + 60_000
    herald.intent = { ...herald.intent, drains: new Map([['d', drain('fra', { expiresAtMs })]]) }
    const plan = herald.rest()
    expect(herald.announcedAt(serviceV4)).toEqual([ams, sin])
    expect(plan.changesAt.get(serviceV4)).toBe(expiresAtMs)
    herald.nowMs = expiresAtMs
    herald.rest()
    expect(herald.announcedAt(serviceV4)).toEqual([ams, fra, sin])
  })
})

describe('drift', () => {
  test.each([
    ['deleted by hand', undefined],
    ['replaced by hand', foreignPath],
  ])('a path %s is repaired', (_, found) => {
    const herald = published(['ams', 'fra'])
    herald.fleet.edit(fra, serviceV4, found)
    expect(actions(herald.look())).toEqual(['repair fra-1'])
    expect(settled(herald.rest())).toBe('converged')
  })

  test('a speaker that restarts empty gets everything again without a new decision', () => {
    const herald = published(['ams', 'fra'])
    herald.fleet.restart(fra)
    expect(actions(herald.look())).toEqual([])
    herald.applyAll()
    expect(settled(herald.look())).toBe('converged')
  })

  test('a withdrawn path that comes back is withdrawn again', () => {
    const herald = published(['ams', 'fra'])
    const path = herald.fleet.rib(fra).get(serviceV4)
    publish(herald, ['ams'])
    herald.look()
    herald.applyAll()
    herald.fleet.edit(fra, serviceV4, path)
    const plan = herald.look()
    expect(plan.actions).toMatchObject([{ kind: 'repair', speaker: fra }])
    expect(plan.actions[0]!.to).toBeUndefined()
  })

  test.each([
    ['deleted', undefined],
    ['replaced', foreignPath],
  ])('an old site that stays for now is kept up when its path is %s by hand', (_, found) => {
    const herald = published(['fra'])
    herald.fleet.lose(sin)
    publish(herald, ['sin'])
    herald.rest()
    herald.fleet.edit(fra, serviceV4, found)
    const plan = herald.look()
    expect(actions(plan)).toEqual(['repair fra-1'])
    expect(held(plan)).toContain('waiting-for-make fra-1')
    herald.rest()
    expect(attributesOf(herald.fleet.rib(fra).get(serviceV4)!).largeCommunities).not.toEqual([])
  })

  test('nothing is concluded from what an unreachable speaker last showed', () => {
    const herald = published(['ams', 'fra'])
    herald.fleet.edit(fra, serviceV4, undefined)
    herald.fleet.lose(fra)
    expect(actions(herald.look())).toEqual([])
  })
})

describe('what is not ours', () => {
  test('a foreign path is held until it is adopted', () => {
    const herald = new PretendHerald(intent({ pops, prefixes: [announce(serviceV4, { at: ['fra'] })] }))
    herald.fleet.edit(fra, serviceV4, foreignPath)
    const plan = herald.look()
    expect(actions(plan)).toEqual([])
    expect(held(plan)).toEqual(['foreign-path fra-1'])
    herald.fleet.adoptable.add(`${fra} ${serviceV4}`)
    expect(actions(herald.look())).toEqual(['adopt fra-1'])
    expect(settled(herald.rest())).toBe('converged')
  })

  test('a foreign path is held even where the speaker cannot be reached any more', () => {
    const herald = new PretendHerald(intent({ pops, prefixes: [announce(serviceV4, { at: ['fra'] })] }))
    herald.fleet.edit(fra, serviceV4, foreignPath)
    herald.fleet.lose(fra)
    const plan = herald.look()
    expect(plan.targets.size).toBe(0)
    expect(held(plan)).toEqual(['foreign-path fra-1'])
  })

  test('a foreign path that intent does not name is nobody else’s business', () => {
    const herald = published(['ams'])
    herald.fleet.edit(fra, serviceV4, foreignPath)
    const plan = herald.look()
    expect([actions(plan), held(plan), settled(plan)]).toEqual([[], [], 'converged'])
  })

  test('a path of another epoch that intent names is taken over', () => {
    const herald = published(['ams', 'fra'])
    herald.fleet.startEpoch(8)
    expect(actions(herald.look())).toEqual(['adopt ams-1', 'adopt fra-1'])
    expect(settled(herald.rest())).toBe('converged')
  })

  test('a site another program took while Herald was leaving it is forgotten, not withdrawn', () => {
    const herald = published(['ams', 'fra'])
    herald.fleet.edit(fra, serviceV4, foreignPath)
    publish(herald, ['ams'])
    expect(actions(herald.look())).toEqual(['forget fra-1'])
    herald.applyAll()
    expect(herald.announcedAt(serviceV4)).toEqual([ams, fra])
  })
})

describe('freeze', () => {
  test('people’s changes pass, repairs wait for its end', () => {
    const herald = published(['ams', 'fra'])
    const until = herald.nowMs + 1000
    herald.intent = { ...herald.intent, freezes: new Map([['f', freeze({ expiresAtMs: until })]]) }
    herald.fleet.edit(fra, serviceV4, undefined)
    const plan = herald.look()
    expect(held(plan)).toEqual(['frozen fra-1'])
    expect(plan.changesAt.get(serviceV4)).toBe(until)
    publish(herald, ['ams', 'fra', 'sin'])
    expect(actions(herald.look())).toEqual(['announce sin-1'])
    herald.nowMs = until
    expect(actions(herald.look())).toEqual(['repair fra-1'])
  })
})

describe('warnings about what has no effect', () => {
  const at = (
    parts: Parameters<typeof announce>[1],
    prefix: string = serviceV4,
    neighbors = [neighbor('fra-isp')],
  ): string[] =>
    new PretendHerald(intent({ pops: [pop('fra', { neighbors })], prefixes: [announce(prefix, parts)] }))
      .plan()
      .warnings.map(({ code }) => code)

  test.each([
    ['LOCAL_PREF where every neighbor is external', at({ attributes: { localPref: 1200 } }), ['local-pref-ebgp']],
    [
      'LOCAL_PREF where a neighbor is internal',
      at({ attributes: { localPref: 1200 } }, serviceV4, [neighbor('i', { kind: 'internal' })]),
      [],
    ],
    [
      'LOCAL_PREF toward an external neighbor',
      at({ neighbors: { 'fra-isp': { localPref: 1200 } } }),
      ['local-pref-ebgp'],
    ],
    ['MED toward one link', at({ attributes: { med: 5 } }), ['med-one-link']],
    ['MED toward two links of one AS', at({ attributes: { med: 5 } }, serviceV4, [neighbor('a'), neighbor('b')]), []],
    ['a /25 toward transit', at({}, '203.0.113.0/25'), ['too-specific']],
    ['a /49 toward transit', at({}, '2001:db8::/49'), ['too-specific']],
    ['a plain prefix', at({}), []],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected)
  })

  test('overrides count as well', () => {
    const of = intent({
      pops: [pop('fra', { neighbors: [neighbor('fra-isp')] })],
      prefixes: [announce(serviceV4)],
      overrides: [override('o', serviceV4, { med: 9 })],
    })
    expect(new PretendHerald(of).plan().warnings.map(({ code }) => code)).toEqual(['med-one-link'])
  })
})
