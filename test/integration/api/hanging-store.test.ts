/** A Redis that hangs: whoever asked for a change is told whether it was made, or that nobody knows, and how to go on. */
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Problem } from '../../../src/api/wire/problem.ts'
import { eventually } from '../../support/eventually.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, ask, openStage, prefix, withFiveSites } from './stage.ts'

let redis: TestRedis
let stage: Stage
beforeEach(async () => {
  redis = await startRedis()
  stage = await openStage(redis.url)
  await withFiveSites(stage)
})
afterEach(async () => {
  redis.resume()
  await stage.close()
  await redis.stop()
})

const publish = (headers: Readonly<Record<string, string>> = {}) =>
  ask<Problem>(stage, 'POST', '/v1/prefixes/publish', { body: { prefix, at: ['all'], reason: 'launch' }, headers })

test('frozen before the change was given to it: nothing was changed', async () => {
  redis.pause()
  const answers = await Promise.all([
    publish(),
    publish({ 'idempotency-key': 'ticket-1' }),
    ask<Problem>(stage, 'POST', '/v1/revisions/1/undo', { body: { reason: 'back' } }),
  ])
  for (const { status, body } of answers) {
    expect(status).toBe(503)
    expect(body.detail).toMatch(/does not answer.*; nothing was changed$/)
  }
  redis.resume()
  await eventually(5000, async () => expect((await stage.store.revisions.head())?.revision).toBe(1))
})

test('frozen while it had the change: unknown, and a retry with the revision named is safe', async () => {
  const other = new Redis(redis.url)
  await other.client('PAUSE', 2500, 'WRITE')
  const { status, body } = await publish()
  expect(status).toBe(503)
  expect(body).toMatchObject({ code: 'outcome-unknown', revision: 1 })
  expect(body.detail).toMatch(/whether revision 2 is committed is unknown.*herald history.*--if-revision 1/)
  await eventually(5000, async () => expect((await stage.store.revisions.head())?.revision).toBe(2))
  const retry = await publish({ 'if-match': '"1"' })
  expect(retry).toMatchObject({ status: 412, body: { code: 'stale-revision' } })
  other.disconnect()
})
