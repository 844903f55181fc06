/**
 * Staged changes through the API: what is refused and with which way out, what a dry run shows, what people move by hand.
 * Nobody leads here, so nothing moves by itself; test/integration/herald/rollout is the whole of it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ChangeView } from '../../../src/api/wire/change.ts'
import type { Problem } from '../../../src/api/wire/problem.ts'
import type { RolloutListView, RolloutView } from '../../../src/api/wire/rollout.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, accept, ask, fiveSites, openStage, prefix } from './stage.ts'

const publish = '/v1/prefixes/publish'
const reason = 'a test'
const watched = ['s1', 's2', 's3', 's4']
const checked = { checks: ['dns'] }
const other = '10.7.0.0/24'

let redis: TestRedis
let stage: Stage

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** A prefix at two of five sites; the service of all but the fifth is watched. */
beforeEach(async () => {
  stage = await openStage(redis.url)
  const documents = [
    ...fiveSites(),
    ...watched.map((name) => ({ kind: 'Agent', name, spec: { pop: `pop-${name}` } })),
    {
      kind: 'Check',
      name: 'dns',
      spec: {
        subject: 'service',
        target: '203.0.113.53',
        probe: { kind: 'tcp', port: 53 },
        interval: '20s',
        timeout: '5s',
      },
    },
    { kind: 'Prefix', name: prefix, spec: { at: ['pop-s1', 'pop-s2'], failover: checked } },
    { kind: 'Prefix', name: other, spec: { at: ['pop-s1', 'pop-s2'] } },
  ]
  await accept(stage, 'POST', '/v1/apply', { documents })
  return () => stage.close()
})

const wider = { prefix, at: ['pop-s3', 'pop-s4'] }
const begin = (body: object = {}) => accept(stage, 'POST', publish, { ...wider, staged: {}, ...body })
const rollouts = async () => (await ask<RolloutListView>(stage, 'GET', '/v1/rollouts')).body.rollouts
const at = async () => {
  const { body } = await ask<{ document: { spec: { at: string[] } } }>(stage, 'GET', `/v1/documents/Prefix/${prefix}`)
  return body.document.spec.at
}

describe('what cannot go out in stages is refused, and nothing is changed', () => {
  const cases: readonly (readonly [string, string, object, number, string, RegExp])[] = [
    [
      'an unknown field',
      publish,
      { ...wider, staged: { canaries: ['pop-s3'] } },
      422,
      'invalid-request',
      /no "canaries"/,
    ],
    [
      'a settle time of nothing',
      publish,
      { ...wider, staged: { settleSeconds: 0 } },
      422,
      'invalid-request',
      /1 to 86400/,
    ],
    ['no canary at all', publish, { ...wider, staged: { canary: [] } }, 422, 'invalid-request', /canary/],
    [
      'a canary that is no place',
      publish,
      { ...wider, staged: { canary: ['pop-x'] } },
      422,
      'unknown-canary',
      /"pop-x" is not an area.*pop-s/,
    ],
    [
      'a canary where nothing changes',
      publish,
      { ...wider, staged: { canary: ['pop-s1'] } },
      422,
      'idle-canary',
      /nothing at pop-s1.*pop-s3, pop-s4/,
    ],
    [
      'a POP that no check watches',
      publish,
      { prefix, at: ['all'], staged: {} },
      422,
      'not-gated',
      /pop-s5.*--ungated/,
    ],
    [
      'a prefix without a policy',
      publish,
      { prefix: other, at: ['pop-s3'], staged: {} },
      422,
      'not-gated',
      /pop-s3.*spec\.failover\.checks/,
    ],
    [
      'giving up before it settles',
      publish,
      { ...wider, staged: { settleSeconds: 60, giveUpSeconds: 30 } },
      422,
      'gives-up-too-soon',
      /after 30s, before.*1m/,
    ],
    [
      'what changes no announcement',
      '/v1/apply',
      {
        documents: [{ kind: 'Prefix', name: prefix, spec: { at: ['pop-s1', 'pop-s2'], floor: 2, failover: checked } }],
        staged: {},
      },
      422,
      'nothing-to-stage',
      /without --staged/,
    ],
    [
      'other documents among them',
      '/v1/apply',
      {
        documents: [
          { kind: 'Area', name: 'moon', spec: {} },
          { kind: 'Prefix', name: prefix, spec: { at: ['all'], failover: checked } },
        ],
        staged: {},
      },
      422,
      'not-stageable',
      /Area\/moon; apply those first/,
    ],
    [
      'another failover policy',
      '/v1/apply',
      { documents: [{ kind: 'Prefix', name: prefix, spec: { at: ['all'] } }], staged: { ungated: true } },
      422,
      'not-stageable',
      /"failover"/,
    ],
    [
      'what a guard refuses as a whole',
      '/v1/prefixes/withdraw',
      { prefix, everywhere: true, staged: {} },
      409,
      'guard-refused',
      /G1/,
    ],
  ]
  test.each(cases)('%s', async (_, url, body, status, code, says) => {
    const before = (await stage.store.revisions.head())?.revision
    const { status: answered, body: problem } = await ask<Problem>(stage, 'POST', url, { body: { ...body, reason } })
    expect([answered, problem.code]).toEqual([status, code])
    expect(problem.detail).toMatch(says)
    expect((await stage.store.revisions.head())?.revision).toBe(before)
  })
})

