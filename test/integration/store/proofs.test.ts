import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SpeakerId } from '../../../src/intent/model.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { adding, lead, openTestStore } from '../../support/store.ts'

let redis: TestRedis
let store: OpenStore

beforeAll(async () => {
  redis = await startRedis()
  store = await openTestStore(redis.url)
})
afterAll(async () => {
  await store.close()
  await redis.stop()
})

test('a proof is a time line from accepted to done, and tells each change of its state once', async () => {
  await store.revisions.initialise()
  const fence = await lead(store)
  const { atMs } = await store.revisions.commit(adding(0, [{ kind: 'Area', name: 'eu', spec: {} }]))
  expect(await store.proofs.get(1)).toEqual({
    revision: 1,
    acceptedAtMs: atMs,
    state: 'pending',
    held: [],
    speakers: new Map(),
  })
  const part = { announce: 2, withdraw: 0, pushedAtMs: 5, ribAtMs: 6, adjOutAtMs: 7, neighbors: 2 }
  await store.proofs.planned(1, 4)
  await store.proofs.speaker(1, 'fra1' as SpeakerId, part)
  await store.proofs.settle(fence, 1, 'held', 8, ['fra: below the floor'])
  await store.proofs.settle(fence, 1, 'held', 9, ['sin: below the floor'])
  expect(await store.proofs.get(1)).toMatchObject({ state: 'held', held: ['sin: below the floor'] })
  await store.proofs.settle(fence, 1, 'done', 10, [])
  await store.proofs.settle(fence, 1, 'pending', 11, [])
  expect(await store.proofs.get(1)).toEqual({
    revision: 1,
    acceptedAtMs: atMs,
    plannedAtMs: 4,
    state: 'done',
    doneAtMs: 10,
    held: [],
    speakers: new Map([['fra1', part]]),
  })
  const stages = (await store.events.latest(10)).flatMap(({ event }) => (event.type === 'proof' ? [event.stage] : []))
  expect(stages).toEqual(['held', 'done'])
  expect(await store.proofs.get(2)).toBeUndefined()
})

test('a write with an idempotency key runs once, and its answer is given again', async () => {
  const { idempotency } = store
  expect(await idempotency.begin('k1', 'body-1')).toBeUndefined()
  expect(await idempotency.begin('k1', 'body-1')).toBe('in-progress')
  expect(await idempotency.begin('k1', 'body-2')).toBe('mismatch')
  await idempotency.finish('k1', 'body-1', { status: 201, body: '{"revision":1}' })
  await idempotency.abandon('k1')
  expect(await idempotency.begin('k1', 'body-1')).toEqual({ status: 201, body: '{"revision":1}' })
  expect(await idempotency.begin('k1', 'body-2')).toBe('mismatch')
  expect(await idempotency.begin('k2', 'body')).toBeUndefined()
  await idempotency.abandon('k2')
  expect(await idempotency.begin('k2', 'body')).toBeUndefined()
})
