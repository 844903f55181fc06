import { expect, test } from 'vitest'
import { OperationError } from '../../../src/bgp/operation-error.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import { freePort, startRedis } from '../../support/redis.ts'
import { adding, eventually, openTestStore, succeeds } from '../../support/store.ts'

const pop = { kind: 'Pop', name: 'fra', spec: {} } as const

async function failure(work: Promise<unknown>): Promise<{ readonly error: OperationError; readonly afterMs: number }> {
  const asked = performance.now()
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof OperationError)) throw new Error(`expected an OperationError, got ${String(error)}`)
  return { error, afterMs: performance.now() - asked }
}

test('a Redis that may evict is refused with the command that fixes it', async () => {
  const redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
  try {
    const { error } = await failure(openTestStore(redis.url))
    expect(error.code).toBe('store-misconfigured')
    expect(error.message).toContain('CONFIG SET maxmemory-policy noeviction')
  } finally {
    await redis.stop()
  }
})

test('a Redis without an AOF opens with a finding that says how to turn it on', async () => {
  const redis = await startRedis({ args: ['--appendonly', 'no'] })
  try {
    const store = await openTestStore(redis.url)
    expect(store.findings).toEqual([expect.stringContaining('CONFIG SET appendonly yes')])
    await store.revisions.initialise()
    expect(await store.revisions.commit(adding(0, [pop]))).toMatchObject({ revision: 1 })
    await store.close()
  } finally {
    await redis.stop()
  }
})

test('a wrong password is said, without the password', async () => {
  const redis = await startRedis({ args: ['--requirepass', 'right-secret'] })
  try {
    const { error } = await failure(openTestStore(redis.url.replace('redis://', 'redis://:wrong-secret@')))
    expect(error.code).toBe('store-misconfigured')
    expect(error.message).not.toContain('secret')
    const store = await openTestStore(redis.url.replace('redis://', 'redis://:right-secret@'))
    await store.ping()
    await store.close()
  } finally {
    await redis.stop()
  }
})

test('a Redis that is not there fails within 2 s as unavailable', async () => {
  const { error, afterMs } = await failure(openTestStore(`redis://127.0.0.1:${await freePort()}`))
  expect(error).toMatchObject({ code: 'store-unavailable', retryable: true })
  expect(error.message).toContain('ECONNREFUSED')
  expect(afterMs).toBeLessThan(2000)
})

test('while Redis is down a commit fails within 2 s and is not applied later; then the same store works again', async () => {
  const redis = await startRedis()
  const store = await openTestStore(redis.url)
  try {
    await store.revisions.initialise()
    await redis.kill()
    const calls = [
      store.revisions.commit(adding(0, [pop])),
      store.revisions.head(),
      store.observations.takeDirty({ lease: 'planner', token: 'none' }, 5),
      store.leases.acquire('planner', 1000),
      store.ping(),
    ]
    for (const { error, afterMs } of await Promise.all(calls.map(failure))) {
      expect(error.code).toBe('store-unavailable')
      expect(afterMs).toBeLessThan(2000)
    }
    await redis.restart()
    await eventually(() => succeeds(store.ping()), 2000)
    expect(await store.revisions.head()).toMatchObject({ revision: 0 })
    expect(await store.revisions.commit(adding(0, [pop]))).toMatchObject({ revision: 1 })
  } finally {
    await store.close()
    await redis.stop()
  }
})

test('a short outage is waited out: the call made meanwhile succeeds', async () => {
  const redis = await startRedis()
  const store = await openTestStore(redis.url)
  try {
    await store.revisions.initialise()
    await redis.kill()
    await eventually(() =>
      store.ping().then(
        () => false,
        () => true,
      ),
    )
    const commit = store.revisions.commit(adding(0, [pop]))
    await redis.restart()
    expect(await commit).toMatchObject({ revision: 1 })
  } finally {
    await store.close()
    await redis.stop()
  }
})

test('a Redis that hangs fails a commit within 2 s, says that its outcome is open, and the history tells it', async () => {
  const redis = await startRedis()
  const store = await openTestStore(redis.url)
  try {
    await store.revisions.initialise()
    redis.pause()
    const { error, afterMs } = await failure(store.revisions.commit(adding(0, [pop])))
    redis.resume()
    expect(error.code).toBe('store-unavailable')
    expect(error.message).toContain('as a whole or not at all')
    expect(afterMs).toBeLessThan(2000)
    const { revision, documents } = await store.revisions.documents()
    expect(documents.size).toBe(revision)
  } finally {
    redis.resume()
    await store.close()
    await redis.stop()
  }
})

test('a Redis out of memory refuses changes as full, whole, and goes on reading', async () => {
  const redis = await startRedis({ args: ['--maxmemory', '3mb'] })
  const store = await openTestStore(redis.url)
  try {
    await store.revisions.initialise()
    let revision = 0
    const { error } = await failure(
      (async () => {
        for (; ; revision++)
          await store.revisions.commit(
            adding(revision, [{ kind: 'Pop', name: `p${revision}`, spec: 'x'.repeat(50_000) }]),
          )
      })(),
    )
    expect(error.code).toBe('store-full')
    expect(error.message).toContain('CONFIG SET maxmemory')
    // In a transaction Redis says it in another way.
    const reports = await failure(
      (async () => {
        for (let i = 0; ; i++) {
          const problem = 'x'.repeat(100_000)
          await store.speakers.report(`s${i}` as SpeakerId, { reach: 'unknown', sinceMs: 1, problem })
        }
      })(),
    )
    expect(reports.error.code).toBe('store-full')
    expect((await store.revisions.documents()).documents.size).toBe(revision)
  } finally {
    await store.close()
    await redis.stop()
  }
})
