/** A leader whose clock is behind that of the one before. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Planner } from '../../../src/jobs/planner.ts'
import { openDoorbell } from '../../../src/jobs/doorbell.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { openHighWater } from '../../../src/store/high-water.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { goodManifests } from '../../support/documents.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { adding, freshTag, openTestStore } from '../../support/store.ts'

let redis: TestRedis
let tag: string
let store: OpenStore
let folder: string

beforeEach(async () => {
  redis = await startRedis()
  tag = freshTag()
  store = await openTestStore(redis.url, tag)
  folder = await mkdtemp(join(tmpdir(), 'herald-clock-'))
})
afterEach(async () => {
  await store.close()
  await redis.stop()
  await rm(folder, { recursive: true })
})

test('a drain laid by a clock ten minutes ahead is in force for the next leader as well', async () => {
  const drain = {
    kind: 'Drain',
    name: 'fra',
    spec: { target: { at: 'fra' }, startedAtMs: Date.now(), graceSeconds: 0, forced: true },
  }
  await store.revisions.initialise()
  await store.revisions.commit(adding(0, [...goodManifests().documents, drain as never]))
  const logger = pino({ level: 'silent' })
  const doorbell = openDoorbell({ connection: () => store.bullConnection(), prefix: store.bullPrefix }, logger)
  const lease = await store.leases.acquire('planner', 60_000)
  const plans: Plan[] = []
  const planner = new Planner(
    {
      store,
      doorbell,
      highWater: await openHighWater(join(folder, 'high-water.json')),
      logger,
      clock: () => Date.now() - 600_000,
      observePlan: (_, plan) => void plans.push(plan),
    },
    lease!,
  )
  await planner.look()
  const wanted = new Set(plans.flatMap(({ held }) => held.map(({ pop }) => pop)))
  await planner.close()
  await doorbell.close()
  expect(wanted.size).toBeGreaterThan(0)
  expect([...wanted]).not.toContain('fra')
})