test('a dry run shows the stages and the plan of the first; nothing is committed', async () => {
  const body = { prefix, at: ['pop-s2', 'pop-s3', 'pop-s4'], only: true, staged: { canary: ['pop-s4'] }, reason }
  const { body: view } = await ask<ChangeView>(stage, 'POST', `${publish}?dryRun=true`, { body })
  expect(view.staged).toMatchObject({
    stages: [
      { pops: ['pop-s4'], adds: 1, changes: 0, takesAway: 0 },
      { pops: ['pop-s3'], adds: 1 },
      { pops: ['pop-s1'], adds: 0, takesAway: 1 },
    ],
    // As long as the check needs to notice a failure: 3 × 20 s + 5 s.
    settleSeconds: 65,
    giveUpSeconds: 600,
    ungated: false,
    unwatched: [],
  })
  expect(view.announcements).toEqual({ before: 4, after: 5 })
  expect(await rollouts()).toEqual([])
})

test('accepted: one revision with the documents and their Rollout, an event, and a view of how it goes', async () => {
  const change = await begin({ staged: { canary: ['pop-s4'], settleSeconds: 120, giveUpSeconds: 900 } })
  expect(change.changes.map(({ document }) => document)).toEqual([`Prefix/${prefix}`, `Rollout/${change.id}`])
  const [view] = await rollouts()
  expect(view).toMatchObject({
    id: change.id,
    state: 'running',
    prefixes: [prefix],
    reason,
    stages: [
      { pops: ['pop-s4'], out: true },
      { pops: ['pop-s3'], out: false },
    ],
    stage: 1,
    settleSeconds: 120,
    giveUpSeconds: 900,
    revision: change.revision,
  })
  const events = (await stage.store.events.latest(10)).map(({ event }) => event)
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'rollout', rollout: change.id, state: 'started', stage: 1, of: 2 }),
  )
  const { body: history } = await ask<{ revisions: { command: string }[] }>(stage, 'GET', '/v1/revisions?limit=1')
  expect(history.revisions[0]?.command).toBe(
    `publish ${prefix} --at pop-s3,pop-s4 --staged --canary pop-s4 --settle 120s --give-up 900s`,
  )
  const { body: status } = await ask<{ rollouts: string[] }>(stage, 'GET', '/v1/status')
  expect(status.rollouts).toEqual([`${change.id} (stage 1 of 2)`])
})

test('a settle time shorter than its check needs is doubted', async () => {
  const { findings } = await begin({ staged: { settleSeconds: 5 } })
  expect(findings).toContainEqual(
    expect.objectContaining({ code: 'settles-too-soon', message: expect.stringMatching(/65s/) }),
  )
})

test('without checks it goes, when a person says so, and the answer says where nobody watches', async () => {
  const change = await accept(stage, 'POST', publish, { prefix: other, at: ['pop-s3'], staged: { ungated: true } })
  expect(change.staged).toMatchObject({ ungated: true, unwatched: ['pop-s3'] })
})

test('under way the prefix is not changed, and overlays still are', async () => {
  const { id } = await begin()
  const refused = await ask<Problem>(stage, 'POST', publish, { body: { prefix, at: ['pop-s5'], reason } })
  expect(refused).toMatchObject({
    status: 409,
    body: { guards: [{ guard: 'G5', code: 'rolling-out', forceable: false }] },
  })
  expect(refused.body.detail).toContain(`herald rollout abort ${id}`)
  await accept(stage, 'POST', '/v1/overrides', { prefix, at: ['pop-s3'], attributes: { announce: false } })
})

test('what an override hides is not told to go out unwatched', async () => {
  const override = await accept(stage, 'POST', '/v1/overrides', { prefix, attributes: { prepend: 1 }, forSeconds: 600 })
  const name = override.changes[0]!.document
  const body = { prefix, attributes: { prepend: 2 }, staged: {}, reason }
  const refused = await ask<Problem>(stage, 'POST', publish, { body })
  expect(refused).toMatchObject({ status: 422, body: { code: 'nothing-to-stage' } })
  expect(refused.body.detail).toContain(`${name} lies on top of ${prefix}`)
  await ask(stage, 'DELETE', `/v1/overrides/${name.split('/')[1]}?reason=${reason}`)
})

