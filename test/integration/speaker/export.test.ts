/**
 * The contract of `Speaker` about what neighbors are sent: two external neighbors and an internal one, seen from their
 * own side, and as adj-out.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gracefulShutdown } from '../../../src/bgp/community.ts'
import { mark } from '../../../src/bgp/mark.ts'
import { type Path, type PathAttributes, attributesOf } from '../../../src/bgp/path.ts'
import type { PolicyTreatment } from '../../../src/speaker/export-policy.ts'
import { eventually } from '../../support/eventually.ts'
import { type Bench, type Listener, asn, backends, openBench, options } from './backend.ts'
import { address, attributes, marked, path, prefix } from './routes.ts'

describe.each(backends)('neighbors of $name', ({ backend }) => {
  let bench: Bench
  beforeAll(async () => {
    bench = await openBench(backend)
  })
  afterAll(() => bench.close())

  test('an owned path reaches every neighbor, without our marks', async () => {
    await announced(bench, path('192.0.2.0/24'))
    for (const listener of [bench.transit, bench.peer, bench.internal])
      expect((await hears(listener, '192.0.2.0/24')).largeCommunities).toEqual([])
  })

  test('external neighbors see our AS first and no LOCAL_PREF; internal ones see LOCAL_PREF and no AS', async () => {
    await announced(bench, path('192.0.3.0/24', { localPref: 1200, med: 30, asPath: [64999] }))
    const { nextHop: _, ...external } = await hears(bench.transit, '192.0.3.0/24')
    expect(external).toEqual({ ...unmarked({ med: 30 }), asPath: [asn, 64999] })
    const { nextHop: __, ...internal } = await hears(bench.internal, '192.0.3.0/24')
    expect(internal).toEqual({ ...unmarked({ med: 30, localPref: 1200 }), asPath: [64999] })
  })

  test('a given next hop is sent as it is, in both families', async () => {
    const v6 = path('2001:db8:4::/48', { nextHop: '2001:db8::77' })
    await announced(bench, path('192.0.4.0/24', { nextHop: '192.0.2.77' }), v6)
    expect((await hears(bench.peer, '192.0.4.0/24')).nextHop).toBe('192.0.2.77')
    expect((await hears(bench.peer, '2001:db8:4::/48')).nextHop).toBe('2001:db8::77')
  })

  test('a path without our mark never leaves, whatever other large communities under our AS it has', async () => {
    const paths = [
      path('192.0.5.0/24', { owned: false }),
      path('192.0.5.0/25', { owned: false, largeCommunities: ['65001:100:0', '65002:0:7', '650010:0:7'] }),
    ]
    await bench.speaker.announce(paths, options)
    await settled(bench)
    for (const listener of [bench.transit, bench.peer, bench.internal])
      for (const one of paths) expect((await listener.heard()).has(one.prefix)).toBe(false)
  })

  test('a path of another epoch leaves like any other of ours', async () => {
    await announced(bench, path('192.0.6.0/24', { owned: false, largeCommunities: ['65001:0:4294967295'] }))
    await hears(bench.transit, '192.0.6.0/24')
  })

  test('withhold keeps a path from one neighbor alone, and takes it back where it was', async () => {
    await announced(bench, path('192.0.7.0/24'))
    await hears(bench.transit, '192.0.7.0/24')
    await announced(bench, path('192.0.7.0/24', marked('withhold', bench.transit.number)))
    await eventually(5000, async () => expect((await bench.transit.heard()).has(prefix('192.0.7.0/24'))).toBe(false))
    expect((await hears(bench.peer, '192.0.7.0/24')).largeCommunities).toEqual([])
    await hears(bench.internal, '192.0.7.0/24')
    await announced(bench, path('192.0.7.0/24'))
    await hears(bench.transit, '192.0.7.0/24')
  })

  test.each([
    { effect: 'prepend1', times: 1 },
    { effect: 'prepend2', times: 2 },
    { effect: 'prepend3', times: 3 },
  ] as const)('$effect prepends our AS $times more times toward one neighbor', async ({ effect, times }) => {
    const text = `192.0.8.${times}/32`
    await announced(bench, path(text, marked(effect, bench.peer.number)))
    expect((await hears(bench.peer, text)).asPath).toEqual(Array.from({ length: times + 1 }, () => asn))
    expect((await hears(bench.transit, text)).asPath).toEqual([asn])
    expect((await hears(bench.internal, text)).asPath).toEqual([])
  })

  test('GRACEFUL_SHUTDOWN is added toward one neighbor, beside the communities that are there', async () => {
    const of = { ...marked('gracefulShutdown', bench.transit.number), communities: ['65001:3'] }
    await announced(bench, path('192.0.9.0/24', of))
    expect((await hears(bench.transit, '192.0.9.0/24')).communities).toEqual(['65001:3', gracefulShutdown])
    expect((await hears(bench.peer, '192.0.9.0/24')).communities).toEqual(['65001:3'])
  })

  test('several marks act together', async () => {
    const largeCommunities = [
      mark(asn, 'withhold', bench.internal.number),
      mark(asn, 'prepend2', bench.transit.number),
      mark(asn, 'gracefulShutdown', bench.transit.number),
    ]
    await announced(bench, path('192.0.10.0/24', { largeCommunities }))
    expect(await hears(bench.transit, '192.0.10.0/24')).toMatchObject({
      asPath: [asn, asn, asn],
      communities: [gracefulShutdown],
      largeCommunities: [],
    })
    await hears(bench.peer, '192.0.10.0/24')
    expect((await bench.internal.heard()).has(prefix('192.0.10.0/24'))).toBe(false)
  })

  test("only our own functions are stripped; the operator's communities pass", async () => {
    const theirs = ['65001:8:0', '65001:10:5', '65001:100:1', '65002:1:11', '165001:1:5']
    const ours = ['65001:1:99', '65001:2:99', '65001:3:99', '65001:4:99', '65001:5:99', '65001:6:99', '65001:7:99']
    const communities = ['65001:0', 'no-export']
    await announced(bench, path('192.0.11.0/24', { largeCommunities: [...theirs, ...ours], communities }))
    expect(await hears(bench.transit, '192.0.11.0/24')).toMatchObject({
      largeCommunities: theirs,
      communities: ['65001:0', '65535:65281'],
    })
  })

  test('a withdrawn path is withdrawn from every neighbor', async () => {
    await announced(bench, path('192.0.12.0/24'))
    await hears(bench.transit, '192.0.12.0/24')
    await bench.speaker.withdraw([path('192.0.12.0/24')], options)
    await settled(bench)
    for (const listener of [bench.transit, bench.peer, bench.internal])
      expect((await listener.heard()).has(prefix('192.0.12.0/24'))).toBe(false)
  })

  test('what one neighbor teaches is not told to another, whatever marks it carries', async () => {
    await bench.transit.teach(prefix('198.51.100.0/24'), attributes({ owned: false }))
    await bench.transit.teach(prefix('198.51.101.0/24'), attributes())
    await bench.internal.teach(prefix('198.51.102.0/24'), attributes())
    const taught = ['198.51.100.0/24', '198.51.101.0/24', '198.51.102.0/24'].map(prefix)
    await eventually(5000, async () => expect(await bench.speaker.rib(taught, options)).toHaveLength(3))
    await settled(bench)
    expect(
      (await bench.peer.heard())
        .keys()
        .filter((one) => taught.includes(one))
        .toArray(),
    ).toEqual([])
    const [learned] = await bench.speaker.rib([prefix('198.51.101.0/24')], options)
    expect(learned?.learnedFrom).toBe(bench.transit.address)
  })

  test('a local path of the service band wins over a learned one and is told to others', async () => {
    await bench.transit.teach(prefix('198.51.103.0/24'), attributes({ owned: false, localPref: 400 }))
    await eventually(5000, async () =>
      expect(await bench.speaker.rib([prefix('198.51.103.0/24')], options)).toHaveLength(1),
    )
    await announced(bench, path('198.51.103.0/24', { localPref: 1000 }))
    const both = await bench.speaker.rib([prefix('198.51.103.0/24')], options)
    expect(both.find(({ best }) => best)?.learnedFrom).toBeUndefined()
    await hears(bench.peer, '198.51.103.0/24')
  })

  test('adj-out says for each neighbor what that neighbor has heard', async () => {
    const largeCommunities = [mark(asn, 'withhold', bench.peer.number), mark(asn, 'prepend1', bench.transit.number)]
    await announced(bench, path('192.0.13.0/24', { largeCommunities }), path('192.0.13.0/25'))
    await hears(bench.internal, '192.0.13.0/25')
    await settled(bench)
    for (const listener of [bench.transit, bench.peer, bench.internal]) {
      const sent = await bench.speaker.adjOut(listener.address, 'all', options)
      const heard = await listener.heard()
      expect(new Map(sent.map((one) => [one.prefix, attributesOf(one.attributes)]))).toEqual(heard)
      const exact = await bench.speaker.adjOut(listener.address, [prefix('192.0.13.0/24')], options)
      expect(exact).toHaveLength(heard.has(prefix('192.0.13.0/24')) ? 1 : 0)
    }
    expect(await bench.speaker.adjOut(bench.peer.address, [], options)).toEqual([])
  })

  describe('a treatment', () => {
    const number = 4000000000

    test('grows the live policy without a word to any neighbor, and acts on the next path that asks for it', async () => {
      await announced(bench, path('192.0.20.0/24', { med: 1 }))
      await hears(bench.internal, '192.0.20.0/24')
      await settled(bench)
      const before = await counts(bench)
      const treatment = treat(bench.transit, { number, med: 77, communities: ['65001:77'] })
      const extra = { address: address('127.9.9.9'), number: 999 }
      const grown = { ...bench.policy, neighbors: [...bench.policy.neighbors, extra], treatments: [treatment] }
      expect(await bench.speaker.ensureExportPolicy(grown, options)).toBe('extended')
      expect(await bench.speaker.ensureExportPolicy(grown, options)).toBe('unchanged')
      await announced(bench, path('192.0.20.0/25'))
      for (const listener of [bench.transit, bench.peer, bench.internal]) await hears(listener, '192.0.20.0/25')
      expect(await counts(bench)).toEqual(before.map((count) => (count === undefined ? undefined : count + 1)))
      expect((await hears(bench.transit, '192.0.20.0/24')).med).toBe(1)

      await announced(bench, path('192.0.20.0/24', { med: 1, ...marked('treatment', number) }))
      await eventually(5000, async () =>
        expect(await hears(bench.transit, '192.0.20.0/24')).toMatchObject({ med: 77, communities: ['65001:77'] }),
      )
      expect(await hears(bench.peer, '192.0.20.0/24')).toMatchObject({ med: 1, communities: [] })
    })

    test('sets MED, next hop and communities toward an external neighbor', async () => {
      const of = { med: 0, nextHop: '192.0.2.99', communities: ['65001:1'], largeCommunities: ['65001:200:1'] }
      const treatment = treat(bench.peer, { number: number + 1, ...of })
      await bench.speaker.ensureExportPolicy({ ...bench.policy, treatments: [treatment] }, options)
      await announced(bench, path('192.0.21.0/24', { med: 9, ...marked('treatment', number + 1) }))
      expect(await hears(bench.peer, '192.0.21.0/24')).toEqual({ ...unmarked({}), ...of, asPath: [asn] })
    })

    test('sets LOCAL_PREF toward an internal neighbor, and never toward an external one', async () => {
      const treatments = [bench.internal, bench.transit].map((one) =>
        treat(one, { number: number + 2, localPref: 1500 }),
      )
      await bench.speaker.ensureExportPolicy({ ...bench.policy, treatments }, options)
      await announced(bench, path('192.0.22.0/24', { localPref: 1000, ...marked('treatment', number + 2) }))
      expect((await hears(bench.internal, '192.0.22.0/24')).localPref).toBe(1500)
      expect(await hears(bench.transit, '192.0.22.0/24')).not.toHaveProperty('localPref')
    })
  })
})

type TreatmentText = Omit<Partial<PolicyTreatment>, 'communities' | 'largeCommunities' | 'nextHop'> & {
  readonly number: number
  readonly nextHop?: string
  readonly communities?: readonly string[]
  readonly largeCommunities?: readonly string[]
}

function treat(neighbor: Listener, { number, med, localPref, ...of }: TreatmentText): PolicyTreatment {
  const { communities, largeCommunities } = attributes({ ...of, owned: false })
  return {
    number,
    neighbor: neighbor.address,
    ...(med !== undefined && { med }),
    ...(localPref !== undefined && { localPref }),
    ...(of.nextHop !== undefined && { nextHop: address(of.nextHop) }),
    communities,
    largeCommunities,
  }
}

function unmarked(of: Parameters<typeof attributes>[0]): Omit<PathAttributes, 'nextHop'> {
  const { nextHop: _, ...rest } = attributes({ ...of, owned: false })
  return rest
}

async function announced(bench: Bench, ...paths: readonly Path[]): Promise<void> {
  expect(await bench.speaker.announce(paths, options)).toEqual([])
}

async function hears(listener: Listener, text: string): Promise<PathAttributes> {
  return eventually(5000, async () => {
    const heard = (await listener.heard()).get(prefix(text))
    if (heard === undefined) throw new Error(`${listener.address} has not heard of ${text}`)
    return heard
  })
}

let sentinels = 0

/** A neighbor hears in order: once all have heard of a path announced last, they have heard everything before it. */
async function settled(bench: Bench): Promise<void> {
  const last = path(`203.0.113.${++sentinels}/32`)
  await announced(bench, last)
  const listeners = [bench.transit, bench.peer, bench.internal]
  for (const listener of listeners) await hears(listener, last.prefix)
}

function counts(bench: Bench): Promise<readonly (number | undefined)[]> {
  return Promise.all([bench.transit, bench.peer, bench.internal].map((listener) => listener.updates()))
}
