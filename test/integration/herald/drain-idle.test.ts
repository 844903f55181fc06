/** Drains that wait for their traffic to fall, on real daemons: how long they stay marked, and what ends the waiting. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { DrainView } from '../../../src/api/wire/drain.ts'
import type { RevisionListView } from '../../../src/api/wire/revision.ts'
import type { PopId } from '../../../src/intent/model.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type CommandLine, commandLine } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

const prefix = '203.0.113.0/24'
const withinMs = 20_000
const why = ['--reason', 'a test']

let redis: TestRedis
let store: OpenStore
let controller: Controller
let daemons: readonly Gobgpd[]
let herald: CommandLine
let exporter: NodeJS.Timeout
/** What the exporter tells of pop-s0 every 200 ms; undefined: it is silent. */
let traffic: number | undefined

beforeAll(async () => {
  redis = await startRedis()
  daemons = await Promise.all((['trixie', 'forky', 'forky'] as const).map((version) => gobgpd(version)))
  controller = await startController({ redis: redis.url })
  store = await openTestStore(redis.url, 'herald')
  herald = commandLine(controller)
  await controller.apply([
    ...networkDocuments(daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint }))),
    { kind: 'Prefix', name: prefix, spec: { at: ['all'] } },
  ])
  // Straight into Redis, so that figures come whether or not a controller runs.
  exporter = setInterval(() => {
    if (traffic === undefined) return
    const pops = new Map([['pop-s0' as PopId, { amount: traffic, atMs: Date.now() }]])
    void store.health.tellTraffic({ pops, neighbors: new Map(), groups: new Map() }).catch(() => undefined)
  }, 200)
  await eventually(withinMs, async () => expect(await routeAt(0)).toBe('plain'))
}, 60_000)

afterEach(async () => {
  await herald('unfreeze', ...why)
  for (const { id } of await drains()) await herald('undrain', id, ...why)
  await eventually(withinMs, async () => expect(await routeAt(0)).toBe('plain'))
})

afterAll(async () => {
  clearInterval(exporter)
  await store?.close()
  await controller?.stop()
  await Promise.all((daemons ?? []).map((daemon) => daemon.stop()))
  await redis?.stop()
}, 30_000)

it('stays marked while there is traffic, goes when it is gone, and --wait ends when the route is out of the RIB', async () => {
  await tell(1000)
  const waiting = herald('drain', 'pop-s0', '--until-idle', '5%', '--at-most', '5m', '--for', '1h', '--wait', ...why)
  await eventually(withinMs, async () =>
    expect(await only()).toMatchObject({
      stage: 'waiting',
      untilIdle: { below: '5%', traffic: [{ place: 'pop-s0', state: 'above', amount: 1000, below: 50 }] },
    }),
  )
  await eventually(withinMs, async () => expect(await routeAt(0)).toBe('marked'))
  await passes(3000) // the command looks every second
  await tell(51)
  await passes(2500)
  expect(await routeAt(0)).toBe('marked')
  await tell(49)
  const { code, out, err } = await waiting
  expect(err).toBe('')
  expect(code).toBe(0)
  expect(out).toContain('pop-s0 has 1000, and waits for less than 50')
  expect(out).toMatch(/out of traffic until .*; its traffic was gone at/)
  expect(await routeAt(0)).toBe('absent')
  expect(await routeAt(1)).toBe('plain')
  const { revisions } = await controller.expect<RevisionListView>('GET', '/v1/revisions?limit=1')
  expect(revisions[0]).toMatchObject({ author: 'herald:drain', reason: 'pop-s0 has 49, less than 50' })
})

it('figures that stop are not taken for no traffic: it waits for its limit, and says so', async () => {
  await tell(1000)
  traffic = undefined
  await passes(500)
  const { code, out } = await herald('drain', 'pop-s0', '--until-idle', '5%', '--at-most', '4s', '--wait', ...why)
  expect(code).toBe(0)
  expect(out).toContain('nobody has told the traffic of pop-s0 since the drain began')
  expect(out).toContain('it waited as long as it may, and nobody saw its traffic gone')
  expect(await routeAt(0)).toBe('absent')
})

