/**
 * Rehearsed failovers on real daemons: dry, nothing moves; in earnest, the POP loses its route under all guards, within
 * the time line that is told, and has it back by itself.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PracticeView, RehearsalView } from '../../../src/api/wire/practice.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type CommandLine, commandLine } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { probedService, startProbes } from '../../support/probed-service.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

const [prefix, narrow, other] = ['203.0.113.0/24', '10.7.0.0/24', '10.9.0.0/24']
const places = ['s0', 's1', 's2', 's3']
const withinMs = 20_000

const everyMs = 200

let redis: TestRedis
let store: OpenStore
let controller: Controller
let daemons: readonly Gobgpd[]
let herald: CommandLine
let probing: NodeJS.Timeout

beforeAll(async () => {
  redis = await startRedis()
  daemons = await Promise.all(places.map(() => startGobgpd({ asn: networkAsn })))
  controller = await startController({ redis: redis.url })
  store = await openTestStore(redis.url, 'herald')
  herald = commandLine(controller)
  const policy = { checks: ['dns'], return: { prepends: [1], stage: '1s' } }
  await controller.apply([
    ...networkDocuments(daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint }))),
    ...probedService(places, { everyMs: everyMs, holdDown: '2s' }),
    { kind: 'Prefix', name: prefix, spec: { at: ['all'], failover: policy } },
    { kind: 'Prefix', name: narrow, spec: { at: ['pop-s0', 'pop-s1'], failover: policy } },
    { kind: 'Prefix', name: other, spec: { at: ['all'], failover: policy } },
    { kind: 'Prefix', name: '10.8.0.0/24', spec: { at: ['all'] } },
  ])
  probing = startProbes(store, places, everyMs)
  await eventually(withinMs, async () => expect(await announcing(prefix)).toEqual(places))
  await eventually(withinMs, async () => {
    const { checks } = await controller.expect<{ checks: readonly { state: string }[] }>('GET', '/v1/checks')
    expect(checks.filter(({ state }) => state === 'healthy')).toHaveLength(places.length)
  })
}, 60_000)

afterAll(async () => {
  clearInterval(probing)
  await store?.close()
  await controller?.stop()
  await Promise.all((daemons ?? []).map((daemon) => daemon.stop()))
  await redis?.stop()
}, 30_000)

it('dry: tells what would be taken out and who would stay, and moves nothing', async () => {
  await controller.expect('POST', '/v1/traffic', { pops: { 'pop-s1': 10 } })
  const before = await revision()
  const view = await controller.expect<RehearsalView>('GET', rehearsal(prefix, 'pop-s1'))
  expect(view).toMatchObject({
    outcome: 'out',
    check: 'dns',
    measures: [{ action: 'withdraw', place: { kind: 'pop', name: 'pop-s1' } }],
    refused: [],
    before: ['pop-s0', 'pop-s1', 'pop-s2', 'pop-s3'],
    after: ['pop-s0', 'pop-s2', 'pop-s3'],
  })
  const { out, code } = await herald('practice', prefix, '--pop', 'pop-s1')
  expect(code).toBe(0)
  expect(out).toMatch(/would be taken out[\s\S]*then at pop-s0, pop-s2, pop-s3/)
  expect(out).not.toMatch(/load that moves/)
  expect(await revision()).toBe(before)
  expect(await announcing(prefix)).toEqual(places)
})

it('dry: names the guard that would refuse it, and a practice in earnest is refused by the same', async () => {
  const view = await controller.expect<RehearsalView>('GET', rehearsal(narrow, 'pop-s1'))
  expect(view).toMatchObject({ outcome: 'refused', refused: [{ guard: 'floor' }], after: ['pop-s0', 'pop-s1'] })
  const body = { prefix: narrow, pop: 'pop-s1', forSeconds: 5, reason: 'drill' }
  const refused = await controller.request('POST', '/v1/practice', body)
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'practice-refused', detail: expect.stringContaining('G1') },
  })
  const told = await herald('practice', narrow, '--pop', 'pop-s1')
  expect(told).toMatchObject({ code: 1, out: expect.stringContaining('G1') })
  const absent = await herald('practice', narrow, '--pop', 'pop-s2')
  expect(absent).toMatchObject({ code: 1, out: expect.stringContaining(`${narrow} is not announced at pop-s2`) })
  const dumb = await controller.request('GET', rehearsal('10.8.0.0/24', 'pop-s1'))
  expect(dumb).toMatchObject({
    status: 422,
    body: { code: 'no-policy', detail: expect.stringContaining('spec.failover: { checks: [CHECK]') },
  })
})

it('in earnest: the route goes, the time line is told, and it comes back by itself', async () => {
  const ran = herald('practice', prefix, '--pop', 'pop-s1', '--real', '--for', '3s', '--reason', 'quarterly drill')
  await eventually(withinMs, async () => expect(await announcing(prefix)).toEqual(['s0', 's2', 's3']))
  expect(await announcing('10.8.0.0/24')).toEqual(places)
  const second = await controller.request('POST', '/v1/practice', {
    prefix,
    pop: 'pop-s2',
    forSeconds: 5,
    reason: 'another',
  })
  expect(second).toMatchObject({
    status: 409,
    body: { code: 'practice-runs', detail: expect.stringMatching(/until .*; herald practice --stop ends it/) },
  })
  expect((await herald('status')).out).toMatch(/^practice: 203\.0\.113\.0\/24 at pop-s1 until /m)
  const { alarms } = await controller.expect<{ alarms: readonly object[] }>('GET', '/v1/alarms?state=open')
  expect(alarms).toEqual([expect.objectContaining({ id: 'dns/service/pop-s1/practice', severity: 'info' })])
  const { out, code } = await ran
  console.log(out)
  expect(out).toMatch(/last needed sample sent, then taken \d+ ms → decided \d+ ms .* RIB \d+ ms/)
  expect(out).toMatch(/well again/)
  expect(out).toMatch(
    /^over: out, proved, \d.*; all back \d.*; announced at pop-s0, pop-s1, pop-s2, pop-s3, as before$/m,
  )
  expect(code).toBe(0)
  expect(await announcing(prefix)).toEqual(places)
  const view = await controller.expect<PracticeView>('GET', '/v1/practice')
  expect(view).toMatchObject({ state: 'over', pop: 'pop-s1', reason: 'quarterly drill' })
  expect(view.revisions.length).toBeGreaterThanOrEqual(2)
  const { alarms: after } = await controller.expect<{ alarms: readonly object[] }>('GET', '/v1/alarms?state=open')
  expect(after).toEqual([])
}, 60_000)

it('is ended by a word, too', async () => {
  const begin = { prefix: other, pop: 'pop-s1', forSeconds: 600, reason: 'drill' }
  await controller.expect('POST', '/v1/practice', begin)
  await eventually(withinMs, async () => expect(await announcing(other)).toEqual(['s0', 's2', 's3']))
  const { out } = await herald('practice', '--stop', '--reason', 'seen enough')
  expect(out).toMatch(/^returning: /)
  await eventually(withinMs, async () => expect(await announcing(other)).toEqual(places))
  await eventually(withinMs, async () => expect((await herald('practice')).out).toMatch(/^over: /))
})

it('does not begin while frozen, nor where it would not come back in time', async () => {
  const begin = { prefix, pop: 'pop-s1', forSeconds: 3, reason: 'drill' }
  expect(await controller.request('POST', '/v1/practice', begin)).toMatchObject({
    status: 409,
    body: { code: 'practice-stuck', detail: expect.stringContaining('G15') },
  })
  await controller.expect('POST', '/v1/freeze', { reason: 'hands off' })
  expect(await controller.request('POST', '/v1/practice', begin)).toMatchObject({
    status: 409,
    body: { code: 'practice-refused', detail: expect.stringContaining('freeze') },
  })
  await controller.expect('POST', '/v1/unfreeze', { reason: 'on again' })
})

it('is refused past the breaker (G2): another POP was out a short while ago', async () => {
  const begin = { prefix, pop: 'pop-s2', forSeconds: 1, reason: 'drill' }
  expect(await controller.request('POST', '/v1/practice', begin)).toMatchObject({
    status: 409,
    body: { code: 'practice-refused', detail: expect.stringContaining('G2') },
  })
})

function rehearsal(of: string, pop: string): string {
  return `/v1/practice/rehearsal?prefix=${encodeURIComponent(of)}&pop=${pop}`
}

async function revision(): Promise<number | undefined> {
  return (await store.revisions.head())?.revision
}

async function announcing(of: string): Promise<readonly string[]> {
  const ribs = await Promise.all(daemons.map((daemon) => daemon.cli('global', 'rib')))
  return places.filter((_, i) => ribs[i]?.includes(of))
}
