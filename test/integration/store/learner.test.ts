/** What the store keeps of the path learner, and the nightly replay of a week beside urgent work. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { replayNight } from '../../../src/jobs/learner/night.ts'
import { type Digest, batchesOf, digestsKept } from '../../../src/learning/digest.ts'
import type { LogEntry } from '../../../src/learning/log.ts'
import { newPlace } from '../../../src/learning/place.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { type Tuning, account, priceOf, replayStart } from '../../../src/learning/tune.ts'
import { batch, subject } from '../../support/learning.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { lead, openTestStore } from '../../support/store.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const key = 'fra/origin-eu'
const entry = (atMs: number, rest: Partial<LogEntry> = {}): LogEntry => ({
  subject,
  event: { kind: 'batch', batch: batch(atMs, { a: 50, b: 60 }) },
  ...rest,
})
const digest = (atMs: number, a = 50): Digest => ({
  atMs,
  bgpChoice: 'a',
  frozen: false,
  arms: ['a', 'b'].map((path) => ({
    candidate: { path, kind: 'transit' },
    sent: 240,
    answered: 240,
    rttMs: path === 'a' ? a : 53,
  })),
})

test('keeps each place with its changes, the log in order, and decisions newest first', async () => {
  const { learner, ...store } = await openTestStore(redis.url)
  const fence = await lead(store as never)
  const place = newPlace(subject)
  const changes = [{ pop: 'fra' as never, atMs: 2, applied: true }]
  const held = { kind: 'held', guard: 'dwell', wanted: 'b', explanation: {} } as never
  await learner.save(fence, { key, place, changes: [], entry: entry(1), digest: digest(1) })
  await learner.save(fence, { key: 'sin/x', place, changes, entry: entry(2, { decision: held }) })
  await learner.save(fence, { key, place, changes, entry: entry(3, { decision: held }) })
  expect(await learner.memory()).toEqual({ places: { [key]: place, 'sin/x': place }, changes })
  const first = await learner.log({ limit: 2 })
  const rest = await learner.log({ limit: 2, after: first[1]!.id })
  const times = [...first, ...rest].map(({ entry: { event } }) => (event.kind === 'batch' ? event.batch.atMs : 0))
  expect(times).toEqual([1, 2, 3])
  expect(await learner.decisions(5)).toEqual([entry(3, { decision: held }), entry(2, { decision: held })])
  expect(await learner.digests(key)).toEqual([digest(1)])
  await learner.forget(fence, [key])
  expect(Object.keys((await learner.memory()).places)).toEqual(['sin/x'])
  expect(await learner.digests(key)).toEqual([])
  await store.close()
})

test('keeps a week of digests and no more', async () => {
  const { learner, ...store } = await openTestStore(redis.url)
  const fence = await lead(store as never)
  for (let i = 0; i < digestsKept + 5; i++)
    await learner.save(fence, { key, place: newPlace(subject), changes: [], entry: entry(i), digest: digest(i) })
  const kept = await learner.digests(key)
  expect(kept).toHaveLength(digestsKept)
  expect(kept[0]?.atMs).toBe(5)
  await store.close()
}, 60_000)

test('keeps what people said until it was heard', async () => {
  const { learner, ...store } = await openTestStore(redis.url)
  const fence = await lead(store as never)
  const word = { key, word: 'reset', atMs: 1, author: 'ops', reason: 'r' } as const
  await learner.say(word)
  await learner.say({ ...word, atMs: 2 })
  expect((await learner.words()).map(({ atMs }) => atMs)).toEqual([1, 2])
  await learner.heard(fence, 1)
  expect((await learner.words()).map(({ atMs }) => atMs)).toEqual([2])
  await store.close()
})

test('lets nobody write who does not lead any more', async () => {
  const { learner, ...store } = await openTestStore(redis.url)
  const stale = { lease: 'planner', token: 'another' }
  const save = { key, place: newPlace(subject), changes: [], entry: entry(1) }
  const refused = expect.objectContaining({ code: 'lease-lost' })
  await expect(learner.save(stale, save)).rejects.toEqual(refused)
  await expect(learner.forget(stale, [key])).rejects.toEqual(refused)
  await expect(learner.heard(stale, 1)).rejects.toEqual(refused)
  expect((await learner.memory()).places).toEqual({})
  await store.close()
})

test('the replay of a week holds the event loop for a fraction of the lease, and finds what would have cost less', async () => {
  const { learner, ...store } = await openTestStore(redis.url)
  const fence = await lead(store as never)
  const place = newPlace(subject)
  const week = Array.from({ length: digestsKept }, (_, i) => digest(i * 240_000, i % 40 < 8 ? 66 : 50))
  for (const one of week) await learner.save(fence, { key, place, changes: [], entry: entry(one.atMs), digest: one })
  const stop = new AbortController()
  let longestMs = 0
  const watching = (async () => {
    for (let last = performance.now(); !stop.signal.aborted;) {
      await sleep(5)
      longestMs = Math.max(longestMs, performance.now() - last)
      last = performance.now()
    }
  })()
  const started = performance.now()
  const challenger = await replayNight(learner, key, place, defaultSettings)
  const tookMs = performance.now() - started
  stop.abort()
  await watching
  console.log(`week replayed in ${Math.round(tookMs)} ms; longest hold ${Math.round(longestMs)} ms`)
  const batches = batchesOf(week)
  const start = { ...replayStart(place.learner), chosen: 'a' }
  const priceUnder = (tuning: Tuning) => priceOf(account(start, batches, tuning))
  expect(priceUnder(challenger!)).toBeLessThan(priceUnder({ settings: defaultSettings, priors: undefined }))
  expect(longestMs).toBeLessThan(1000)
  await store.close()
}, 60_000)
