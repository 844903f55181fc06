import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { OperationError } from '../../../src/bgp/operation-error.ts'
import type { Revision } from '../../../src/store/store.ts'
import { startRedis } from '../../support/redis.ts'
import { adding, eventually, openTestStore, succeeds } from '../../support/store.ts'

const documentsPerRevision = 50

test.each(['always', 'everysec'])(
  'after kill -9 of Redis (appendfsync %s) in the middle of commits every acknowledged revision is there and none is half there',
  async (appendfsync) => {
    const seed = Number(process.env['HERALD_TEST_SEED'] ?? randomInt(2 ** 31))
    const random = mulberry32(seed)
    const redis = await startRedis({ args: ['--appendfsync', appendfsync] })
    const store = await openTestStore(redis.url)
    try {
      await store.revisions.initialise()
      const acknowledged = new Map<number, Revision>()
      for (let crash = 0; crash < 5; crash++) {
        const stop = new AbortController()
        const writers = Array.from({ length: 4 }, (_, writer) => commitUntil(stop.signal, `${crash}-${writer}`))
        await new Promise((resolve) => setTimeout(resolve, 20 + random() * 120))
        await redis.kill()
        stop.abort()
        await redis.restart()
        for (const written of await Promise.all(writers)) for (const one of written) acknowledged.set(one.revision, one)
        await eventually(() => succeeds(store.ping()))
        await expectWhole(acknowledged, seed)
      }
      expect(acknowledged.size).toBeGreaterThan(0)
    } finally {
      await store.close()
      await redis.stop()
    }

    async function commitUntil(signal: AbortSignal, name: string): Promise<Revision[]> {
      const done: Revision[] = []
      while (!signal.aborted) {
        try {
          const { revision } = (await store.revisions.head()) ?? { revision: 0 }
          const documents = Array.from({ length: documentsPerRevision }, (_, i) => ({
            kind: 'Pop' as const,
            name: `${revision + 1}-${i}`,
            spec: { by: name },
          }))
          done.push(await store.revisions.commit(adding(revision, documents)))
        } catch (error) {
          if (!(error instanceof OperationError) || !error.retryable) throw error
        }
      }
      return done
    }

    async function expectWhole(acknowledged: ReadonlyMap<number, Revision>, seed: number): Promise<void> {
      const { revision: head, documents } = await store.revisions.documents()
      expect(head, `seed ${seed}`).toBeGreaterThanOrEqual(Math.max(0, ...acknowledged.keys()))
      expect(documents.size, `seed ${seed}`).toBe(head * documentsPerRevision)
      const history = await store.revisions.since(0)
      expect(history.map(({ revision }) => revision)).toEqual(Array.from({ length: head }, (_, i) => i + 1))
      for (const one of acknowledged.values()) expect(history[one.revision - 1], `seed ${seed}`).toEqual(one)
      for (const { changes } of history)
        for (const { key, after } of changes) expect(documents.get(key), `seed ${seed}`).toEqual(after)
    }
  },
  30_000,
)

/** A small seeded generator, so that a failing run can be had again. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