it('--seen ends when it is gone, and says where no witness can tell that it is', async () => {
  const { code, out, err } = await herald('drain', 'pop-s0', '--grace', '1s', '--seen', ...why)
  expect(out).toContain('out of traffic')
  expect(code).toBe(3)
  expect(err).toContain('no vantage point names the POP that answers, and no vantage router can tell')
  expect(await routeAt(0)).toBe('absent')
})

it('a share of what nobody knows is doubted at once, and a bound in another unit is refused', async () => {
  traffic = undefined
  await controller.apply([{ kind: 'Pop', name: 'pop-s1', spec: { region: 'region-s1', capacity: '500 requests/s' } }])
  const doubted = await herald('drain', 'pop-s1', '--until-idle', '5%', '--dry-run', ...why)
  expect(doubted.out).toContain('what pop-s1 had is not known')
  const refused = await herald('drain', 'pop-s1', '--until-idle', '20Mbit/s', ...why)
  expect(refused.code).toBe(2)
  expect(refused.err).toContain('is in bit/s, and traffic of pop-s1 is in requests/s')
  expect((await herald('drain', 'pop-s1', '--at-most', '5m', ...why)).code).toBe(2)
})

it('a freeze keeps it where it is, past its limit and with no traffic left; it goes when the freeze ends', async () => {
  await tell(1000)
  expect((await herald('freeze', ...why)).code).toBe(0)
  expect((await herald('drain', 'pop-s0', '--until-idle', '5%', '--at-most', '3s', ...why)).code).toBe(0)
  await eventually(withinMs, async () => expect(await routeAt(0)).toBe('marked'))
  await tell(0)
  await passes(5000)
  expect(await routeAt(0)).toBe('marked')
  expect((await only()).summary).toContain('once the freeze is over')
  await herald('unfreeze', ...why)
  await eventually(withinMs, async () => expect(await routeAt(0)).toBe('absent'))
})

it('a dead controller leaves it where it is, past its limit; the next one lets it go', async () => {
  await tell(1000)
  expect((await herald('drain', 'pop-s0', '--until-idle', '5%', '--at-most', '4s', ...why)).code).toBe(0)
  await eventually(withinMs, async () => expect(await routeAt(0)).toBe('marked'))
  await controller.kill()
  await tell(0)
  await passes(6000)
  expect(await routeAt(0)).toBe('marked')
  await controller.restart()
  await eventually(withinMs, async () => expect(await routeAt(0)).toBe('absent'))
}, 60_000)

it('one that is lifted while it waits never goes, and --wait says so', async () => {
  await tell(1000)
  const waiting = herald('drain', 'pop-s0', '--until-idle', '5%', '--wait', ...why)
  await eventually(withinMs, async () => expect((await only()).stage).toBe('waiting'))
  const { id } = await only()
  expect((await herald('undrain', 'pop-s0', ...why)).code).toBe(0)
  const { code, err } = await waiting
  expect(code).toBe(3)
  expect(err).toContain(`${id} was lifted before it was gone`)
  expect(await routeAt(0)).toBe('plain')
})

function gobgpd(version: Gobgpd['version']): Promise<Gobgpd> {
  return startGobgpd({ version, asn: networkAsn })
}

async function routeAt(i: number): Promise<'absent' | 'marked' | 'plain'> {
  const text = (await daemons[i]?.cli('global', 'rib', prefix).catch(() => '')) ?? ''
  if (!text.includes(prefix)) return 'absent'
  // GoBGP's name for 65535:0
  return /planned-shut|graceful-shutdown|65535:0/i.test(text) ? 'marked' : 'plain'
}

async function drains(): Promise<readonly DrainView[]> {
  return (await controller.expect<{ drains: readonly DrainView[] }>('GET', '/v1/drains')).drains
}

async function only(): Promise<DrainView> {
  const [one, ...more] = await drains()
  if (one === undefined || more.length > 0) throw new Error(`not one drain, but ${more.length + (one ? 1 : 0)}`)
  return one
}

/** From now on, and Redis has it. */
async function tell(amount: number): Promise<void> {
  traffic = amount
  await eventually(withinMs, async () => {
    const { pops } = await store.health.traffic()
    expect(pops.get('pop-s0' as PopId)?.amount).toBe(amount)
  })
}

/** Long enough for something to happen that must not. */
async function passes(ms: number): Promise<void> {
  const from = performance.now()
  await eventually(ms + withinMs, async () => expect(performance.now() - from).toBeGreaterThan(ms))
}
