import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AttributesKey, attributesKey } from '../../../src/bgp/path.ts'
import { must } from '../../../src/bgp/parsed.ts'
import { type Prefix, parsePrefix } from '../../../src/bgp/prefix.ts'
import { parseAddress } from '../../../src/bgp/address.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import type { Target } from '../../../src/plan/observed.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import type { Lease } from '../../../src/store/store.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { eventually, freshTag, openTestStore } from '../../support/store.ts'

const fra = 'fra1' as SpeakerId
const sin = 'sin1' as SpeakerId
const prefix = (text: string): Prefix => must(parsePrefix(text))
const a = prefix('203.0.113.0/24')
const b = prefix('198.51.100.0/24')
const c = prefix('2001:db8::/48')
const attributes = (localPref: number): AttributesKey =>
  attributesKey({
    origin: 'igp',
    asPath: [],
    nextHop: must(parseAddress('0.0.0.0')),
    localPref,
    communities: [],
    largeCommunities: [],
  })
const announce = (revision: number, drainingSinceMs?: number): Target => ({
  kind: 'announce',
  attributes: attributes(1000 + revision),
  revision,
  ...(drainingSinceMs !== undefined && { drainingSinceMs }),
})
const withdraw: Target = { kind: 'withdraw', revision: 9 }

let redis: TestRedis
const opened: OpenStore[] = []

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()))
  await redis.stop()
})

async function leader(): Promise<{ store: OpenStore; planner: Lease; apply: Lease }> {
  const store = await openTestStore(redis.url)
  opened.push(store)
  const planner = await store.leases.acquire('planner', 5000)
  const apply = await store.leases.acquire('apply:fra1', 5000)
  if (planner === undefined || apply === undefined) throw new Error('no lease')
  return { store, planner, apply }
}

const one = (speaker: SpeakerId, set: readonly (readonly [Prefix, Target])[], forget: readonly Prefix[] = []) =>
  new Map([[speaker, { set: new Map(set), forget }]])

test('a decision is pending until it is applied, in order of generation', async () => {
  const { store, planner, apply } = await leader()
  expect(await store.targets.decide(planner.fence, one(fra, [[b, announce(1)]]))).toEqual(new Map([[fra, 1]]))
  expect(
    await store.targets.decide(
      planner.fence,
      one(fra, [
        [a, announce(2, 5)],
        [c, withdraw],
      ]),
    ),
  ).toEqual(new Map([[fra, 2]]))
  const pending = await store.targets.pending(fra)
  expect(pending).toMatchObject({ decided: 2, applied: 0 })
  expect(pending.targets.map(({ prefix, generation }) => [prefix, generation])).toEqual(
    [
      [b, 1],
      [c, 2],
      [a, 2],
    ].toSorted((x, y) => Number(x[1]) - Number(y[1]) || (String(x[0]) < String(y[0]) ? -1 : 1)),
  )
  await store.speakers.applied(apply.fence, fra, 1)
  expect((await store.targets.pending(fra)).targets.map(({ prefix }) => prefix).toSorted()).toEqual([c, a].toSorted())
  await store.speakers.applied(apply.fence, fra, 2)
  await store.speakers.applied(apply.fence, fra, 1)
  expect(await store.targets.pending(fra)).toEqual({ decided: 2, applied: 2, targets: [] })
  expect(await store.targets.of(fra, [a, b, prefix('10.0.0.0/8')])).toEqual([
    { prefix: a, target: announce(2, 5), generation: 2 },
    { prefix: b, target: announce(1), generation: 1 },
  ])
})

test('a forgotten target is gone from the table and from what is pending, and nothing is sent for it', async () => {
  const { store, planner } = await leader()
  await store.targets.decide(
    planner.fence,
    one(fra, [
      [a, withdraw],
      [b, announce(1)],
    ]),
  )
  expect(await store.targets.decide(planner.fence, one(fra, [], [a]))).toEqual(new Map([[fra, 1]]))
  expect((await store.targets.all(fra)).map(({ prefix }) => prefix)).toEqual([b])
  expect((await store.targets.pending(fra)).targets.map(({ prefix }) => prefix)).toEqual([b])
})

test('a planner whose lease is not its own any more can decide and configure nothing', async () => {
  const tag = freshTag()
  const old = await openTestStore(redis.url, tag)
  const next = await openTestStore(redis.url, tag)
  opened.push(old, next)
  const stale = await old.leases.acquire('planner', 5000)
  if (stale === undefined) throw new Error('no lease')
  await stale.release()
  await expect(old.targets.decide(stale.fence, one(fra, [[a, announce(1)]]))).rejects.toMatchObject({
    code: 'lease-lost',
  })
  const fresh = await next.leases.acquire('planner', 5000)
  await expect(old.targets.decide(stale.fence, one(fra, [[a, announce(1)]]))).rejects.toMatchObject({
    code: 'lease-lost',
  })
  await expect(old.speakers.applied(stale.fence, fra, 7)).rejects.toMatchObject({ code: 'lease-lost' })
  await expect(old.speakers.configure(stale.fence, [{ speaker: fra } as never])).rejects.toMatchObject({
    code: 'lease-lost',
  })
  expect(await next.targets.pending(fra)).toEqual({ decided: 0, applied: 0, targets: [] })
  expect(await next.speakers.known()).toEqual([])
  if (fresh === undefined) throw new Error('no lease')
  await next.targets.decide(fresh.fence, one(fra, [[a, announce(1)]]))
})

