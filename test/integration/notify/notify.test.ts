/**
 * Alarms told to receivers: real Redis, real HTTP servers that take, refuse, hang and check signatures. Alarms change as
 * the engine and the API change them.
 */
import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Alarm, acknowledge, raise, resolve } from '../../../src/health/alarm.ts'
import type { Intent } from '../../../src/intent/model.ts'
import type { Receiver } from '../../../src/intent/monitoring.ts'
import { Notifier } from '../../../src/notify/notifier.ts'
import { type NoticeOutcome, notifyTimes } from '../../../src/notify/outlet.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import type { Lease } from '../../../src/store/store.ts'
import { eventually } from '../../support/eventually.ts'
import { type HttpSink, startHttpSink } from '../../support/http-sink.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { freshTag, openTestStore } from '../../support/store.ts'

const withinMs = 10_000
const times = { ...notifyTimes, attemptMs: 300, firstPauseMs: 50, longestPauseMs: 200, deadlineMs: 2000, againMs: 400 }
const secret = 'correct horse battery staple'

let redis: TestRedis
let folder: string
let store: OpenStore
let lease: Lease
let sinks: HttpSink[]
let intent: Intent | undefined
let logged: string[]
let outcomes: [receiver: string, outcome: NoticeOutcome][]
let running: { stop(): Promise<void> } | undefined

beforeAll(async () => {
  redis = await startRedis()
  folder = await mkdtemp(join(tmpdir(), 'herald-notify-'))
  await writeFile(join(folder, 'secret'), `${secret}\n`)
})
afterAll(async () => {
  await redis.stop()
  await rm(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  store = await openTestStore(redis.url, freshTag())
  await store.revisions.initialise()
  lease = (await store.leases.acquire('planner', 60_000))!
  sinks = []
  logged = []
  outcomes = []
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  for (const sink of sinks) await sink.stop()
  await lease.release()
  await store.close()
})

test('a signed webhook is told once that an alarm fires, is acknowledged and is over, and can check the signature', async () => {
  const sink = await newSink()
  await tellTo(receiver('hook', sink.url))
  await expectLife(sink)
  for (const { text, headers } of sink.posted) {
    const [, at, given] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['herald-signature'])) ?? []
    expect(given).toBe(createHmac('sha256', secret).update(`${at}.${text}`).digest('hex'))
    expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(30)
  }
  expect(new Set(sink.posted.map(({ headers }) => headers['herald-delivery'])).size).toBe(3)
  expect(sink.posted[0]?.body).toMatchObject({
    version: 1,
    alarm: { severity: 'critical', message: 'dns is dead', labels: { pop: 'fra', region: 'frankfurt', area: 'eu' } },
  })
})

test('after a restart it goes on where it was: nothing is told twice, what happened meanwhile is told', async () => {
  const sink = await newSink()
  const hook = receiver('hook', sink.url)
  await tellTo(hook)
  const firing = await fire('fra')
  await eventually(withinMs, async () => expect(statesAt(sink)).toEqual(['firing']))
  await eventually(withinMs, async () => expect(await settled('hook')).toBe(1))
  await running?.stop()
  await change(firing, resolve(firing, Date.now()))
  await tellTo(hook)
  await eventually(withinMs, async () => expect(statesAt(sink)).toEqual(['firing', 'resolved']))
  await eventually(withinMs, async () => expect(await settled('hook')).toBe(2))
})

test('one that hangs and one that refuses delay nobody; failures are counted, kept and logged, without secrets', async () => {
  const [well, hanging, refusing] = [await newSink(), await newSink(), await newSink()]
  hanging.answer = 'hang'
  refusing.answer = 403
  await tellTo(receiver('well', well.url), receiver('hanging', hanging.url), receiver('refusing', refusing.url))
  const begun = performance.now()
  await fire('fra')
  await fire('ams')
  await eventually(withinMs, async () => expect(statesAt(well)).toEqual(['firing', 'firing']))
  expect(performance.now() - begun).toBeLessThan(times.attemptMs + 1500)
  await eventually(withinMs, async () => expect(refusing.posted).toHaveLength(2)) // each once: it would refuse again
  await eventually(withinMs, async () => expect(hanging.posted.length).toBeGreaterThan(1))
  const states = await store.notices.states()
  expect(states.get('hanging')).toMatchObject({ sent: 0, failure: { problem: 'did not answer within 0.3 s' } })
  expect(states.get('refusing')).toMatchObject({ givenUp: 2, failure: { problem: expect.stringContaining('403') } })
  hanging.answer = 200
  await eventually(withinMs, async () => expect((await store.notices.states()).get('hanging')?.sent).toBe(2))
  expect(outcomes).toContainEqual(['hanging', 'retried'])
  expect(logged.join('')).toContain('receiver fails')
  expect(logged.join('')).not.toContain(secret)
})

