/**
 * `herald agent` as a process of its own, against a real API on a real Redis and real targets: what it is told to probe,
 * how soon bad news arrives, and that a cut wire loses and doubles nothing.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { listenApi } from '../../../src/api/listen.ts'
import type { Address } from '../../../src/bgp/address.ts'
import type { Sample } from '../../../src/health/sample.ts'
import type { Document } from '../../../src/intent/document.ts'
import type { PopId } from '../../../src/intent/model.ts'
import { probe } from '../../../src/probe/probe.ts'
import { cliProgram } from '../../support/command-line.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, ask, fiveSites, openStage } from '../api/stage.ts'
import { Targets } from '../probe/targets.ts'
import { type Wire, openWire } from './wire.ts'

let redis: TestRedis
let stage: Stage
let wire: Wire
let agent: ChildProcess
let said = ''
const targets = new Targets()
const heard: Sample[] = []
let stop: AbortController
let following: Promise<void>

const patience = { timeout: 15_000 }
const secret = 'secret of s1-probe'
const admin = { authorization: 'Bearer secret of boss' }
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

beforeEach(async () => {
  const tokens = [
    { name: 's1-probe', role: 'agent', sha256: hash(secret) },
    { name: 'boss', role: 'admin', sha256: hash('secret of boss') },
  ] as const
  stage = await openStage(redis.url, { auth: { tokens }, clock: () => Date.now() })
  const [url = ''] = await listenApi(stage.api, { host: '127.0.0.1', port: 0, tokens })
  wire = await openWire(Number(new URL(url).port))
  heard.length = 0
  said = ''
  stop = new AbortController()
  following = (async () => {
    for await (const { samples } of stage.store.samples.follow(stop.signal)) heard.push(...samples)
  })()
})

afterEach(async () => {
  await end('SIGTERM')
  stop.abort()
  await following
  await wire.close()
  await targets.close()
  await stage.close()
})

async function end(signal: NodeJS.Signals): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return
  const gone = once(agent, 'exit')
  agent.kill(signal)
  await gone
}

function startAgent(...flags: readonly string[]): void {
  agent = spawn(process.execPath, [cliProgram, 'agent', '--name', 's1-probe', ...flags], {
    env: { ...process.env, HERALD_URL: `http://127.0.0.1:${wire.port}`, HERALD_TOKEN: secret },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  agent.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
}

const check = (name: string, kind: object, more: object = {}): Document => ({
  kind: 'Check',
  name,
  spec: {
    subject: 'service',
    at: ['pop-s1'],
    target: '127.0.0.1',
    interval: '200ms',
    timeout: '150ms',
    probe: kind,
    ...more,
  },
})

async function apply(documents: readonly Document[]): Promise<void> {
  const answer = await ask(stage, 'POST', '/v1/apply', { body: { documents, reason: 'a test' }, headers: admin })
  expect(answer.status, JSON.stringify(answer.body)).toBe(202)
}

const site: readonly Document[] = [...fiveSites(), { kind: 'Agent', name: 's1-probe', spec: { pop: 'pop-s1' } }]
const of = (name: string) => heard.filter(({ task }) => task.startsWith(`${name}/`))

/** Every probe once, in whatever order it came. */
function expectEachOnce(samples: readonly Sample[]): void {
  const sequences = samples.map(({ sequence }) => sequence).toSorted((a, b) => a - b)
  expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, i) => i))
}

test('probes every kind, as documents say and change', async () => {
  const web = await targets.http((_request, response) => response.setHeader('x-pop', 'pop-s1').end('well'))
  const dns = await targets.dns(({ id }) => ({ type: 'response', id: id ?? 0 }))
  const tcp = await targets.tcp()
  await apply([
    ...site,
    check('web', { kind: 'http', url: `http://service.example:${web}/`, body: 'well', popHeader: 'x-pop' }),
    check('dns', { kind: 'dns', port: dns, name: 'a.example' }),
    check('tcp', { kind: 'tcp', port: tcp }),
    check('icmp', { kind: 'icmp' }),
  ])
  startAgent()
  for (const name of ['web', 'dns', 'tcp', 'icmp'])
    await expect.poll(() => of(name).length, patience).toBeGreaterThan(3)
  expect(of('web').at(-1)).toMatchObject({
    agent: 's1-probe',
    subject: 'service/pop-s1/web',
    outcome: 'ok',
    answeredBy: 'pop-s1',
    rttMs: expect.any(Number),
  })
  for (const name of ['dns', 'tcp', 'icmp']) expect(of(name).at(-1)?.outcome).not.toBe('fail')
  const changedMs = performance.now()
  await apply([check('tcp2', { kind: 'tcp', port: tcp })])
  await expect.poll(() => of('tcp2').length, { timeout: 3000, interval: 20 }).toBeGreaterThan(0)
  expect(performance.now() - changedMs).toBeLessThan(2000)
  for (const name of ['web', 'dns', 'tcp', 'tcp2']) expectEachOnce(of(name))
})

