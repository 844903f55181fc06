/** Intent and overlays to desired state: layers, marks, treatments, drains, floors, and what time changes. */
import { describe, expect, test } from 'vitest'
import { mark, neighborNumber } from '../../../src/bgp/mark.ts'
import { type PathAttributes, attributesOf } from '../../../src/bgp/path.ts'
import { affectedPrefixes, compilePrefix, compileSpeaker, frozenUntilMs } from '../../../src/intent/compile.ts'
import type { DesiredPrefix } from '../../../src/intent/desired.ts'
import type { DocumentKey } from '../../../src/intent/document.ts'
import type { Freeze, Intent, NeighborId, SpeakerId } from '../../../src/intent/model.ts'
import {
  announce,
  asn,
  drain,
  epoch,
  freeze,
  intent,
  neighbor,
  override,
  pop,
  serviceV4,
  serviceV6,
} from '../../support/builders.ts'

const owned = mark(asn, 'owned', epoch)
const fra = 'fra-1' as SpeakerId

function desired(of: Intent, nowMs = 0, prefix = serviceV4): DesiredPrefix {
  const compiled = compilePrefix(of, prefix, { epoch, nowMs })
  if (compiled === undefined) throw new Error(`${prefix} has no document`)
  return compiled
}

function attributesAt(of: Intent, speaker = 'fra-1', nowMs = 0, prefix = serviceV4): PathAttributes {
  const site = desired(of, nowMs, prefix).sites.get(speaker as SpeakerId)
  if (site === undefined) throw new Error(`${speaker} does not announce ${prefix}`)
  return attributesOf(site.attributes)
}

const sites = (of: Intent, nowMs = 0): string[] => [...desired(of, nowMs).sites.keys()]
const toward = (effect: Parameters<typeof mark>[1], id: string): string =>
  mark(asn, effect, neighborNumber({ id, address: '192.0.2.1' }))

describe('where a prefix is announced', () => {
  const pops = [pop('ams', { area: 'eu' }), pop('fra', { area: 'eu' }), pop('sin', { area: 'asia' })]

  test.each([
    ['everywhere', { at: ['all'] }, ['ams-1', 'fra-1', 'sin-1']],
    ['in an area', { at: ['eu'] }, ['ams-1', 'fra-1']],
    ['in a region and at a POP', { at: ['fra-city', 'sin'] }, ['fra-1', 'sin-1']],
    ['in an area except one POP', { at: ['eu'], except: ['ams'] }, ['fra-1']],
    ['nowhere when nothing is selected', { at: [] }, []],
    ['not where its POP says announce: false', { pops: { ams: { announce: false } } }, ['fra-1', 'sin-1']],
    ['nowhere when the prefix says announce: false', { attributes: { announce: false } }, []],
    [
      'where its POP says announce: true although the prefix says false',
      { attributes: { announce: false }, pops: { sin: { announce: true } } },
      ['sin-1'],
    ],
  ])('is announced %s', (_, parts, expected) => {
    expect(sites(intent({ pops, prefixes: [announce(serviceV4, parts)] }))).toEqual(expected)
  })

  test('every speaker of a POP announces it', () => {
    const of = intent({ pops: [pop('fra', { speakers: ['fra-2', 'fra-1'] })], prefixes: [announce(serviceV4)] })
    expect(sites(of)).toEqual(['fra-1', 'fra-2'])
  })

  test('a prefix without a document is not desired at all', () => {
    expect(compilePrefix(intent({ pops }), serviceV4, { epoch, nowMs: 0 })).toBeUndefined()
  })

  test('without a Network nothing is announced', () => {
    expect(sites(intent({ pops, prefixes: [announce(serviceV4)], network: 'none' }))).toEqual([])
  })
})

