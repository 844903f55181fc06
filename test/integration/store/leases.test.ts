import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { OpenStore } from '../../../src/store/open.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { eventually, freshTag, openTestStore } from '../../support/store.ts'

let redis: TestRedis
let tag: string
let first: OpenStore
let second: OpenStore

beforeEach(async () => {
  redis = await startRedis()
  tag = freshTag()
  first = await openTestStore(redis.url, tag)
  second = await openTestStore(redis.url, tag)
})
afterEach(async () => {
  await Promise.allSettled([first.close(), second.close()])
  await redis.stop()
})

test('a lease has one holder, is renewed while held, and passes on at once when released', async () => {
  const lease = await first.leases.acquire('planner', 300)
  expect(lease?.held()).toBe(true)
  expect(await second.leases.acquire('planner', 300)).toBeUndefined()
  const until = performance.now() + 900
  await eventually(() => performance.now() > until)
  expect(lease?.held()).toBe(true)
  expect(await second.leases.acquire('planner', 300)).toBeUndefined()
  await lease?.release()
  expect(lease?.held()).toBe(false)
  expect(lease?.signal.aborted).toBe(true)
  const next = await second.leases.acquire('planner', 300)
  expect(next?.held()).toBe(true)
  await lease?.release()
  expect(next?.held()).toBe(true)
  expect(await first.leases.acquire('planner', 300)).toBeUndefined()
})

test('a closing process gives up its leases', async () => {
  await first.leases.acquire('planner', 60_000)
  await first.close()
  expect(await second.leases.acquire('planner', 1000)).toBeDefined()
})

test('a lease of a killed process is taken over when its time is over, not before', async () => {
  const program = fileURLToPath(new URL('../../support/lease-holder.ts', import.meta.url))
  const holder = fork(program, [redis.url, tag, 'planner', '800'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await once(holder, 'message')
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(await first.leases.acquire('planner', 800)).toBeUndefined()
  const asked = performance.now()
  await eventually(async () => (await first.leases.acquire('planner', 800)) !== undefined, 2000)
  expect(performance.now() - asked).toBeLessThan(1200)
})

test('a paused holder knows by its own clock that it lost the lease, before it has asked Redis', async () => {
  const lease = await first.leases.acquire('planner', 200)
  // The process is frozen: neither timers nor the network get a turn.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
  expect(lease?.held()).toBe(false)
  expect(lease?.signal.aborted).toBe(true)
})

test('a holder that cannot reach Redis is sure for less than the TTL, and is told when it is over', async () => {
  const lease = await first.leases.acquire('planner', 600)
  const started = performance.now()
  redis.pause()
  try {
    if (lease === undefined) throw new Error('no lease')
    if (!lease.signal.aborted) await once(lease.signal, 'abort')
    expect(performance.now() - started).toBeLessThan(800)
    expect(lease.held()).toBe(false)
  } finally {
    redis.resume()
  }
})

test('a holder survives an outage of Redis that is shorter than its lease', async () => {
  const lease = await first.leases.acquire('planner', 3000)
  await redis.kill()
  await redis.restart()
  const until = performance.now() + 3200
  await eventually(() => performance.now() > until)
  expect(lease?.held()).toBe(true)
  expect(await second.leases.acquire('planner', 3000)).toBeUndefined()
})

test('a holder whose key another one has is told at its next renewal, and neither prolongs nor releases it', async () => {
  const [renewing, releasing] = [await first.leases.acquire('a', 300), await first.leases.acquire('b', 60_000)]
  const connection = first.bullConnection() as Redis
  await connection.set(`{${tag}}:lease:a`, 'another', 'PX', 60_000)
  await connection.set(`{${tag}}:lease:b`, 'another', 'PX', 60_000)
  await eventually(() => renewing?.signal.aborted === true, 1000)
  await releasing?.release()
  expect(await connection.get(`{${tag}}:lease:b`)).toBe('another')
  expect(await connection.pttl(`{${tag}}:lease:a`)).toBeGreaterThan(10_000)
  connection.disconnect()
})