test('what cannot be told until its deadline is given up, and the next is told', async () => {
  const sink = await newSink()
  sink.answer = 503
  await tellTo(receiver('hook', sink.url))
  await fire('fra')
  await eventually(withinMs, async () => expect((await store.notices.states()).get('hook')?.givenUp).toBe(1))
  sink.answer = 200
  const before = sink.posted.length
  await fire('ams')
  await eventually(withinMs, async () => expect(sink.posted.slice(before)).toHaveLength(1))
  expect(outcomes).toContainEqual(['hook', 'given-up'])
})

test('PagerDuty: trigger, acknowledge and resolve of one incident, by routing key', async () => {
  const sink = await newSink()
  await tellTo({ ...receiver('pager', sink.url), kind: 'pagerduty' })
  const firing = await fire('fra')
  await eventually(withinMs, async () => expect(sink.posted).toHaveLength(1))
  await change(firing, acknowledge(firing, 'alice', Date.now()))
  await eventually(withinMs, async () => expect(sink.posted).toHaveLength(2))
  await change(acknowledge(firing, 'alice', Date.now()), undefined, 'resolve')
  await eventually(withinMs, async () => expect(sink.posted).toHaveLength(3))
  const common = { routing_key: secret, dedup_key: 'dns/service/fra/dns' }
  expect(sink.posted.map(({ body }) => body)).toMatchObject([
    { ...common, event_action: 'trigger', payload: { summary: 'dns is dead', source: 'fra', severity: 'critical' } },
    { ...common, event_action: 'acknowledge' },
    { ...common, event_action: 'resolve' },
  ])
})

test('Slack: text and blocks, with its control characters escaped; the URL is read from a file', async () => {
  const sink = await newSink()
  await writeFile(join(folder, 'slack-url'), sink.url)
  const { url: _url, secret: _secret, ...rest } = receiver('chat', sink.url)
  await tellTo({ ...rest, kind: 'slack', urlFrom: { file: join(folder, 'slack-url') } })
  await fire('fra', 'rtt < 5 & <!channel>')
  await eventually(withinMs, async () => expect(sink.posted).toHaveLength(1))
  const escaped = 'CRITICAL: rtt &lt; 5 &amp; &lt;!channel&gt;'
  expect(sink.posted[0]?.body).toMatchObject({ text: escaped, blocks: [{ text: { text: `*${escaped}*` } }, {}] })
})

test('Alertmanager: told again while it fires, with an end ahead; the end itself when it is over', async () => {
  const sink = await newSink()
  await tellTo({ ...receiver('am', sink.url), kind: 'alertmanager' })
  const firing = await fire('fra')
  const alerts = () => sink.posted.map(({ body }) => (body as AmAlert[])[0]).filter((alert) => alert !== undefined)
  await eventually(withinMs, async () => expect(alerts().length).toBeGreaterThanOrEqual(3))
  expect(sink.posted[0]).toMatchObject({ path: '/api/v2/alerts', headers: { authorization: `Bearer ${secret}` } })
  for (const { labels, startsAt, endsAt } of alerts()) {
    expect(labels).toMatchObject({ alertname: 'dns', pop: 'fra', severity: 'critical' })
    expect(Date.parse(startsAt)).toBe(firing.startedAtMs)
    expect(Date.parse(endsAt)).toBeGreaterThan(Date.now() + 60_000)
  }
  await change(firing, resolve(firing, Date.now()))
  await eventually(withinMs, async () => expect(Date.parse(alerts().at(-1)!.endsAt)).toBeLessThanOrEqual(Date.now()))
})

test('a receiver hears of the severities and labels it asked for, and of the end only where it wants to', async () => {
  const sink = await newSink()
  const match = new Map([['region', ['amsterdam']]])
  await tellTo({ ...receiver('hook', sink.url), match, sendResolved: false })
  const firing = await fire('ams')
  await fire('fra')
  await eventually(withinMs, async () => expect(statesAt(sink)).toEqual(['firing']))
  await change(firing, resolve(firing, Date.now()))
  const again = await fire('ams', 'dns is dead again')
  expect(again.startedAtMs).toBeGreaterThan(firing.startedAtMs)
  await eventually(withinMs, async () => expect(statesAt(sink)).toEqual(['firing', 'firing']))
})