describe('what a path carries', () => {
  test('a plain prefix carries the session address, the service LOCAL_PREF and the mark of its owner', () => {
    expect(attributesAt(intent({ pops: ['fra'], prefixes: [announce(serviceV4)] }))).toEqual({
      origin: 'igp',
      asPath: [],
      nextHop: '0.0.0.0',
      localPref: 1000,
      communities: [],
      largeCommunities: [owned],
    })
  })

  test('the next hop is that of the attributes, of the speaker, or the session, by family', () => {
    const pops = [pop('fra', { nextHop: { ipv4: '192.0.2.10' as never } })]
    const v4 = announce(serviceV4, { attributes: { nextHop: '192.0.2.20' as never } })
    const of = intent({ pops, prefixes: [v4, announce(serviceV6)] })
    expect(attributesAt(of).nextHop).toBe('192.0.2.20')
    expect(attributesAt(intent({ pops, prefixes: [announce(serviceV4)] })).nextHop).toBe('192.0.2.10')
    expect(attributesAt(of, 'fra-1', 0, serviceV6).nextHop).toBe('::')
  })

  test('attribute by attribute POP wins over prefix, and communities add up', () => {
    const of = intent({
      pops: ['fra'],
      prefixes: [
        announce(serviceV4, {
          attributes: { med: 10, localPref: 1100, communities: ['65001:20' as never] },
          pops: { fra: { med: 20, communities: ['65001:3' as never, '65001:20' as never] } },
        }),
      ],
    })
    expect(attributesAt(of)).toMatchObject({ med: 20, localPref: 1100, communities: ['65001:3', '65001:20'] })
  })

  test('overrides win over the document: reach first, then age', () => {
    const of = intent({
      pops: ['ams', 'fra'],
      prefixes: [announce(serviceV4, { attributes: { med: 1 }, pops: { fra: { med: 2 } } })],
      overrides: [
        override('at-fra', serviceV4, { med: 30 }, { at: ['fra'], startedAtMs: 1 }),
        override('wide-old', serviceV4, { med: 10 }, { startedAtMs: 1 }),
        override('wide-new', serviceV4, { med: 20 }, { startedAtMs: 2 }),
      ],
    })
    expect(attributesAt(of, 'fra-1', 5).med).toBe(30)
    expect(attributesAt(of, 'ams-1', 5).med).toBe(20)
  })

  test('graceful shutdown of a site is a community on the path', () => {
    const of = intent({ pops: ['fra'], prefixes: [announce(serviceV4, { attributes: { gracefulShutdown: true } })] })
    expect(attributesAt(of).communities).toEqual(['65535:0'])
  })

  test('sites that say the same share one attributes key', () => {
    const of = intent({ pops: ['ams', 'fra'], prefixes: [announce(serviceV4), announce('198.51.100.0/24')] })
    const keys = new Set<string>()
    for (const prefix of of.prefixes.keys())
      for (const { attributes } of desired(of, 0, prefix).sites.values()) keys.add(attributes)
    expect(keys.size).toBe(1)
  })
})

