import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sample } from '../../../src/health/sample.ts'
import type { SubjectKey } from '../../../src/health/subject.ts'
import type { AgentId } from '../../../src/intent/monitoring.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const agent = 'fra-probe' as AgentId
const sample = (sequence: number): Sample => ({
  task: 'dns/service/fra/dns',
  subject: 'service/fra/dns' as SubjectKey,
  agent,
  sequence,
  atMs: 1000 + sequence,
  outcome: 'ok',
})

test('a batch that an agent sends twice counts once, and a new leader hears the last seconds again', async () => {
  const { samples, ...store } = await openTestStore(redis.url)
  const batch = { run: 'r1', batch: 1, samples: [sample(1)], dropped: 0 }
  const nowMs = Date.now()
  expect(await samples.take(agent, batch, nowMs)).toBe(true)
  expect(await samples.take(agent, batch, nowMs + 1)).toBe(false)
  expect(await samples.take(agent, { ...batch, batch: 2, samples: [sample(2)], dropped: 7 }, nowMs + 2)).toBe(true)
  // The agent was started again: its numbers begin anew.
  expect(await samples.take(agent, { ...batch, run: 'r2' }, nowMs + 3)).toBe(true)
  const heard: number[] = []
  const stop = new AbortController()
  for await (const { samples: of } of samples.follow(stop.signal)) {
    heard.push(...of.map(({ sequence }) => sequence))
    if (heard.length === 3) stop.abort()
  }
  expect(heard).toEqual([1, 2, 1])
  expect(await samples.agents()).toEqual(new Map([[agent, { seenAtMs: nowMs + 3, dropped: 0 }]]))
  await store.close()
})
