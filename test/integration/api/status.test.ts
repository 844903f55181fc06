/** The status of the fleet: it names every speaker that is not as it should be, with the reason. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isoTime } from '../../../src/api/alarm-view.ts'
import type { StatusView } from '../../../src/api/wire/status.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { acknowledge, raise } from '../../../src/health/alarm.ts'
import type { Refusal } from '../../../src/health/failover-input.ts'
import type { PopId, SpeakerId } from '../../../src/intent/model.ts'
import { noteForeignPaths } from '../../../src/plan/trouble.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, accept, ask, openStage, prefix, speakersAreUp, withFiveSites } from './stage.ts'

let redis: TestRedis
let stage: Stage
beforeAll(async () => {
  redis = await startRedis()
  stage = await openStage(redis.url)
  await withFiveSites(stage)
})
afterAll(async () => {
  await stage.close()
  await redis.stop()
})

const status = async () => (await ask<StatusView>(stage, 'GET', '/v1/status')).body
const id = (name: string) => name as SpeakerId

test('speakers that were never read are named', async () => {
  const { unwell, speakers } = await status()
  expect(unwell.map(({ speaker }) => speaker)).toEqual(['s1', 's2', 's3', 's4', 's5'])
  expect(unwell[0]).toEqual({ speaker: 's1', pop: 'pop-s1', reach: 'unknown', problem: 'never read yet' })
  expect(speakers).toMatchObject({ up: 0, unknown: 5 })
})

test('a fleet that is well has nobody to name', async () => {
  await speakersAreUp(stage)
  expect((await status()).unwell).toEqual([])
})

test('one that is lost, one that is not right, and one that refuses a path are named with the reason', async () => {
  const { speakers, observations } = stage.store
  await speakers.report(id('s1'), { reach: 'unknown', sinceMs: stage.nowMs, problem: 's1 does not answer' })
  await speakers.trouble(id('s2'), noteForeignPaths(['192.168.7.0/24' as Prefix]))
  await observations.refuse(id('s3'), new Map([[prefix as Prefix, 'nexthop is not valid']]))
  expect((await status()).unwell).toEqual([
    { speaker: 's1', pop: 'pop-s1', reach: 'unknown', problem: 's1 does not answer' },
    {
      speaker: 's2',
      pop: 'pop-s2',
      reach: 'up',
      problem: expect.stringMatching(/^another program announces 192\.168\.7\.0\/24 there.*apply a Pool/),
    },
    { speaker: 's3', pop: 'pop-s3', reach: 'up', problem: `refuses ${prefix}: "nexthop is not valid"` },
  ])
})

test('what a person laid over the intent is told with its end, who laid it and why, as long as it lasts', async () => {
  await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['all'] })
  const post = (path: string, body: object) => accept(stage, 'POST', path, body)
  const laid = [
    await post('/v1/overrides', { prefix, attributes: { med: 5 }, at: ['pop-s4'], forSeconds: 60 }),
    await post('/v1/drains', { at: 'pop-s5', graceSeconds: 0 }),
    await post('/v1/freeze', { forSeconds: 30 }),
  ]
  expect(laid.map(({ findings }) => findings.map(({ code }) => code))).toEqual([[], ['no-end'], []])
  const drainName = laid[1]?.id
  const at = (seconds: number) => isoTime(stage.nowMs + seconds * 1000)
  const madeBy = (nth: number) => ({ revision: laid[nth]?.revision, author: 'local', reason: 'a test' })
  const { frozen, drains, overrides, preferences } = await status()
  expect({ frozen, drains, overrides, preferences }).toEqual({
    frozen: [{ name: expect.any(String), until: at(30), madeBy: madeBy(2) }],
    drains: [{ name: drainName, about: 'pop-s5', madeBy: madeBy(1) }],
    overrides: [{ name: expect.any(String), about: prefix, until: at(60), madeBy: madeBy(0) }],
    preferences: [],
  })
  stage.nowMs += 30_000
  expect(await status()).toMatchObject({ frozen: [], overrides: [{}] })
  stage.nowMs += 30_000
  expect(await status()).toMatchObject({ frozen: [], overrides: [], drains: [{ name: drainName }] })
})

test('what fires and what automation does are told first of all, also where every speaker is well', async () => {
  expect(await status()).toMatchObject({
    alarms: { firing: [], acknowledged: [] },
    automation: { state: 'watching' },
  })
  const { health, leases } = stage.store
  const about = (pop: string) => ({
    kind: 'dns',
    subject: `service/${pop}/dns`,
    severity: 'critical' as const,
    message: 'dns is dead',
    labels: { pop },
  })
  const known = raise(undefined, about('pop-s2'), stage.nowMs)
  await health.replaceAlarm({ before: undefined, after: raise(undefined, about('pop-s1'), stage.nowMs) })
  await health.replaceAlarm({ before: undefined, after: acknowledge(known, 'alice', stage.nowMs) })
  const lease = (await leases.acquire('planner', 60_000))!
  const refusal: Refusal = {
    guard: 'floor',
    wanted: 'out',
    prefix: prefix as Prefix,
    place: { kind: 'pop', pop: 'pop-s1' as PopId },
    subject: 'service/pop-s1/dns',
    message: 'below its floor',
  }
  await health.tellRefusals(lease.fence, [refusal])
  expect(await status()).toMatchObject({
    alarms: { firing: ['dns/service/pop-s1/dns'], acknowledged: ['dns/service/pop-s2/dns'] },
    automation: { state: 'acting', summary: '0 measures stand, 1 refused or waited for' },
  })
  await lease.release()
})