test('a worker that applies while the planner decides skips no generation', async () => {
  const { store, planner, apply } = await leader()
  const rounds = 40
  const prefixes = Array.from({ length: 60 }, (_, i) => prefix(`10.0.${i}.0/24`))
  const applied = new Map<Prefix, Target>()
  let deciding = true
  const worker = (async () => {
    for (;;) {
      const last = !deciding
      const { decided, targets } = await store.targets.pending(fra)
      for (const { prefix, target } of targets) applied.set(prefix, target)
      await store.speakers.applied(apply.fence, fra, decided)
      if (last) return
    }
  })()
  const standing = new Map<Prefix, Target>()
  for (let round = 0; round < rounds; round++) {
    const parts = [0, 1, 2].map((part) => prefixes.filter((_, i) => i % 3 === part && (i + round) % 4 !== 0))
    await Promise.all(
      parts.map(async (part) => {
        const set = part.map((prefix) => [prefix, announce(round)] as const)
        for (const [prefix, target] of set) standing.set(prefix, target)
        await store.targets.decide(planner.fence, one(fra, set))
      }),
    )
  }
  deciding = false
  await worker
  expect(applied).toEqual(standing)
  expect((await store.targets.pending(fra)).decided).toBe(rounds * 3)
})

test('20,000 targets in one decision, sliced, are all pending and none is lost to a worker in between', async () => {
  const { store, planner, apply } = await leader()
  const set = new Map(
    Array.from({ length: 20_000 }, (_, i) => [prefix(`10.${i >> 8}.${i & 255}.0/24`), announce(1)] as const),
  )
  const done = new Set<Prefix>()
  let deciding = true
  const worker = (async () => {
    for (;;) {
      const last = !deciding
      const { decided, targets } = await store.targets.pending(fra)
      for (const { prefix } of targets) done.add(prefix)
      await store.speakers.applied(apply.fence, fra, decided)
      if (last) return
    }
  })()
  const generations = await store.targets.decide(
    planner.fence,
    new Map([
      [fra, { set, forget: [] }],
      [sin, { set: new Map([[a, announce(1)]]), forget: [] }],
    ]),
  )
  deciding = false
  await worker
  expect(done.size).toBe(20_000)
  expect((await store.speakers.state(fra)).decided).toBe(generations.get(fra))
  expect(generations.get(sin)).toBe(1)
  await store.speakers.reapply(fra)
  const again = await store.targets.pending(fra)
  expect(again.targets).toHaveLength(20_000)
  const order = again.targets.map(({ generation }) => generation)
  expect(order).toEqual(order.toSorted((x, y) => x - y))
})

test('a daemon that lost everything gets all its targets again, even if an apply was under way', async () => {
  const { store, planner, apply } = await leader()
  await store.targets.decide(planner.fence, one(fra, [[a, announce(1)]]))
  await store.targets.decide(planner.fence, one(fra, [[b, announce(1)]]))
  const underWay = await store.targets.pending(fra)
  await store.speakers.applied(apply.fence, fra, underWay.decided)
  await store.speakers.reapply(fra)
  await store.speakers.applied(apply.fence, fra, underWay.decided)
  const pending = await store.targets.pending(fra)
  expect(pending.targets.map(({ prefix }) => prefix)).toEqual([a, b])
  expect(pending.decided).toBeGreaterThan(pending.applied)
  await store.speakers.applied(apply.fence, fra, pending.decided)
  expect((await store.targets.pending(fra)).targets).toEqual([])
})

test('what is known of speakers reads back, and a changed configuration replaces the one that was read before', async () => {
  const { store, planner } = await leader()
  const configured = {
    speaker: fra,
    pop: 'fra',
    asn: 65001,
    endpoint: 'fra:50051',
    neighbors: [],
    treatments: [],
  } as never
  const moved = { speaker: fra, pop: 'fra', asn: 65001, endpoint: 'fra:50052', neighbors: [], treatments: [] } as never
  await store.speakers.configure(planner.fence, [configured])
  expect((await store.speakers.state(fra)).configured).toEqual(configured)
  expect(await store.speakers.state(sin)).toEqual({
    decided: 0,
    applied: 0,
    status: undefined,
    configured: undefined,
    policed: false,
    trouble: undefined,
    added: {},
    shut: {},
    forsaken: false,
  })
  await store.speakers.report(fra, { reach: 'unknown', sinceMs: 5, problem: 'connection refused' })
  await store.speakers.configure(planner.fence, [moved])
  const states = await store.speakers.states()
  // At another endpoint is another daemon: nothing is known of it.
  expect(states.get(fra)).toMatchObject({
    decided: 2,
    applied: 0,
    status: undefined,
    policed: false,
    configured: moved,
  })
  expect(await store.speakers.known()).toEqual([fra])
  await eventually(async () => (await store.speakers.states()).size === 1)
})