test('a failure is told within 250 ms of the probe, good news in calm batches', async () => {
  let well = true
  const web = await targets.http((_request, response) => response.writeHead(well ? 200 : 503).end())
  await apply([...site, check('web', { kind: 'http', url: `http://127.0.0.1:${web}/` })])
  startAgent()
  await expect.poll(() => of('web').length, patience).toBeGreaterThan(3)
  well = false
  await expect.poll(() => of('web').at(-1)?.outcome, { timeout: 5000, interval: 5 }).toBe('fail')
  const [first] = of('web').filter(({ outcome }) => outcome === 'fail')
  expect(Date.now() - (first?.atMs ?? 0)).toBeLessThan(400) // 50 ms of batching, the rest is this machine's
  expect(first?.detail).toBe('HTTP 503')
})

test('a cut wire loses nothing, and answers that got lost double nothing', async () => {
  const tcp = await targets.tcp()
  await apply([...site, check('tcp', { kind: 'tcp', port: tcp })])
  startAgent()
  await expect.poll(() => of('tcp').length, patience).toBeGreaterThan(3)
  for (const state of ['no-answers', 'cut'] as const) {
    wire.state = state
    const before = Date.now()
    await new Promise((resolve) => setTimeout(resolve, 2500))
    wire.state = 'whole'
    await expect.poll(() => of('tcp').some(({ atMs }) => atMs > before + 2600), patience).toBe(true)
    const during = of('tcp').filter(({ atMs }) => atMs > before && atMs < before + 2500)
    expect(during.length).toBeGreaterThan(5) // it went on probing
  }
  expectEachOnce(of('tcp'))
  const stored = await stage.store.samples.agents()
  expect([...stored.values()]).toEqual([{ seenAtMs: expect.any(Number), dropped: 0 }])
})

test('beyond its bound the oldest are lost, and how many is told', async () => {
  const tcp = await targets.tcp()
  const many = Array.from({ length: 30 }, (_, i) =>
    check(`tcp${i}`, { kind: 'tcp', port: tcp }, { interval: '100ms', timeout: '80ms' }),
  )
  await apply([...site, ...many])
  startAgent('--buffer', '1000')
  await expect.poll(() => of('tcp0').length, patience).toBeGreaterThan(3)
  wire.state = 'cut'
  await new Promise((resolve) => setTimeout(resolve, 6000)) // 300 samples a second
  wire.state = 'whole'
  await expect
    .poll(async () => [...(await stage.store.samples.agents()).values()][0]?.dropped ?? 0, patience)
    .toBeGreaterThan(100)
  const sequences = of('tcp0').map(({ sequence }) => sequence)
  expect(new Set(sequences).size).toBe(sequences.length)
})

test('an agent whose document is taken away stops probing', async () => {
  let asked = 0
  const web = await targets.http((_request, response) => {
    asked++
    response.end()
  })
  await apply([...site, check('web', { kind: 'http', url: `http://127.0.0.1:${web}/` })])
  startAgent()
  await expect.poll(() => asked, patience).toBeGreaterThan(2)
  await ask(stage, 'DELETE', '/v1/documents/Agent/s1-probe?reason=gone', { headers: admin })
  await expect.poll(() => said, patience).toContain('no Agent document')
  const before = asked
  await new Promise((resolve) => setTimeout(resolve, 800))
  expect(asked).toBe(before)
})

test('reflects UDP echo, and leaves no fping behind when it is killed', async () => {
  await apply([...site, check('icmp', { kind: 'icmp' })])
  startAgent('--reflect', '127.0.0.1:0', '--reflect-as', 'pop-s1')
  await expect.poll(() => said, patience).toContain('"reflector":')
  const port = Number(/"reflector":(\d+)/.exec(said)?.[1])
  const subject = { kind: 'path', pop: 'sin' as PopId, path: 'to-s1' } as const
  const what = { kind: 'udp', address: '127.0.0.1' as Address, port, packets: 3, spacingMs: 5 } as const
  const task = { id: 'x', check: 'x', subject, probe: what, intervalMs: 1000, timeoutMs: 500 }
  expect(await probe(task, stop.signal)).toMatchObject({ outcome: 'ok', answeredBy: 'pop-s1' })
  await expect.poll(() => of('icmp').length, patience).toBeGreaterThan(1)
  const [fping] = execFileSync('ps', ['--ppid', String(agent.pid), '-o', 'pid='])
    .toString()
    .trim()
    .split('\n')
  await end('SIGKILL')
  await expect.poll(() => alive(Number(fping)), patience).toBe(false)
})

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