test('a receiver that documents bring later hears of what happens from then on; a changed one keeps its place', async () => {
  await fire('fra')
  await tellTo()
  const sink = await newSink()
  documents(receiver('late', sink.url))
  await eventually(withinMs, async () => expect((await store.notices.states()).has('late')).toBe(true))
  await fire('ams')
  await eventually(withinMs, async () => expect(alarmsAt(sink)).toEqual(['dns/service/ams/dns']))
  documents({ ...receiver('late', sink.url), severities: ['critical'] })
  await fire('sin')
  await eventually(withinMs, async () => expect(alarmsAt(sink)).toEqual(['dns/service/ams/dns', 'dns/service/sin/dns']))
  documents()
  await eventually(withinMs, async () => expect((await store.notices.states()).size).toBe(0))
})

interface AmAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
}

async function newSink(): Promise<HttpSink> {
  const sink = await startHttpSink()
  sinks.push(sink)
  return sink
}

function receiver(id: string, url: string): Receiver {
  return {
    id,
    kind: 'webhook',
    url,
    secret: { file: join(folder, 'secret') },
    severities: ['critical', 'warning'],
    match: new Map(),
    sendResolved: true,
  }
}

function documents(...receivers: readonly Receiver[]): void {
  const pops = new Map([
    ['fra', { id: 'fra', region: 'frankfurt' }],
    ['ams', { id: 'ams', region: 'amsterdam' }],
  ])
  const regions = new Map([['frankfurt', { id: 'frankfurt', area: 'eu' }]])
  const byId = new Map(receivers.map((one) => [one.id, one]))
  intent = { pops, regions, receivers: byId } as unknown as Intent // what the notifier looks at
}

async function tellTo(...receivers: readonly Receiver[]): Promise<void> {
  documents(...receivers)
  const stop = new AbortController()
  const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) })
  const deps = {
    store,
    logger,
    clock: () => Date.now(),
    observeNotice: (...one: (typeof outcomes)[number]) => void outcomes.push(one),
  }
  const done = new Notifier(deps, lease.fence, () => intent, times).run(stop.signal)
  running = {
    async stop() {
      stop.abort()
      await done
    },
  }
  await eventually(withinMs, async () => expect((await store.notices.states()).size).toBe(receivers.length))
}

async function fire(pop: string, message = 'dns is dead'): Promise<Alarm> {
  const id = `dns/service/${pop}/dns`
  const before = [...(await store.health.alarms()).values()].find((alarm) => alarm.id === id)
  const condition = {
    kind: 'dns',
    subject: `service/${pop}/dns`,
    severity: 'critical',
    message,
    labels: { pop },
  } as const
  const after = raise(before, condition, Math.max(Date.now(), (before?.startedAtMs ?? 0) + 1))
  expect(await store.health.replaceAlarm({ before, after })).toBe(true)
  return after
}

async function change(before: Alarm, after: Alarm | undefined, how?: 'resolve'): Promise<void> {
  const now = (await store.health.alarms()).get(before.id)!
  expect(
    await store.health.replaceAlarm({ before: now, after: how === 'resolve' ? resolve(now, Date.now()) : after }),
  ).toBe(true)
}

async function expectLife(sink: HttpSink): Promise<void> {
  const firing = await fire('fra')
  await eventually(withinMs, async () => expect(statesAt(sink)).toEqual(['firing']))
  const acknowledged = acknowledge(firing, 'alice', Date.now(), 'on it')
  await change(firing, acknowledged)
  await eventually(withinMs, async () => expect(statesAt(sink)).toEqual(['firing', 'acknowledged']))
  await change(acknowledged, resolve(acknowledged, Date.now()))
  await eventually(withinMs, async () => expect(statesAt(sink)).toEqual(['firing', 'acknowledged', 'resolved']))
}

function statesAt(sink: HttpSink): readonly string[] {
  return sink.posted.map(({ body }) => (body as { alarm: { state: string } }).alarm.state)
}

function alarmsAt(sink: HttpSink): readonly string[] {
  return sink.posted.map(({ body }) => (body as { alarm: { id: string } }).alarm.id)
}

async function settled(id: string): Promise<number> {
  return (await store.notices.states()).get(id)?.sent ?? 0
}
