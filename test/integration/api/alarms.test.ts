/** Alarms, checks, agents and automation as the API tells them: real Redis, and what a leader would have written there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isoTime } from '../../../src/api/alarm-view.ts'
import type { AgentListView, AlarmDetailView, AlarmListView, VerdictListView } from '../../../src/api/wire/alarm.ts'
import type { AutomationView, GoView } from '../../../src/api/wire/automation.ts'
import type { TrafficView } from '../../../src/api/wire/traffic.ts'
import type { ReceiverListView } from '../../../src/api/wire/receiver.ts'
import type { Problem } from '../../../src/api/wire/problem.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { type Alarm, raise, resolve } from '../../../src/health/alarm.ts'
import type { Refusal } from '../../../src/health/failover-input.ts'
import { noPenalty } from '../../../src/health/penalty.ts'
import type { SubjectKey } from '../../../src/health/subject.ts'
import { type Verdict, verdictKey } from '../../../src/health/verdict.ts'
import type { PopId } from '../../../src/intent/model.ts'
import type { AgentId } from '../../../src/intent/monitoring.ts'
import { automationAuthor } from '../../../src/plan/review-automation.ts'
import type { Lease } from '../../../src/store/store.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, accept, ask, openStage, prefix, withFiveSites } from './stage.ts'

let redis: TestRedis
let stage: Stage
let lease: Lease

const pop = 'pop-s1' as PopId
const alarmId = 'dns/service/pop-s1/dns'
const alarmPath = `/v1/alarms/${encodeURIComponent(alarmId)}`

beforeAll(async () => {
  redis = await startRedis()
  stage = await openStage(redis.url)
  await withFiveSites(stage)
  const agents = ['s1', 's2'].map((name) => ({ kind: 'Agent', name: `probe-${name}`, spec: { pop: `pop-${name}` } }))
  const check = { subject: 'service', target: '192.0.2.53', probe: { kind: 'tcp', port: 53 }, interval: '1s' }
  await accept(stage, 'POST', '/v1/apply', { documents: [...agents, { kind: 'Check', name: 'dns', spec: check }] })
  lease = (await stage.store.leases.acquire('planner', 60_000))!
})
afterAll(async () => {
  await lease.release()
  await stage.close()
  await redis.stop()
})

const get = async <T>(path: string) => (await ask<T>(stage, 'GET', path)).body
const put = (before: Alarm | undefined, after: Alarm | undefined) => stage.store.health.replaceAlarm({ before, after })
const condition = { kind: 'dns', subject: 'service/pop-s1/dns', severity: 'critical', message: 'dns is dead' } as const

describe('alarms', () => {
  let firing: Alarm

  test('one that fires is told first, with how long it has lasted; those that are over only where asked for', async () => {
    firing = raise(undefined, { ...condition, labels: { pop: 'pop-s1' } }, stage.nowMs - 5000)
    await put(undefined, firing)
    const other = raise(undefined, { ...condition, subject: 'service/pop-s2/dns' }, stage.nowMs - 60_000)
    await put(undefined, resolve(other, stage.nowMs - 1000))
    expect((await get<AlarmListView>('/v1/alarms')).alarms.map(({ id, state }) => `${id} ${state}`)).toEqual([
      `${alarmId} firing`,
      'dns/service/pop-s2/dns resolved',
    ])
    const { alarms } = await get<AlarmListView>('/v1/alarms?state=open')
    expect(alarms).toEqual([expect.objectContaining({ id: alarmId, firingMs: 5000, labels: { pop: 'pop-s1' } })])
    expect((await ask(stage, 'GET', '/v1/alarms?state=opne')).status).toBe(400)
  })

  test('one is found by its id, slashes and all, with what automation did because of it and how fast', async () => {
    const head = await stage.store.revisions.head()
    const { revision } = await stage.store.revisions.commit({
      expected: head?.revision ?? 0,
      changes: [
        {
          key: 'Failover/withdraw-pop-s1-203-0-113-0-24',
          before: undefined,
          after: {
            prefix,
            pop,
            action: 'withdraw',
            startedAtMs: stage.nowMs,
            subject: condition.subject,
            alarm: alarmId,
            reason: 'dns is dead',
          },
        },
      ],
      author: automationAuthor,
      reason: 'dns is dead',
      command: 'failover withdraw-pop-s1',
      forced: [],
      removes: 1,
    })
    const { atMs } = await stage.store.revisions.get(revision)
    const sent = { alarm: alarmId, sentAtMs: atMs - 40, receivedAtMs: atMs - 10, decidedAtMs: atMs - 5 }
    await stage.store.proofs.detected(revision, sent)
    stage.nowMs = atMs
    await put(firing, { ...firing, startedAtMs: atMs, firedAtMs: atMs })
    const { revisions } = await get<AlarmDetailView>(alarmPath)
    expect(revisions.map((one) => one.revision)).toEqual([revision])
    expect(revisions[0]?.proof?.detection).toEqual({ alarm: alarmId, sentMs: -40, receivedMs: -10, decidedMs: -5 })
    const standing = async () => (await get<AutomationView>('/v1/automation')).standing
    // Its Prefix has no policy: automation says nothing there.
    expect(await standing()).toMatchObject([{ action: 'withdraw', alarm: alarmId, inForce: false }])
    const spec = { at: ['all'], failover: { checks: ['dns'], action: 'withdraw' } }
    await accept(stage, 'POST', '/v1/apply', { documents: [{ kind: 'Prefix', name: prefix, spec }] })
    expect(await standing()).toMatchObject([{ inForce: true }])
    const taken = await accept(stage, 'POST', `/v1/revisions/${revision}/undo`, {})
    expect(taken.plan.warnings).toMatchObject([
      { code: 'failover-again', message: expect.stringMatching(/herald override .* --at pop-s1 --announce --for 2h/) },
    ])
  })

  test('a person acknowledges it once, with a reason, and the event is told', async () => {
    const until = isoTime(stage.nowMs + 3_600_000)
    const answer = await ask(stage, 'POST', `${alarmPath}/acknowledge`, {
      body: { reason: 'on it', forSeconds: 3600 },
      headers: { 'x-herald-author': 'alice' },
    })
    expect(answer).toMatchObject({
      status: 200,
      body: { state: 'acknowledged', acknowledged: { by: 'alice', reason: 'on it', until } },
    })
    const [last] = await stage.store.events.latest(1)
    expect(last?.event).toMatchObject({ type: 'alarm', id: alarmId, state: 'acknowledged' })
    const again = await ask<Problem>(stage, 'POST', `${alarmPath}/acknowledge`, { body: { reason: 'me too' } })
    expect(again).toMatchObject({ status: 409, body: { code: 'alarm-not-firing' } })
    expect((await ask(stage, 'POST', `${alarmPath}/acknowledge`, { body: {} })).status).toBe(422)
    expect((await ask(stage, 'POST', '/v1/alarms/nothing/acknowledge', { body: { reason: 'x' } })).status).toBe(404)
  })
})

test('checks are told with the words of each agent, and can be asked for by POP and state', async () => {
  const evidence = { failed: ['probe-s1'], ok: [], unknown: [], quorum: 1 }
  const sick: Verdict = {
    check: 'dns',
    subject: 'service/pop-s1/dns' as SubjectKey,
    pop,
    place: { kind: 'pop', pop },
    state: 'sick',
    sinceMs: stage.nowMs,
    reason: 'dns at pop-s1 fails',
    penalty: noPenalty,
    holdDownMs: 60_000,
    evidence,
  }
  const place = { kind: 'pop', pop: 'pop-s2' as PopId } as const
  const well: Verdict = { ...sick, pop: place.pop, place, state: 'healthy' }
  const verdicts = new Map([sick, well].map((one) => [verdictKey('dns', one.place), one]))
  await stage.store.health.tellVerdicts(lease.fence, verdicts, true)
  const { checks } = await get<VerdictListView>('/v1/checks')
  expect(checks.map((one) => `${one.place.name} ${one.state}`)).toEqual(['pop-s1 sick', 'pop-s2 healthy'])
  expect(checks[0]).toMatchObject({ evidence, penalty: { value: 0 } })
  expect((await get<VerdictListView>('/v1/checks?pop=pop-s2')).checks).toHaveLength(1)
  expect((await get<VerdictListView>('/v1/checks?state=sick')).checks).toHaveLength(1)
  expect((await ask(stage, 'GET', '/v1/checks?pop=nowhere')).status).toBe(404)
})

test('agents: one that is heard of, one that should be and is not, and one that no document names', async () => {
  const take = (agent: string, agoMs: number, dropped: number) =>
    stage.store.samples.take(agent as AgentId, { run: 'a', batch: 1, samples: [], dropped }, stage.nowMs - agoMs)
  await take('probe-s1', 500, 0)
  await take('stranger', 500, 3)
  expect((await get<AgentListView>('/v1/agents')).agents).toMatchObject([
    { id: 'probe-s1', state: 'heard', place: 'POP pop-s1', silentMs: 500, tasks: 1 },
    { id: 'probe-s2', state: 'silent' },
    { id: 'stranger', state: 'unnamed', dropped: 3 },
  ])
  stage.nowMs += 20_000
  expect((await get<AgentListView>('/v1/agents')).agents[0]).toMatchObject({ id: 'probe-s1', state: 'silent' })
})

test('receivers: how telling them goes, and never where a secret URL is', async () => {
  const receivers = [
    { name: 'chat', spec: { kind: 'slack', urlFrom: { env: 'SLACK_URL' } } },
    { name: 'hook', spec: { kind: 'webhook', url: 'https://hooks.example.net/x', secret: { env: 'HOOK_SECRET' } } },
  ]
  await accept(stage, 'POST', '/v1/apply', { documents: receivers.map((one) => ({ kind: 'Receiver', ...one })) })
  const failure = { atMs: stage.nowMs, problem: 'cannot be reached (ECONNREFUSED)' }
  await stage.store.notices.save(lease.fence, 'hook', { position: '0-0', waiting: 2, sent: 1, givenUp: 0, failure })
  expect((await get<ReceiverListView>('/v1/receivers')).receivers).toEqual([
    { id: 'chat', kind: 'slack', state: 'new', sent: 0, givenUp: 0, waiting: 0 },
    expect.objectContaining({ id: 'hook', host: 'hooks.example.net', state: 'failing', waiting: 2 }),
  ])
})

describe('automation', () => {
  const refusal = (guard: Refusal['guard']): Refusal => ({
    guard,
    wanted: 'out',
    prefix: prefix as Prefix,
    place: { kind: 'pop', pop },
    subject: 'service/pop-s1/dns',
    message: 'no',
  })

  test('a refusal names its guard and the way out, and the brakes are told', async () => {
    const { fence } = lease
    await stage.store.health.tellRefusals(fence, [refusal('correlation'), refusal('floor')])
    const pops = ['pop-s1', 'pop-s2', 'pop-s3'] as PopId[]
    const suspicion = { sinceMs: stage.nowMs, pops, of: 5 }
    await stage.store.health.remember(fence, { suspicion, breakerOpenedAtMs: stage.nowMs, ledger: [] })
    const view = await get<AutomationView>('/v1/automation')
    expect(view).toMatchObject({ state: 'held', suspicion: { pops, of: 5 }, breaker: {} })
    expect(view.refusals.map(({ title, wayOut }) => [title, wayOut])).toEqual([
      ['G3 correlation', expect.stringContaining('herald go --reason')],
      ['G1 floor', expect.stringContaining('herald withdraw 203.0.113.0/24 --at pop-s1 --force')],
    ])
  })

  test('go believes what the brakes hold back, is in the events, and lifts no other guard', async () => {
    const { body, status } = await ask<GoView>(stage, 'POST', '/v1/automation/go', { body: { reason: 'I saw it' } })
    expect(status).toBe(200)
    expect(body.believed.map(({ guard }) => guard)).toEqual(['correlation'])
    expect(await stage.store.health.goAtMs()).toBe(stage.nowMs)
    const [last] = await stage.store.events.latest(1)
    expect(last?.event).toEqual({ type: 'go', author: 'local', reason: 'I saw it' })
    const view = await get<AutomationView>('/v1/automation')
    expect(view).toMatchObject({ state: 'acting' })
    expect(view.breaker).toBeUndefined()
    expect((await ask(stage, 'POST', '/v1/automation/go', { body: {} })).status).toBe(422)
  })

  test('traffic is taken for places that there are, and refused as a whole otherwise', async () => {
    const tell = (body: object) => ask(stage, 'POST', '/v1/traffic', { body })
    expect((await tell({ pops: { 'pop-s1': 4e9, nowhere: 1 } })).status).toBe(422)
    expect((await tell({ pops: { 'pop-s1': 4e9 }, neighbors: { 'pop-s1': 1 } })).status).toBe(422)
    expect((await tell({ 'pop-s1': 4e9 })).status).toBe(422)
    expect((await tell({})).status).toBe(422)
    expect((await tell({ pops: { 'pop-s1': -1 } })).status).toBe(422)
    expect((await get<TrafficView>('/v1/traffic')).pops).toEqual([])
    const told = { pops: { 'pop-s1': 4e9 }, neighbors: { 's1-isp': 3e9 } }
    expect((await tell(told)).body).toEqual({ pops: 1, neighbors: 1, groups: 0 })
  })

  test('what was told is fresh for a while, and then says nothing of now', async () => {
    const at = new Date(stage.nowMs).toISOString()
    const figure = { pop: 'pop-s1', amount: 4e9, at, fresh: true }
    const line = { neighbor: 's1-isp', pop: 'pop-s1', amount: 3e9, unit: 'bit/s', at, fresh: true }
    expect(await get<TrafficView>('/v1/traffic')).toEqual({ pops: [figure], neighbors: [line], groups: [] })
    stage.nowMs += 151_000
    expect((await get<AutomationView>('/v1/automation')).traffic).toEqual([{ ...figure, fresh: false }])
  })
})
