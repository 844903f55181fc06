import { afterAll, beforeAll, expect, test } from 'vitest'
import { must } from '../../../src/bgp/parsed.ts'
import type { AttributesKey } from '../../../src/bgp/path.ts'
import { type Prefix, parsePrefix } from '../../../src/bgp/prefix.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import type { ObservedRoute } from '../../../src/plan/observed.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

const fra = 'fra1' as SpeakerId
const sin = 'sin 1' as SpeakerId
const prefix = (text: string): Prefix => must(parsePrefix(text))
const a = prefix('203.0.113.0/24')
const b = prefix('198.51.100.0/24')
const c = prefix('2001:db8::/48')
const attributes = '["igp",[],"0.0.0.0",null,1000,["65535:0"],["65001:0:7"]]' as AttributesKey
const ours: ObservedRoute = { attributes, identifier: 0, owner: 'ours' }
const foreign: ObservedRoute = { attributes, identifier: 4294967295, owner: 'foreign' }
const other: ObservedRoute = { attributes, identifier: 7, owner: 'other-epoch' }

let redis: TestRedis
const opened: OpenStore[] = []

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()))
  await redis.stop()
})

async function freshStore(): Promise<OpenStore> {
  const store = await openTestStore(redis.url)
  opened.push(store)
  return store
}

const marks = async (store: OpenStore) => {
  const taken = await take(store, 100)
  return taken.map(({ speaker, prefix }) => `${speaker} ${prefix}`).toSorted()
}

/** As the planner of the moment. */
async function take(store: OpenStore, limit: number): ReturnType<OpenStore['observations']['takeDirty']> {
  const lease = await store.leases.acquire('planner', 5000)
  if (lease === undefined) throw new Error('somebody else leads')
  const taken = await store.observations.takeDirty(lease.fence, limit)
  await lease.release()
  return taken
}

test('a planner that was replaced takes no marks away from its successor', async () => {
  const store = await freshStore()
  await store.observations.record(fra, new Map([[a, ours]]))
  const deposed = await store.leases.acquire('planner', 5000)
  await deposed?.release()
  const late = store.observations.takeDirty(deposed?.fence ?? { lease: 'planner', token: '' }, 10)
  await expect(late).rejects.toMatchObject({ code: 'lease-lost' })
  expect(await marks(store)).toEqual([`fra1 ${a}`])
})

test('what a neighbor is not sent is noted until it is, and each change is marked', async () => {
  const store = await freshStore()
  await store.observations.unprove(fra, new Map([[a, 'n1 is not sent it']]))
  expect(await store.observations.unproved(fra)).toEqual(new Map([[a, 'n1 is not sent it']]))
  expect(await marks(store)).toEqual([`fra1 ${a}`])
  await store.observations.unprove(fra, new Map([[a, undefined]]))
  expect(await store.observations.unproved(fra)).toEqual(new Map())
  expect(await marks(store)).toEqual([`fra1 ${a}`])
})

test('what was read is stored as it was, and only what changed is marked to be looked at', async () => {
  const { observations, ...store } = await freshStore()
  const seen = new Map<Prefix, ObservedRoute>([
    [a, ours],
    [b, foreign],
    [c, other],
  ])
  expect(await observations.record(fra, seen)).toEqual([a, b, c])
  expect(await observations.all(fra)).toEqual(seen)
  expect(await observations.of(fra, [c, prefix('10.0.0.0/8')])).toEqual(new Map([[c, other]]))
  expect(await marks({ observations, ...store })).toEqual([`fra1 ${a}`, `fra1 ${b}`, `fra1 ${c}`].toSorted())
  expect(
    await observations.record(
      fra,
      new Map([
        [a, ours],
        [b, ours],
        [c, undefined],
      ]),
    ),
  ).toEqual([b, c])
  expect(await observations.record(fra, new Map([[c, undefined]]))).toEqual([])
  expect(await observations.all(fra)).toEqual(
    new Map([
      [a, ours],
      [b, ours],
    ]),
  )
  expect(await marks({ observations, ...store })).toEqual([`fra1 ${b}`, `fra1 ${c}`].toSorted())
  expect(await marks({ observations, ...store })).toEqual([])
})

test('a whole RIB replaces what was known: what is not in it is gone, what is as before stays silent', async () => {
  const store = await freshStore()
  await store.observations.recordAll(
    fra,
    new Map([
      [a, ours],
      [b, ours],
    ]),
  )
  await store.observations.recordAll(sin, new Map([[a, ours]]))
  expect(await marks(store)).toEqual([`fra1 ${a}`, `fra1 ${b}`, `sin 1 ${a}`].toSorted())
  const next = new Map([
    [a, ours],
    [c, ours],
  ])
  expect((await store.observations.recordAll(fra, next)).toSorted()).toEqual([b, c].toSorted())
  expect(await store.observations.all(fra)).toEqual(
    new Map([
      [a, ours],
      [c, ours],
    ]),
  )
  expect(await store.observations.all(sin)).toEqual(new Map([[a, ours]]))
  expect(await marks(store)).toEqual([`fra1 ${b}`, `fra1 ${c}`].toSorted())
})

test('a table of 20,000 routes is stored, compared and emptied, with one mark a change', async () => {
  const store = await freshStore()
  const table = new Map(Array.from({ length: 20_000 }, (_, i) => [prefix(`10.${i >> 8}.${i & 255}.0/24`), ours]))
  expect(await store.observations.recordAll(fra, table)).toHaveLength(20_000)
  expect(await store.observations.all(fra)).toEqual(table)
  expect(await store.observations.recordAll(fra, table)).toEqual([])
  expect(await take(store, 15_000)).toHaveLength(15_000)
  expect(await take(store, 15_000)).toHaveLength(5_000)
  expect(await store.observations.recordAll(fra, new Map())).toHaveLength(20_000)
  expect(await store.observations.all(fra)).toEqual(new Map())
})

test('a refusal is kept in the words of the speaker until it is taken back, and marks its prefix', async () => {
  const store = await freshStore()
  await store.observations.refuse(
    fra,
    new Map([
      [a, 'nexthop is unreachable'],
      [b, undefined],
    ]),
  )
  expect(await store.observations.refused(fra)).toEqual(new Map([[a, 'nexthop is unreachable']]))
  expect(await marks(store)).toEqual([`fra1 ${a}`])
  await store.observations.refuse(fra, new Map([[a, undefined]]))
  expect(await store.observations.refused(fra)).toEqual(new Map())
})
