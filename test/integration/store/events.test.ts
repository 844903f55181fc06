import { afterEach, beforeEach, expect, test } from 'vitest'
import type { OpenStore } from '../../../src/store/open.ts'
import type { HeraldEvent, StoredEvent } from '../../../src/store/store.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { adding, eventually, openTestStore, succeeds } from '../../support/store.ts'

let redis: TestRedis
let store: OpenStore

beforeEach(async () => {
  redis = await startRedis()
  store = await openTestStore(redis.url)
})
afterEach(async () => {
  await store.close()
  await redis.stop()
})

const planned = (revision: number): HeraldEvent => ({ type: 'plan', actions: 1, held: 0, revision })

function collect(after: string): { readonly seen: StoredEvent[]; stop(): Promise<number> } {
  const stop = new AbortController()
  const seen: StoredEvent[] = []
  const ended = (async () => {
    for await (const event of store.events.follow(after, stop.signal)) seen.push(event)
  })()
  return {
    seen,
    async stop() {
      const asked = performance.now()
      stop.abort()
      await ended
      return performance.now() - asked
    },
  }
}

test('a follower resumes after the id it saw last, and stops at once', async () => {
  await store.revisions.initialise()
  await store.revisions.commit(adding(0, [{ kind: 'Area', name: 'eu', spec: {} }], { author: 'ann', reason: 'why' }))
  const middle = await store.events.append(planned(1))
  await store.events.append(planned(2))
  const all = collect('0')
  await eventually(() => all.seen.length === 3)
  expect(all.seen[0]?.event).toEqual({ type: 'revision', revision: 1, author: 'ann', reason: 'why', command: 'apply' })
  const resumed = collect(middle)
  await eventually(() => resumed.seen.length === 1)
  expect(resumed.seen[0]?.event).toEqual(planned(2))
  expect(await store.events.latest(2)).toEqual(all.seen.slice(1))
  expect(await all.stop()).toBeLessThan(200)
  await resumed.stop()
})

test('a follower from now on sees only what comes, and misses nothing over a restart of Redis', async () => {
  await store.events.append(planned(1))
  const live = collect('$')
  let sent = 1
  await eventually(async () => {
    await store.events.append(planned(++sent))
    return live.seen.length > 0
  })
  await redis.kill()
  await redis.restart()
  await eventually(() => succeeds(store.ping()))
  for (let i = 0; i < 10; i++) await store.events.append(planned(++sent))
  await eventually(() => live.seen.at(-1)?.event.type === 'plan' && revisionOf(live.seen.at(-1)) === sent)
  const revisions = live.seen.map(revisionOf)
  const first = revisions[0] ?? 0
  expect(first).toBeGreaterThan(1)
  expect(revisions).toEqual(Array.from({ length: sent - first + 1 }, (_, i) => first + i))
  expect(await live.stop()).toBeLessThan(200)
})

function revisionOf(stored: StoredEvent | undefined): number {
  return stored?.event.type === 'plan' ? stored.event.revision : NaN
}
