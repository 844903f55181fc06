/** What agents may ask and tell: only about themselves, each sample once, changes within a second. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AgentTasksView, SentBatch, TakenBatchView } from '../../../src/api/wire/agent.ts'
import type { Problem } from '../../../src/api/wire/problem.ts'
import type { Document } from '../../../src/intent/document.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, ask, fiveSites, openStage } from './stage.ts'

let redis: TestRedis
let stage: Stage

const token = (name: string, role: 'agent' | 'viewer' | 'operator' | 'admin') => ({
  name,
  role,
  sha256: createHash('sha256').update(`secret of ${name}`).digest('hex'),
})
const bearer = (name: string) => ({ authorization: `Bearer secret of ${name}` })

const check = (name: string, port: number): Document => ({
  kind: 'Check',
  name,
  spec: { subject: 'service', at: ['pop-s1'], target: '192.0.2.53', probe: { kind: 'tcp', port } },
})

async function apply(documents: readonly Document[]): Promise<void> {
  const answer = await ask(stage, 'POST', '/v1/apply', {
    body: { documents, reason: 'a test' },
    headers: bearer('boss'),
  })
  expect(answer.status, JSON.stringify(answer.body)).toBe(202)
}

const tasks = (headers: Readonly<Record<string, string>> = {}, query = '') =>
  ask<AgentTasksView>(stage, 'GET', `/v1/agents/s1-probe/tasks${query}`, {
    headers: { ...bearer('s1-probe'), ...headers },
  })

const send = (batch: Partial<SentBatch> & { readonly batch: number }, as = 's1-probe', to = 's1-probe') =>
  ask<TakenBatchView>(stage, 'POST', `/v1/agents/${to}/samples`, {
    body: { run: 'r1', dropped: 0, samples: [], ...batch },
    headers: bearer(as),
  })

const own = { task: 'web/service/pop-s1/web', subject: 'service/pop-s1/web', atMs: 1, outcome: 'ok' } as const

beforeAll(async () => {
  redis = await startRedis()
  const people = (['viewer', 'operator', 'admin'] as const).map((role) => token(role === 'admin' ? 'boss' : role, role))
  stage = await openStage(redis.url, {
    auth: { tokens: [...people, token('s1-probe', 'agent'), token('s2-probe', 'agent'), token('ghost', 'agent')] },
  })
  await apply([
    ...fiveSites(),
    { kind: 'Agent', name: 's1-probe', spec: { pop: 'pop-s1' } },
    { kind: 'Agent', name: 's2-probe', spec: { pop: 'pop-s2' } },
    check('web', 80),
  ])
})
afterAll(async () => {
  await stage.close()
  await redis.stop()
})

test('an agent is told its own tasks and where it stands', async () => {
  const { status, body } = await tasks()
  expect(status).toBe(200)
  expect(body).toMatchObject({
    agent: 's1-probe',
    pop: 'pop-s1',
    tasks: [{ id: own.task, check: 'web', probe: { kind: 'tcp', address: '192.0.2.53', port: 80 } }],
  })
})

test('a token of an agent is good for that agent’s two requests, and for nothing else', async () => {
  for (const [method, url] of [
    ['GET', '/v1/documents'],
    ['GET', '/metrics'],
    ['POST', '/v1/apply'],
    ['POST', '/v1/apply?dryRun=true'],
    ['POST', '/v1/plan'],
  ] as const) {
    const answer = await ask<Problem>(stage, method, url, {
      body: method === 'POST' ? {} : undefined,
      headers: bearer('s1-probe'),
    })
    expect(answer.body).toMatchObject({ status: 403, code: 'role' })
  }
  expect((await send({ batch: 1 }, 's1-probe', 's2-probe')).body).toMatchObject({ status: 403, code: 'agent' })
  expect((await ask(stage, 'GET', '/v1/agents/s2-probe/tasks', { headers: bearer('s1-probe') })).status).toBe(403)
})

test('people’s roles do not speak for agents, but an admin’s does', async () => {
  for (const name of ['viewer', 'operator']) expect((await send({ batch: 1 }, name)).status).toBe(403)
  expect((await send({ batch: 1, run: 'by hand' }, 'boss')).status).toBe(200)
})

test('an agent that no document names is told so', async () => {
  const answer = await ask<Problem>(stage, 'GET', '/v1/agents/ghost/tasks', { headers: bearer('ghost') })
  expect(answer.body).toMatchObject({ status: 404, code: 'not-found' })
  expect((await send({ batch: 1 }, 'ghost', 'ghost')).status).toBe(404)
})

test('a batch counts once, and only samples of the agent’s own tasks count', async () => {
  const samples = [
    { ...own, sequence: 0 },
    { ...own, sequence: 0, task: 'web/service/pop-s2/web', subject: 'service/pop-s2/web' },
    { ...own, sequence: 0, subject: 'service/pop-s2/web' },
  ]
  expect((await send({ run: 'r2', batch: 1, samples })).body).toEqual({ accepted: 1, ignored: 2, known: false })
  expect((await send({ run: 'r2', batch: 1, samples })).body).toEqual({ accepted: 0, ignored: 2, known: true })
  const stop = new AbortController()
  for await (const { agent, samples: heard } of stage.store.samples.follow(stop.signal)) {
    if (heard.length === 0) continue
    expect(agent).toBe('s1-probe')
    expect(heard).toEqual([{ ...own, sequence: 0, agent: 's1-probe' }])
    stop.abort()
  }
})

test('a batch that is malformed is refused with its place', async () => {
  const bad = { ...own, sequence: -1, outcome: 'great' } as never
  expect((await send({ batch: 9, samples: [bad] })).body).toMatchObject({
    status: 422,
    errors: expect.arrayContaining([expect.objectContaining({ pointer: '/samples/0/sequence' })]),
  })
})

test('an agent that waits hears of a change of its own tasks within a second, and of no other', async () => {
  const etag = String((await tasks()).headers['etag'])
  expect((await tasks({ 'if-none-match': etag })).status).toBe(304)
  const waiting = tasks({ 'if-none-match': etag }, '?wait=10')
  let answered = false
  void waiting.then(() => (answered = true))
  await apply([{ kind: 'Area', name: 'elsewhere', spec: {} }])
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(answered).toBe(false)
  const changedMs = performance.now()
  await apply([check('dns', 53)])
  const { status, body } = await waiting
  expect(status).toBe(200)
  expect(body.tasks).toHaveLength(2)
  expect(performance.now() - changedMs).toBeLessThan(1000)
})

test('an agent that waits in vain is told that nothing changed', async () => {
  const etag = String((await tasks()).headers['etag'])
  const startedMs = performance.now()
  expect((await tasks({ 'if-none-match': etag }, '?wait=1')).status).toBe(304)
  expect(performance.now() - startedMs).toBeGreaterThan(600)
})

test('an agent is told the leases of its POP and whose routes they are about; none during a freeze', async () => {
  const before = (await tasks()).headers['etag']
  await apply([
    {
      kind: 'Prefix',
      name: '203.0.113.0/24',
      spec: { at: ['pop-s1'], failover: { checks: ['web'], lease: { policy: 'withdraw', after: '1m' } } },
    },
    { kind: 'Prefix', name: '10.7.0.0/16', spec: { at: ['pop-s1'], failover: { checks: ['web'] } } },
    {
      kind: 'Prefix',
      name: '10.8.0.0/16',
      spec: { at: ['pop-s2'], failover: { checks: ['web'], lease: { policy: 'withdraw', after: '1m' } } },
    },
  ])
  const told = await tasks()
  expect(told.headers['etag']).not.toBe(before)
  expect(told.body.leases).toEqual([{ prefix: '203.0.113.0/24', afterMs: 60_000 }])
  expect(told.body.owner).toMatchObject({ asn: expect.any(Number) as number, epoch: expect.any(Number) as number })
  await apply([{ kind: 'Freeze', name: 'calm', spec: { startedAtMs: 0 } }])
  expect((await tasks()).body).toMatchObject({ leases: [] })
})
