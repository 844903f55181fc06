/** Agents that fall silent, or were never started, are told of: what nobody probes would not fail over. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AgentStanding } from '../../../src/jobs/health/observer.ts'
import { AgentRoll } from '../../../src/jobs/health/agent-roll.ts'
import type { AgentId } from '../../../src/intent/monitoring.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { agent, check, intent, pop } from '../../support/builders.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { freshTag, openTestStore } from '../../support/store.ts'

let redis: TestRedis
let store: OpenStore
beforeAll(async () => {
  redis = await startRedis()
  store = await openTestStore(redis.url, freshTag())
})
afterAll(async () => {
  await store.close()
  await redis.stop()
})

const start = 1_790_000_000_000
const documents = intent({
  pops: ['fra', 'ams'].map((name) => pop(name)),
  agents: [agent('probe-fra', 'fra'), agent('probe-ams', 'ams')],
  checks: [check('dns', { intervalMs: 1000 })],
})

test('an agent that falls silent is an alarm after a while, and none any more when it is heard again', async () => {
  const told: Readonly<Record<AgentStanding, number>>[] = []
  const roll = new AgentRoll(store, { observeAgents: (agents) => void told.push(agents) })
  let batch = 0
  const hear = (id: string, atMs: number) =>
    store.samples.take(id as AgentId, { run: 'a', batch: ++batch, samples: [], dropped: 0 }, start + atMs)
  const silent = (atMs: number) => roll.conditions(start + atMs).map(({ kind, subject }) => `${kind} ${subject}`)
  await hear('probe-fra', 0)
  await hear('probe-ams', 0)
  await roll.call(documents, start + 5000)
  expect(silent(5000)).toEqual([])
  await hear('probe-ams', 20_000)
  await roll.call(documents, start + 20_000)
  expect(told.at(-1)).toEqual({ heard: 1, silent: 1 })
  expect(silent(20_000)).toEqual([]) // it may be on its way
  await hear('probe-ams', 25_000)
  expect(await roll.call(documents, start + 25_000)).toBe(true)
  expect(silent(25_000)).toEqual(['agent-silent probe-fra'])
  await hear('probe-fra', 30_000)
  expect(await roll.call(documents, start + 30_000)).toBe(true)
  expect(silent(30_000)).toEqual([])
})

test('an agent that was never heard of has the time in which one starts it', async () => {
  const roll = new AgentRoll(store, { observeAgents: () => undefined })
  const later = start + 3_600_000
  const unstarted = intent({ pops: ['fra'], agents: [agent('probe-new', 'fra')], checks: [check('dns')] })
  const silent = (atMs: number) => roll.conditions(later + atMs).map(({ subject }) => subject)
  await roll.call(unstarted, later)
  await roll.call(unstarted, later + 29_000)
  expect(silent(29_000)).toEqual([])
  expect(await roll.call(unstarted, later + 34_000)).toBe(true)
  expect(silent(34_000)).toEqual(['probe-new'])
})