test('a person pushes it on to its end', async () => {
  const { id } = await begin()
  await accept(stage, 'POST', `/v1/rollouts/${id}/advance`, {})
  expect((await rollouts())[0]).toMatchObject({ state: 'running', stage: 2 })
  const { body: preview } = await ask<ChangeView>(stage, 'POST', `/v1/rollouts/${id}/advance?dryRun=true`, {
    body: { reason },
  })
  expect(preview.changes).toMatchObject([{ document: `Rollout/${id}`, change: 'delete' }])
  const { revision } = await accept(stage, 'POST', `/v1/rollouts/${id}/advance`, {})
  expect((await rollouts())[0]).toMatchObject({ state: 'done', stage: 2, ended: { revision, author: 'local', reason } })
  const late = await ask<Problem>(stage, 'POST', `/v1/rollouts/${id}/abort`, { body: { reason } })
  expect(late).toMatchObject({
    status: 409,
    body: { code: 'rollout-ended', detail: expect.stringMatching(/is done.*herald undo/) },
  })
  expect(await at()).toEqual(['pop-s1', 'pop-s2', 'pop-s3', 'pop-s4'])
})

test('a person pulls it back, also under a freeze and although POPs lose it', async () => {
  const { id } = await begin({ prefix: '10.8.0.0/24', staged: { ungated: true } })
  await accept(stage, 'POST', '/v1/freeze', {})
  const back = await accept(stage, 'POST', `/v1/rollouts/${id}/abort`, {})
  expect(back.announcements).toEqual({ before: 5, after: 4 })
  const again = await ask<Problem>(stage, 'POST', `/v1/rollouts/${id}/abort`, { body: { reason } })
  expect(again.body.detail).toMatch(/was rolled back already \(revision \d+, local\); nothing of it is out$/)
  expect((await rollouts())[0]).toMatchObject({ id, state: 'rolled-back', ended: { author: 'local' } })
  const gone = await ask(stage, 'GET', '/v1/documents/Prefix/10.8.0.0/24')
  expect(gone.status).toBe(404)
})

test('undo takes the change back whole, under way and when it is done', async () => {
  const first = await begin()
  await accept(stage, 'POST', `/v1/rollouts/${first.id}/advance`, {})
  await accept(stage, 'POST', `/v1/revisions/${first.revision}/undo`, {})
  expect([await at(), (await rollouts())[0]?.state]).toEqual([['pop-s1', 'pop-s2'], 'rolled-back'])
  const second = await begin()
  for (let i = 0; i < 2; i++) await accept(stage, 'POST', `/v1/rollouts/${second.id}/advance`, {})
  await accept(stage, 'POST', `/v1/revisions/${second.revision}/undo`, {})
  expect(await at()).toEqual(['pop-s1', 'pop-s2'])
})

test('undo and restore go out in stages as well', async () => {
  const wide = await accept(stage, 'POST', publish, wider)
  const undone = await accept(stage, 'POST', `/v1/revisions/${wide.revision}/undo`, { staged: {} })
  expect(undone.staged?.stages.map(({ pops, takesAway }) => [pops, takesAway])).toEqual([
    [['pop-s3'], 1],
    [['pop-s4'], 1],
  ])
  await accept(stage, 'POST', `/v1/rollouts/${undone.id}/abort`, {})
  const restored = await accept(stage, 'POST', '/v1/revisions/1/restore', { staged: {} })
  expect(restored.staged?.stages).toHaveLength(2)
})

test('a Rollout is not written by hand', async () => {
  const { id } = await begin()
  const { body } = await ask<{ document: { spec: object } }>(stage, 'GET', `/v1/documents/Rollout/${id}`)
  const put = await ask<Problem>(stage, 'PUT', `/v1/documents/Rollout/mine`, {
    body: { spec: body.document.spec, reason },
  })
  expect(put.status).toBe(422)
  const spec = { ...body.document.spec, prefixes: [{ prefix, before: { at: [] } }] }
  const forged = await ask<Problem>(stage, 'PUT', `/v1/documents/Rollout/${id}`, { body: { spec, reason } })
  expect(forged).toMatchObject({ status: 409 })
  expect(forged.body.guards?.map(({ code }) => code)).toContain('hand-written-rollout')
})

test.each([
  ['GET', '/v1/rollouts/nothing', 404, 'not-found'],
  ['POST', '/v1/rollouts/nothing/advance', 404, 'not-found'],
  ['GET', '/v1/rollouts?state=running', 400, 'invalid-request'],
] as const)('%s %s answers %i', async (method, url, status, code) => {
  const options = method === 'POST' ? { body: { reason } } : {}
  expect(await ask(stage, method, url, options)).toMatchObject({ status, body: { code } })
})

test('one that ended is found by its name', async () => {
  const { id } = await begin()
  await accept(stage, 'POST', `/v1/rollouts/${id}/abort`, {})
  expect((await ask<RolloutView>(stage, 'GET', `/v1/rollouts/${id}`)).body).toMatchObject({ id, state: 'rolled-back' })
})
