/** Catchments as the API tells them: what a leader would have written, of prefixes that are announced. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CatchmentView } from '../../../src/api/wire/catchment.ts'
import type { ProofView } from '../../../src/api/wire/revision.ts'
import type { Address } from '../../../src/bgp/address.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { CatchmentLine } from '../../../src/health/catchment.ts'
import type { CatchmentMove } from '../../../src/health/catchment-move.ts'
import type { PopId, SpeakerId } from '../../../src/intent/model.ts'
import type { AgentId } from '../../../src/intent/monitoring.ts'
import type { Lease } from '../../../src/store/store.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, accept, ask, openStage, prefix, withFiveSites } from './stage.ts'

let redis: TestRedis
let stage: Stage
let lease: Lease

beforeAll(async () => {
  redis = await startRedis()
  stage = await openStage(redis.url)
  await withFiveSites(stage)
  lease = (await stage.store.leases.acquire('planner', 60_000))!
})
afterAll(async () => {
  await lease.release()
  await stage.close()
  await redis.stop()
})

const get = <T>(path: string) => ask<T>(stage, 'GET', path)
const line = (agent: string, parts: Partial<CatchmentLine> & { readonly at?: string } = {}): CatchmentLine => {
  const { at = '203.0.113.9', ...rest } = parts
  return { agent: agent as AgentId, target: at as Address, state: 'named', sinceMs: stage.nowMs - 5000, ...rest }
}

test('where no vantage point looks, a proof claims nothing, in words', async () => {
  const { revision } = await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['all'] })
  await stage.store.proofs.speaker(revision, 's1' as SpeakerId, { announce: 1, withdraw: 0 })
  const { body } = await get<ProofView>(`/v1/revisions/${revision}/proof`)
  expect(body.catchment).toEqual({ state: 'untold', prefixes: [], vantages: [] })
})

test('who is answered by whom, with the share of each POP among those that are told', async () => {
  const documents = ['v1', 'v2', 'v3', 'v4'].map((name) => ({
    kind: 'Agent',
    name,
    spec: { vantage: true, label: 'AS64497' },
  }))
  await accept(stage, 'POST', '/v1/apply', { documents })
  const pop = (name: string) => ({ pop: `pop-${name}` as PopId })
  const lines = [
    line('v1', pop('s1')),
    line('v2', pop('s2')),
    line('v3', pop('s1')),
    line('v4', { state: 'silent', ...pop('s3') }),
    line('v1', { at: '192.0.2.1', ...pop('s1') }), // of no prefix that is announced
  ]
  await stage.store.sight.tellCatchment(lease.fence, { atMs: stage.nowMs, lines })
  const { prefixes, asOf } = (await get<CatchmentView>('/v1/catchment')).body
  expect(asOf).toBe(new Date(stage.nowMs).toISOString())
  expect(prefixes).toHaveLength(1)
  expect(prefixes[0]?.shares).toEqual([
    { pop: 'pop-s1', share: 2 / 3, vantages: 2 },
    { pop: 'pop-s2', share: 1 / 3, vantages: 1 },
  ])
  expect(prefixes[0]?.vantages[3]).toMatchObject({ vantage: 'v4', state: 'silent', pop: 'pop-s3', label: 'AS64497' })
  expect((await get<CatchmentView>(`/v1/catchment?prefix=${encodeURIComponent(prefix)}`)).body.prefixes).toEqual(
    prefixes,
  )
  expect((await get(`/v1/catchment?prefix=${encodeURIComponent('198.51.100.0/24')}`)).status).toBe(404)
  expect((await get('/v1/catchment?vantage=v1')).status).toBe(400)
})

test('a proof tells who moved, in milliseconds after it was accepted, and goes on after it is done', async () => {
  const { revision } = await accept(stage, 'POST', '/v1/prefixes/publish', {
    prefix,
    at: ['pop-s2', 'pop-s3'],
    only: true,
    force: true,
  })
  const { proofs, events } = stage.store
  await proofs.settle(lease.fence, revision, 'done', stage.nowMs, [])
  const acceptedAtMs = (await proofs.get(revision))?.acceptedAtMs ?? 0
  const move: CatchmentMove = {
    acceptedAtMs,
    prefixes: [
      {
        prefix: prefix as Prefix,
        left: ['pop-s1' as PopId],
        joined: [],
        state: 'moved',
        movedAtMs: acceptedAtMs + 812,
      },
    ],
    vantages: [
      {
        prefix: prefix as Prefix,
        agent: 'v1' as AgentId,
        target: '203.0.113.9' as Address,
        before: 'pop-s1' as PopId,
        after: 'pop-s2' as PopId,
        lastOldAtMs: acceptedAtMs - 30,
        firstNewAtMs: acceptedAtMs + 812,
      },
    ],
  }
  await proofs.witness(lease.fence, revision, 'catchment', move, 'tell')
  const { body } = await get<ProofView>(`/v1/revisions/${revision}/proof`)
  expect(body).toMatchObject({ state: 'done', catchment: { state: 'moved', movedMs: 812 } })
  expect(body.catchment?.vantages).toEqual([
    expect.objectContaining({ vantage: 'v1', before: 'pop-s1', after: 'pop-s2', lastOldMs: -30, firstNewMs: 812 }),
  ])
  expect((await events.latest(1))[0]?.event).toEqual({ type: 'proof', revision, stage: 'seen' })
  const stranger = { lease: 'planner', token: 'not-it' }
  await expect(proofs.witness(stranger, revision, 'catchment', move, 'keep')).rejects.toMatchObject({
    code: 'lease-lost',
  })
})