describe('what one neighbor is sent', () => {
  const neighbors = [
    neighbor('fra-isp'),
    neighbor('fra-ix', { kind: 'peer' }),
    neighbor('fra-ibgp', { kind: 'internal' }),
  ]
  const at = (parts: Parameters<typeof announce>[1], rest: Parameters<typeof intent>[0] = {}): Intent =>
    intent({ pops: [pop('fra', { neighbors })], prefixes: [announce(serviceV4, parts)], ...rest })
  const marks = (of: Intent, nowMs = 0): string[] =>
    attributesAt(of, 'fra-1', nowMs).largeCommunities.filter((community) => community !== owned)

  test('prepending a site is one mark for each external neighbor, never AS_PATH', () => {
    const of = at({ attributes: { prepend: 2 } })
    expect(attributesAt(of).asPath).toEqual([])
    expect(marks(of).toSorted()).toEqual([toward('prepend2', 'fra-isp'), toward('prepend2', 'fra-ix')].toSorted())
  })

  test("a neighbor's prepend replaces that of the site", () => {
    const of = at({ attributes: { prepend: 2 }, neighbors: { 'fra-isp': { prepend: 0 }, 'fra-ibgp': { prepend: 1 } } })
    expect(marks(of).toSorted()).toEqual([toward('prepend2', 'fra-ix'), toward('prepend1', 'fra-ibgp')].toSorted())
  })

  test('announce: false toward a neighbor withholds the path there and nothing else', () => {
    const of = at({ neighbors: { 'fra-isp': { announce: false, prepend: 3, med: 5 } } })
    expect(marks(of)).toEqual([toward('withhold', 'fra-isp')])
    expect(sites(of)).toEqual(['fra-1'])
  })

  test('graceful shutdown toward a neighbor is a mark', () => {
    expect(marks(at({ neighbors: { 'fra-ix': { gracefulShutdown: true } } }))).toEqual([
      toward('gracefulShutdown', 'fra-ix'),
    ])
  })

  test('other attributes toward a neighbor are a treatment that the speaker is told of', () => {
    const of = at({
      attributes: { med: 10, communities: ['65001:1' as never] },
      neighbors: { 'fra-isp': { med: 50, communities: ['65001:2' as never, '65001:1' as never] } },
    })
    const [treatment, ...others] = compileSpeaker(of, fra, { epoch, nowMs: 0 }).treatments
    expect(others).toEqual([])
    expect(treatment).toMatchObject({ neighbor: 'fra-isp', med: 50, communities: ['65001:2'], largeCommunities: [] })
    expect(marks(of)).toEqual([mark(asn, 'treatment', treatment!.number)])
  })

  test('a treatment keeps its number as long as it says the same', () => {
    const numbers = [announce(serviceV4), announce('198.51.100.0/24')].map(({ prefix }) => {
      const of = intent({
        pops: [pop('fra', { neighbors })],
        prefixes: [announce(prefix, { neighbors: { 'fra-isp': { med: 50 } } })],
        revision: 1 + prefix.length,
      })
      return compileSpeaker(of, fra, { epoch, nowMs: 0 }).treatments.map(({ number }) => number)
    })
    expect(numbers[0]).toEqual(numbers[1])
  })

  test('what equals the path itself needs no treatment', () => {
    expect(marks(at({ attributes: { med: 10 }, neighbors: { 'fra-isp': { med: 10 } } }))).toEqual([])
  })

  test('a Neighbor document lies below the prefix, and concerns every prefix', () => {
    const pops = [pop('fra', { neighbors: [neighbor('fra-isp', { attributes: { med: 7, prepend: 1 } })] })]
    const of = intent({
      pops,
      prefixes: [announce(serviceV4), announce(serviceV6, { attributes: { prepend: 3, med: 9 } })],
    })
    const treatments = compileSpeaker(of, fra, { epoch, nowMs: 0 }).treatments
    expect(treatments.map(({ med }) => med)).toEqual([7])
    expect(marks(of)).toContain(toward('prepend1', 'fra-isp'))
    const v6 = attributesAt(of, 'fra-1', 0, serviceV6)
    expect(v6.med).toBe(9)
    expect(v6.largeCommunities).toEqual([owned, toward('prepend3', 'fra-isp')])
  })

  test('a next hop of the other family says nothing', () => {
    const pops = [pop('fra', { neighbors: [neighbor('fra-isp', { attributes: { nextHop: '2001:db8::1' as never } })] })]
    const of = intent({ pops, prefixes: [announce(serviceV4), announce(serviceV6)] })
    expect(marks(of)).toEqual([])
    expect(compileSpeaker(of, fra, { epoch, nowMs: 0 }).treatments.map(({ nextHop }) => nextHop)).toEqual([
      '2001:db8::1',
    ])
  })

  test('an override toward a neighbor wins over everything said there', () => {
    const of = at(
      { neighbors: { 'fra-isp': { prepend: 1 } } },
      { overrides: [override('o', serviceV4, { prepend: 3 }, { neighbor: 'fra-isp' })] },
    )
    expect(marks(of)).toEqual([toward('prepend3', 'fra-isp')])
  })

  test('a drained neighbor is marked while its grace time runs, then withheld', () => {
    const target = { kind: 'neighbor', neighbor: 'fra-isp' as NeighborId } as const
    const of = at({}, { drains: [drain(target, { graceSeconds: 10 })] })
    expect(marks(of, 9_999)).toEqual([toward('gracefulShutdown', 'fra-isp')])
    expect(marks(of, 10_000)).toEqual([toward('withhold', 'fra-isp')])
    expect(desired(of, 0).changesAtMs).toBe(10_000)
  })
})

