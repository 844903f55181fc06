import { type ConnectionOptions, Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { must } from '../../../src/bgp/parsed.ts'
import type { AttributesKey } from '../../../src/bgp/path.ts'
import { type Prefix, parsePrefix } from '../../../src/bgp/prefix.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import type { StoredEvent } from '../../../src/store/store.ts'
import { startRedis } from '../../support/redis.ts'
import { type Topology, startCluster, startSentinel } from '../../support/redis-topologies.ts'
import { adding, eventually, freshTag, openTestStore, succeeds } from '../../support/store.ts'

const fra = 'fra1' as SpeakerId
const sin = 'sin1' as SpeakerId
const a = must(parsePrefix('203.0.113.0/24'))
const attributes = '["igp",[],"0.0.0.0",null,1000,[],["65001:0:7"]]' as AttributesKey
const route = { attributes, identifier: 0, owner: 'ours' } as const
const target = { kind: 'announce', attributes, revision: 1 } as const

/** One call of every kind: single keys, several keys in Lua, pipelines, transactions, blocking reads, BullMQ. */
async function useEverything(store: OpenStore): Promise<void> {
  const { epoch } = await store.revisions.initialise()
  const stop = new AbortController()
  const seen: StoredEvent[] = []
  const following = (async () => {
    for await (const event of store.events.follow('0', stop.signal)) seen.push(event)
  })()
  await store.revisions.commit(adding(0, [{ kind: 'Pop', name: 'fra', spec: {} }]))
  const thousand = Array.from({ length: 1000 }, (_, i) => ({ kind: 'Pop' as const, name: `p${i}`, spec: {} }))
  await store.revisions.commit(adding(1, thousand))
  await expect(store.revisions.commit(adding(1, []))).rejects.toMatchObject({ code: 'stale-revision' })
  expect(await store.revisions.head()).toEqual({ epoch, revision: 2 })
  expect((await store.revisions.documents(1)).documents.size).toBe(1)
  expect(await store.revisions.list({ limit: 5 })).toHaveLength(2)

  const planner = await store.leases.acquire('planner', 5000)
  if (planner === undefined) throw new Error('no lease')
  expect(await store.leases.acquire('planner', 5000)).toBeUndefined()
  const decision = { set: new Map([[a, target]]), forget: [] }
  await store.targets.decide(
    planner.fence,
    new Map([
      [fra, decision],
      [sin, decision],
    ]),
  )
  await store.speakers.configure(planner.fence, [{ speaker: fra }, { speaker: sin }] as never)
  await store.speakers.report(fra, { reach: 'up', sinceMs: 1 })
  expect((await store.targets.pending(fra)).targets).toEqual([{ prefix: a, target, generation: 1 }])
  expect((await store.speakers.states()).get(fra)).toMatchObject({ decided: 2, status: { reach: 'up' } })
  await store.observations.recordAll(fra, new Map<Prefix, typeof route>([[a, route]]))
  expect(await store.observations.takeDirty(planner.fence, 10)).toEqual([{ speaker: fra, prefix: a }])
  await store.proofs.planned(2, 5)
  await store.proofs.settle(planner.fence, 2, 'done', 6, [])
  expect(await store.proofs.get(2)).toMatchObject({ state: 'done', plannedAtMs: 5 })
  expect(await store.idempotency.begin('key', 'print')).toBeUndefined()
  await eventually(() => seen.length === 3)
  stop.abort()
  await following
  await planner.release()
  await ringDoorbell(store)
}

async function ringDoorbell(store: OpenStore): Promise<void> {
  // BullMQ types its connections by its own copy of ioredis' types.
  const connection = () => store.bullConnection() as ConnectionOptions
  const options = { prefix: store.bullPrefix }
  const rung = Promise.withResolvers<string>()
  const queue = new Queue('bell', { ...options, connection: connection() })
  const worker = new Worker('bell', async (job) => rung.resolve(job.name), { ...options, connection: connection() })
  queue.on('error', () => undefined)
  worker.on('error', () => undefined)
  await queue.add('ring', {})
  expect(await rung.promise).toBe('ring')
  await worker.close(true)
  await queue.close()
}

async function using(topology: Topology, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    await topology.stop()
  }
}

test('the whole store works on a unix socket', async () => {
  const redis = await startRedis({ socket: true })
  const store = await openTestStore(redis.url)
  try {
    await useEverything(store)
  } finally {
    await store.close()
    await redis.stop()
  }
})

test('the whole store works on a Redis Cluster of three nodes', async () => {
  const cluster = await startCluster()
  await using(cluster, async () => {
    // Tags of their own lie in slots of different nodes.
    for (const tag of ['herald', 'a', 'b', 'c']) {
      const store = await openTestStore(cluster.url, tag)
      await useEverything(store)
      await store.close()
    }
  })
}, 40_000)

test('a Cluster whose node is killed fails fast, and works again on the same store when the node is back', async () => {
  const cluster = await startCluster()
  await using(cluster, async () => {
    const store = await openTestStore(cluster.url)
    await store.revisions.initialise()
    await store.revisions.commit(adding(0, []))
    for (const node of cluster.nodes) await node.kill()
    const asked = performance.now()
    await expect(store.revisions.commit(adding(1, []))).rejects.toMatchObject({ code: 'store-unavailable' })
    expect(performance.now() - asked).toBeLessThan(2500)
    for (const node of cluster.nodes) await node.restart()
    await eventually(() => succeeds(store.revisions.commit(adding(1, []))), 15_000)
    expect((await store.revisions.head())?.revision).toBe(2)
    await store.close()
  })
}, 40_000)

test('the whole store works behind Sentinel', async () => {
  const sentinel = await startSentinel({ replicas: 0 })
  await using(sentinel, async () => {
    const store = await openTestStore(sentinel.url)
    await useEverything(store)
    await store.close()
  })
}, 40_000)

test('after a Sentinel failover the same store goes on at the new master, with the replicated revisions', async () => {
  const sentinel = await startSentinel({ replicas: 1 })
  await using(sentinel, async () => {
    const tag = freshTag()
    const store = await openTestStore(sentinel.url, tag)
    await store.revisions.initialise()
    await store.revisions.commit(adding(0, [{ kind: 'Pop', name: 'fra', spec: {} }]))
    const [, replica] = sentinel.nodes
    if (replica === undefined) throw new Error('no replica')
    await expect(openTestStore(replica.url)).rejects.toMatchObject({
      code: 'store-misconfigured',
      message: expect.stringContaining('read-only replica'),
    })
    const client = new Redis(replica.url)
    await eventually(async () => (await client.hget(`{${tag}}:head`, 'revision')) === '1')
    client.disconnect()
    await sentinel.nodes[0]?.kill()
    await eventually(() => succeeds(store.revisions.commit(adding(1, []))), 20_000)
    expect((await store.revisions.documents()).documents.has('Pop/fra')).toBe(true)
    await store.close()
  })
}, 40_000)
