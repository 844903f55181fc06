/** Our own AS at the end of paths that we did not begin. */
import { describe, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import { VisibilityBook } from '../../../src/health/visibility-alarm.ts'
import type { NeighborKind } from '../../../src/bgp/neighbor.ts'
import { announce, asn, intent, neighbor, pop, serviceV4, serviceV6 } from '../../support/builders.ts'
import { Lookout, at, collector, gone, ours, stranger, withinMs } from '../../support/lookout.ts'

const half = '203.0.113.128/25'
const told = [`forged-origin/${half}`]
const forged = at([64497, stranger, asn])
const settledSeconds = 10

describe('a more specific with our own AS as its origin, that no speaker of ours announces', () => {
  const forger = collector('rrc1', { [serviceV4]: ours, [half]: forged })

  test('is an alarm once it is settled, and says whose it may be, what it takes, who sees it and what to do', () => {
    const lookout = new Lookout()
    expect(lookout.during(settledSeconds - 1, forger)).toEqual([])
    expect(lookout.during(1, forger)).toEqual(told)
    expect(lookout.message(told[0]!)).toBe(
      '203.0.113.128/25 in our 203.0.113.0/24 is seen with our AS65001 as its origin, and no speaker of ours announces it: ' +
        'a possible hijack that forges our origin, by AS64666 (no neighbor of ours); seen by rrc1 by 64497 64666 65001. ' +
        'Have it filtered there, or draw its traffic back: herald publish 203.0.113.128/25 --at all; ' +
        'where other routers of ours announce it, name it in elsewhere of Pool/owned',
    )
    expect([...lookout.alarms.values()][0]).toMatchObject({
      severity: 'critical',
      labels: { prefix: half, beside: String(stranger), collector: 'rrc1' },
    })
    expect(lookout.look(collector('rrc1', { [serviceV4]: ours, [half]: gone }))).toEqual([])
  })
  test('names the nearest of ours that it lies in, and the pool’s block where none is announced', () => {
    const lookout = new Lookout()
    lookout.intent = intent({ pops: ['fra'], prefixes: [announce('10.0.0.0/9'), announce('10.1.0.0/16')] })
    lookout.during(60, collector('rrc1', { '10.1.2.0/24': forged, '10.200.0.0/16': forged }))
    expect(lookout.message('forged-origin/10.1.2.0/24')).toContain('10.1.2.0/24 in our 10.1.0.0/16 is seen')
    expect(lookout.message('forged-origin/10.200.0.0/16')).toContain('10.200.0.0/16 in our space 10.0.0.0/8 is seen')
  })
  test('prepended, best or not, by several routers: one alarm that names the AS beside ours at each', () => {
    const lookout = new Lookout()
    const second = { ...at([64499, stranger + 1, stranger + 1, asn, asn]).paths[0]!, best: false }
    lookout.during(60, forger, collector('rrc2', { [half]: { ...gone, paths: [second] } }))
    expect(lookout.message(told[0]!)).toContain(
      'by AS64666 (no neighbor of ours), AS64667 (no neighbor of ours); seen by',
    )
    expect(lookout.message(told[0]!)).toContain('rrc2 by 64499 64667 64667 65001 65001')
  })
  test('told by a neighbor of ours is one as well: a route optimizer behind it may make them', () => {
    const lookout = new Lookout()
    lookout.intent = intent({
      pops: [pop('fra', { neighbors: [neighbor('fra-transit', { asn: 64497 })] })],
      prefixes: [announce(serviceV4)],
    })
    expect(lookout.during(60, collector('rrc1', { [serviceV4]: ours, [half]: at([64497, asn]) }))).toEqual(told)
    expect(lookout.message(told[0]!)).toContain('by AS64497 (our neighbor fra-transit, or one behind it)')
  })
  test('says which speakers cannot be read: another program may announce it there', () => {
    const lookout = new Lookout()
    lookout.unread = ['ams-1']
    lookout.during(60, forger)
    expect(lookout.message(told[0]!)).toContain('no speaker of ours announces it (ams-1 cannot be read)')
  })
  test('stays an alarm when the vantage router that saw it dies, and when another controller leads', () => {
    const lookout = new Lookout()
    lookout.during(60, forger)
    lookout.book = new VisibilityBook()
    expect(lookout.during(1, forger)).toEqual(told)
    const dead = collector('rrc1', { [serviceV4]: ours, [half]: forged }, { reach: 'unknown' })
    expect(lookout.during(9, dead)).toEqual(told)
  })
})

describe('it is none', () => {
  const forger = collector('rrc1', { [serviceV4]: ours, [half]: forged })
  test.each([
    ['while a speaker holds it, by whatever program', (lookout: Lookout) => (lookout.held = [serviceV4, half])],
    [
      'where the pool says that other routers of ours announce it',
      (lookout: Lookout) =>
        (lookout.intent = intent({ pops: ['fra'], prefixes: [announce(serviceV4)], elsewhere: [half] })),
    ],
  ])('%s', (_, prepare) => {
    const lookout = new Lookout()
    expect(lookout.during(60, forger)).toEqual(told)
    prepare(lookout)
    expect(lookout.during(60, forger)).toEqual([])
  })
  test('where the vantage router hears us itself, or is one of ours', () => {
    const lookout = new Lookout()
    const seen = { [serviceV4]: ours, [half]: at([asn, asn]), '203.0.113.0/25': { ...gone, paths: [local] } }
    expect(lookout.during(60, collector('rrc1', seen))).toEqual([])
  })
  test('of the whole block of a pool, which others of our routers may announce as an aggregate', () => {
    const lookout = new Lookout()
    expect(lookout.during(60, collector('rrc1', { [serviceV4]: ours, '198.51.100.0/24': forged }))).toEqual([])
  })
  test('by what a vantage router saw before it died', () => {
    const dead = collector('rrc1', { [serviceV4]: ours, [half]: forged }, { reach: 'unknown' })
    expect(new Lookout().during(60, dead)).not.toContain(told[0])
  })
})

const local = { origin: asn, asPath: [], communities: [], best: true }

describe('what was ours lately', () => {
  const both = intent({ pops: ['fra'], prefixes: [announce(serviceV4), announce(half)] })
  const held = (): Lookout => {
    const lookout = new Lookout()
    lookout.intent = both
    lookout.held = lookout.proved = [serviceV4, half]
    lookout.during(30)
    lookout.during(30, collector('rrc1', { [serviceV4]: ours, [half]: at([64497, asn]) }))
    return lookout
  }
  const since = (lookout: Lookout) => ({ ...forged, sinceMs: lookout.nowMs, changedAtMs: lookout.nowMs })

  test.each([
    ['withdrawn', both],
    ['withdrawn by deleting its document', intent({ pops: ['fra'], prefixes: [announce(serviceV4)] })],
  ])('%s: it is still seen, by whatever path it comes back for a while; afterwards it is forged', (_, after) => {
    const lookout = held()
    lookout.held = lookout.proved = [serviceV4]
    lookout.intent = after
    lookout.deleted = after === both ? [] : [half]
    // Path hunting: it goes, and comes back by a longer path within the patience.
    lookout.during(5, collector('rrc1', { [serviceV4]: ours, [half]: gone }))
    const back = collector('rrc1', { [serviceV4]: ours, [half]: since(lookout) })
    expect(lookout.during(60, back)).toEqual([`still-seen/${half}`])
    expect(lookout.during(withinMs / 1000, collector('rrc1', { [serviceV4]: ours, [half]: gone }))).toEqual([])
    const later = collector('rrc1', { [serviceV4]: ours, [half]: since(lookout) })
    expect(lookout.during(60, later)).toEqual(told)
    expect(lookout.message(told[0]!)).toContain('that forges our origin, or a stale route that came back, by AS64666')
  })
  test('a new leader takes it that it was ours a moment ago', () => {
    const lookout = held()
    lookout.held = lookout.proved = [serviceV4]
    const back = collector('rrc1', { [serviceV4]: ours, [half]: since(lookout) })
    lookout.nowMs += 3600_000
    expect(lookout.during(60, back)).toEqual([`still-seen/${half}`])
    lookout.during(1, collector('rrc1', { [serviceV4]: ours, [half]: gone }))
    lookout.nowMs += withinMs
    expect(lookout.during(60, collector('rrc1', { [serviceV4]: ours, [half]: since(lookout) }))).toEqual(told)
  })
  test('another program’s path that no document names is none for the patience after it went', () => {
    const lookout = new Lookout()
    lookout.held = [serviceV4, half]
    const seen = collector('rrc1', { [serviceV4]: ours, [half]: forged })
    lookout.during(5, seen)
    lookout.held = [serviceV4]
    expect(lookout.during(withinMs / 1000, seen)).toEqual([])
  })
  test('published again, it is not forged before it is read back', () => {
    const lookout = new Lookout()
    lookout.intent = both
    lookout.during(60, collector('rrc1', { [serviceV4]: ours }))
    const seen = collector('rrc1', { [serviceV4]: ours, [half]: since(lookout) })
    expect(lookout.during(2, seen)).toEqual([])
    lookout.held = [serviceV4, half]
    expect(lookout.during(60, seen)).toEqual([])
  })
})

describe('an announced prefix by a path on which a stranger stands beside us', () => {
  const strange = collector('rrc1', { [serviceV4]: at([64499, stranger, asn]) })
  const path = [`forged-path/${serviceV4}`]
  const network =
    (...neighbors: readonly ReturnType<typeof neighbor>[]) =>
    (adjacent?: readonly number[]) =>
      intent({
        pops: [pop('fra', { neighbors })],
        prefixes: [announce(serviceV4), announce(serviceV6)],
        ...(adjacent !== undefined && { network: { adjacent: adjacent as Asn[] } }),
      })
  const transit = neighbor('fra-transit', { asn: 64497, families: ['ipv4', 'ipv6'] })
  const lookingAt = (of: ReturnType<ReturnType<typeof network>>): Lookout => {
    const lookout = new Lookout()
    lookout.intent = of
    return lookout
  }

  test('is an alarm after the patience of the vantage router', () => {
    const lookout = lookingAt(network(transit)())
    expect(lookout.during(withinMs / 1000 - 1, strange)).toEqual([])
    expect(lookout.during(1, strange)).toEqual(path)
    expect(lookout.message(path[0]!)).toBe(
      '203.0.113.0/24 is seen by a path on which AS64666 (no neighbor of ours) stands beside our AS65001: ' +
        'a possible hijack that forges our path; seen by rrc1 by 64499 64666 65001. ' +
        'Have it filtered there; where that AS may stand beside ours, name it in adjacent of the Network document',
    )
    expect(lookout.look(collector('rrc1', { [serviceV4]: ours }))).toEqual([])
  })
  test('is none by a neighbor, prepended or not, nor where the vantage router hears us itself', () => {
    const lookout = lookingAt(network(transit)())
    for (const seen of [[64499, 64497, asn], [64497, 64497, asn, asn, asn], [asn]])
      expect(lookout.during(60, collector('rrc1', { [serviceV4]: at(seen) }))).toEqual([])
  })
  test('is none where it is withdrawn: that is still seen, and told once', () => {
    const lookout = lookingAt(network(transit)())
    lookout.held = lookout.proved = []
    expect(lookout.during(60, strange)).toEqual([`still-seen/${serviceV4}`])
  })
  test('begins anew when it went in between: a neighbor that is gone is seen beside us for a while', () => {
    const lookout = lookingAt(network(transit)())
    lookout.during(9, strange)
    lookout.look(collector('rrc1', { [serviceV4]: ours }))
    expect(lookout.during(9, strange)).toEqual([])
  })
  const hidden = (kind: NeighborKind, number: number) =>
    neighbor('fra-other', { kind, asn: number, families: ['ipv4'] })
  test.each([
    ['a route server: its members stand beside us', hidden('route-server', 64510)],
    ['an internal neighbor: it has neighbors of its own', hidden('internal', asn)],
  ])('is none where there is %s; but for the family that it does not carry', (_, other) => {
    const lookout = lookingAt(network(transit, other)())
    const seen = { [serviceV4]: at([stranger, asn]), [serviceV6]: at([stranger, asn]) }
    lookout.held = [serviceV4, serviceV6]
    expect(lookout.during(60, collector('rrc1', seen))).toEqual([`forged-path/${serviceV6}`])
  })
  test('is none where others may strip a neighbor’s private AS', () => {
    const lookout = lookingAt({ ...network(transit, neighbor('fra-lab', { asn: 65010 }))(), network: publicNetwork })
    const seen = collector('rrc1', { [serviceV4]: at([stranger, publicNetwork.asn]) })
    expect(lookout.during(60, seen)).toEqual([])
    lookout.intent = { ...network(transit)(), network: publicNetwork }
    expect(lookout.during(60, seen)).toEqual(path)
  })
  test('is none where a speaker has a session that no document names, nor where there is no Neighbor document', () => {
    const lookout = lookingAt(network(transit)())
    lookout.hasUnnamedSessions = true
    expect(lookout.during(60, strange)).toEqual([])
    expect(lookingAt(network()()).during(60, strange)).toEqual([])
  })
  test('with the ASes written that may stand there it is one in all these cases, but for those', () => {
    const lookout = lookingAt(network(transit, hidden('route-server', 64510))([64555]))
    expect(lookout.during(60, collector('rrc1', { [serviceV4]: at([64555, asn]) }))).toEqual([])
    expect(lookout.during(60, strange)).toEqual(path)
  })
  test('is none where the prefix is announced elsewhere too', () => {
    const lookout = lookingAt(network(transit)())
    const of = intent({ pops: ['fra'], prefixes: [announce(serviceV4)], elsewhere: [serviceV4] })
    lookout.intent = { ...lookout.intent, pools: of.pools }
    expect(lookout.during(60, strange)).toEqual([])
  })
})

const publicNetwork = { asn: 3333 as Asn, drainSeconds: 0, shrinkPercent: 10 }