describe('overlays in time', () => {
  const base = { pops: ['ams', 'fra', 'sin'], prefixes: [announce(serviceV4)] }

  test('a drained site is marked while its grace time runs, then lost, then back', () => {
    const of = intent({ ...base, drains: [drain('fra', { startedAtMs: 1000, graceSeconds: 2, expiresAtMs: 9000 })] })
    const at = (nowMs: number) => [sites(of, nowMs).includes('fra-1'), desired(of, nowMs).changesAtMs]
    expect(at(999)).toEqual([true, 1000])
    expect(at(1000)).toEqual([true, 3000])
    expect(attributesAt(of, 'fra-1', 1000).communities).toEqual(['65535:0'])
    expect(at(3000)).toEqual([false, 9000])
    expect(desired(of, 3000).lost.get(fra)).toMatchObject({ overlay: 'Drain/fra-drain', graced: true, forced: false })
    expect(at(9000)).toEqual([true, undefined])
    expect(attributesAt(of, 'fra-1', 9000).communities).toEqual([])
  })

  test('one speaker can be drained', () => {
    const of = intent({ ...base, drains: [drain({ kind: 'speaker', speaker: fra })] })
    expect(sites(of)).toEqual(['ams-1', 'sin-1'])
  })

  test('an override can silence a site for a while', () => {
    const overlay = override('quiet', serviceV4, { announce: false }, { at: ['sin'], expiresAtMs: 5000 })
    const of = intent({ ...base, overrides: [overlay] })
    expect(sites(of, 4999)).toEqual(['ams-1', 'fra-1'])
    expect(desired(of, 4999).lost.get('sin-1' as SpeakerId)).toMatchObject({ overlay: 'Override/quiet', graced: false })
    expect(sites(of, 5000)).toHaveLength(3)
  })

  test('nothing expires while a freeze is in force, and what waited expires when it ends', () => {
    const of = intent({
      ...base,
      drains: [drain('fra', { expiresAtMs: 5000 })],
      freezes: [freeze({ startedAtMs: 4000, expiresAtMs: 20_000 })],
    })
    expect(sites(of, 10_000)).toEqual(['ams-1', 'sin-1'])
    expect(desired(of, 10_000).changesAtMs).toBe(20_000)
    expect(sites(of, 20_000)).toHaveLength(3)
    expect(frozenUntilMs(of, 3999)).toBeUndefined()
    expect(frozenUntilMs(of, 4000)).toBe(20_000)
  })

  test('an endless freeze keeps everything as it is', () => {
    const of = intent({ ...base, drains: [drain('fra', { expiresAtMs: 5000 })], freezes: [freeze()] })
    expect(sites(of, 1e12)).toEqual(['ams-1', 'sin-1'])
    expect(desired(of, 1e12).changesAtMs).toBeUndefined()
  })

  test('a drain that starts during a freeze still drains: it is a person who acts', () => {
    const drains = [drain('fra', { startedAtMs: 50, graceSeconds: 1 })]
    const of = intent({ ...base, drains, freezes: [freeze({ startedAtMs: 10 })] })
    expect(sites(of, 2000)).toEqual(['ams-1', 'sin-1'])
  })

  describe('a drain that waits for its traffic to fall', () => {
    const untilIdle = { below: { kind: 'share', share: 0.05 }, atMostSeconds: 60, from: new Map() } as const
    const waiting = drain('fra', { startedAtMs: 1000, graceSeconds: 2, expiresAtMs: 100_000, untilIdle })
    const announcesAt = (drained: typeof waiting, nowMs: number, freezes: readonly Freeze[] = []) =>
      sites(intent({ ...base, drains: [drained], freezes }), nowMs).includes('fra-1')

    test('is marked until its limit, then lost', () => {
      const of = intent({ ...base, drains: [waiting] })
      expect(attributesAt(of, 'fra-1', 60_999).communities).toEqual(['65535:0'])
      expect(desired(of, 60_999).sites.get(fra)?.draining).toBe(true)
      expect(desired(of, 60_999).changesAtMs).toBe(61_000)
      expect(announcesAt(waiting, 61_000)).toBe(false)
    })

    test('is lost as soon as its traffic was seen gone, and never before its grace time', () => {
      expect(announcesAt({ ...waiting, idleAtMs: 30_000 }, 30_000)).toBe(false)
      expect(announcesAt({ ...waiting, idleAtMs: 1500 }, 2999)).toBe(true)
      expect(announcesAt({ ...waiting, idleAtMs: 1500 }, 3000)).toBe(false)
    })

    test('goes on waiting while a freeze is in force, and goes when it ends', () => {
      const freezes = [freeze({ startedAtMs: 20_000, expiresAtMs: 80_000 })]
      expect(announcesAt(waiting, 79_999, freezes)).toBe(true)
      expect(desired(intent({ ...base, drains: [waiting], freezes }), 70_000).changesAtMs).toBe(80_000)
      expect(announcesAt(waiting, 80_000, freezes)).toBe(false)
      expect(announcesAt(waiting, 90_000, [freeze({ startedAtMs: 61_500 })])).toBe(false)
    })

    test('is back when it expires, whether or not it ever went', () => {
      expect(announcesAt(waiting, 100_000)).toBe(true)
      expect(announcesAt({ ...waiting, idleAtMs: 30_000 }, 100_000)).toBe(true)
    })
  })
})

describe('floors', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`)

  test.each([
    [0, undefined, 0],
    [1, undefined, 1],
    [2, undefined, 2],
    [3, undefined, 2],
    [4, undefined, 2],
    [5, undefined, 3],
    [10, undefined, 5],
    [10, 7, 7],
    [10, 1, 1],
    [3, 5, 3],
  ])('a prefix at %i POPs with floor %s has the floor %i', (pops, floor, expected) => {
    const of = intent({ pops: names(pops), prefixes: [announce(serviceV4, floor === undefined ? {} : { floor })] })
    expect(desired(of).floor).toBe(expected)
  })

  test('a drain says what it asks for even below the floor, and floors count from intent alone', () => {
    const of = intent({
      pops: names(4),
      prefixes: [announce(serviceV4)],
      drains: ['p0', 'p1', 'p2'].map((p) => drain(p)),
    })
    expect(desired(of)).toMatchObject({ floor: 2, floorForced: false })
    expect(desired(of).intended.size).toBe(4)
    expect(sites(of)).toEqual(['p3-1'])
  })

  test('the floor is forced where a forced drain is what breaks it', () => {
    const drains = [drain('p0'), drain('p1'), drain('p2', { forced: true })]
    expect(desired(intent({ pops: names(4), prefixes: [announce(serviceV4)], drains })).floorForced).toBe(true)
  })
})

describe('which prefixes a change concerns', () => {
  const pops = [pop('fra', { area: 'eu', neighbors: [neighbor('fra-isp')] }), pop('sin', { area: 'asia' })]
  const of = intent({
    pops,
    prefixes: [announce(serviceV4, { at: ['eu'] }), announce(serviceV6, { at: ['sin'] })],
    drains: [drain('fra')],
    overrides: [override('o', serviceV6, { med: 1 })],
    freezes: [freeze()],
  })
  const concerned = (key: DocumentKey): string[] | 'all' => {
    const affected = affectedPrefixes(intent(), of, [{ key, before: undefined, after: {} }])
    return affected === 'all' ? 'all' : [...affected].toSorted()
  }

  test.each<[DocumentKey, string[] | 'all']>([
    ['Network/main', 'all'],
    ['Freeze/freeze', 'all'],
    [`Prefix/${serviceV4}`, [serviceV4]],
    ['Prefix/198.51.100.0/24', ['198.51.100.0/24']],
    ['Area/asia', [serviceV6]],
    ['Region/fra-city', [serviceV4]],
    ['Pop/sin', [serviceV6]],
    ['Speaker/fra-1', [serviceV4]],
    ['Neighbor/fra-isp', [serviceV4]],
    ['Drain/fra-drain', [serviceV4]],
    ['Override/o', [serviceV6]],
    ['Pool/owned', [serviceV6, serviceV4]],
  ])('%s concerns %j', (key, expected) => {
    expect(concerned(key)).toEqual(expected)
  })
})
