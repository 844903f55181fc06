/**
 * Staged changes on real daemons (G5): a canary that breaks takes the whole change back by itself and every RIB is as it was;
 * one that stays well is followed by the rest. Controllers are killed between stages, a freeze stops it, people move it.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AlarmListView } from '../../../src/api/wire/alarm.ts'
import type { ChangeView } from '../../../src/api/wire/change.ts'
import type { ExplanationView } from '../../../src/api/wire/explanation.ts'
import type { RevisionListView } from '../../../src/api/wire/revision.ts'
import type { RolloutView } from '../../../src/api/wire/rollout.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type CommandLine, commandLine } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { probedService, startProbes } from '../../support/probed-service.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

const places = ['s0', 's1', 's2', 's3']
const withinMs = 30_000
/** One for every case, and some for those that CI tries again. */
const prefixes = Array.from({ length: 20 }, (_, n) => `10.${n + 1}.0.0/24`)

const everyMs = 200

let redis: TestRedis
let store: OpenStore
let controller: Controller
let daemons: readonly Gobgpd[]
let bird: Bird
let herald: CommandLine
let probing: NodeJS.Timeout
/** Places whose service fails, asked before every sample. */
let broken: (place: string) => boolean = () => false
let next = 0
let firstFailedAtMs = Infinity

beforeAll(async () => {
  redis = await startRedis()
  const sites = await Promise.all(
    places.map(async (name) => {
      const address = loopbackAddress()
      return { name, address, port: await freePort(address), asn: networkAsn }
    }),
  )
  bird = await startBird(64496, () => sites)
  daemons = await Promise.all(
    sites.map(({ address, port }, i) =>
      startGobgpd({
        asn: networkAsn,
        address,
        bgpPort: port,
        routerId: `192.0.2.${i + 1}`,
        version: i % 2 === 0 ? 'forky' : 'trixie',
      }),
    ),
  )
  const lines = sites.map(({ name, address }) => ({
    id: `line-${name}`,
    speaker: name,
    address: bird.address,
    asn: bird.asn,
    localAddress: address,
    remotePort: bird.port,
  }))
  controller = await startController({ redis: redis.url })
  store = await openTestStore(redis.url, 'herald')
  herald = commandLine(controller)
  await controller.apply([
    ...networkDocuments(
      daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint })),
      lines,
    ),
    ...probedService(places, { everyMs: everyMs, holdDown: '1s' }),
    ...prefixes.map((name) => ({
      kind: 'Prefix' as const,
      name,
      spec: { at: ['pop-s0', 'pop-s1'], failover: { checks: ['dns'], action: 'prepend' } },
    })),
  ])
  probing = startProbes(store, places, everyMs, (place, atMs) => {
    const isBroken = broken(place)
    if (isBroken) firstFailedAtMs = Math.min(firstFailedAtMs, atMs)
    return isBroken ? 'refused' : 'ok'
  })
  for (const prefix of prefixes)
    await eventually(withinMs, async () => expect(await heardFrom(prefix)).toEqual(['s0', 's1']))
}, 90_000)

afterAll(async () => {
  clearInterval(probing)
  await store?.close()
  await controller?.stop()
  await Promise.all((daemons ?? []).map((daemon) => daemon.stop()))
  await bird?.stop()
  await redis?.stop()
}, 30_000)

/** A prefix of its own for every case: automation's budgets (G15) are counted by prefix. */
let prefix: string
beforeEach(async () => {
  const own = prefixes[next++]
  if (own === undefined) throw new Error('more cases than prefixes')
  prefix = own
  broken = () => false
  await eventually(withinMs, async () => expect(await healthy()).toBe(places.length))
})

const wider = () =>
  ['publish', prefix, '--at', 'pop-s2,pop-s3', '--med', '50', '--reason', 'growth', '--staged'] as const
const begin = async (staged: object, body: object = {}): Promise<ChangeView> =>
  controller.expect('POST', '/v1/prefixes/publish', {
    prefix,
    at: ['pop-s2', 'pop-s3'],
    reason: 'growth',
    staged,
    ...body,
  })
const show = (id: string | undefined) => controller.expect<RolloutView>('GET', `/v1/rollouts/${id}`)

it('the canary breaks: all of it goes back by itself, every RIB is as it was, and whoever waits is told', async () => {
  const before = await ribs(prefix)
  broken = (place) => place === 's2' && isThere.has(`s2 ${prefix}`)
  const watched = followRibs()
  const { out, err, code } = await herald(...wider(), '--settle', '3s', '--wait')
  watched.stop()
  console.log(`${out}\n${err}`)
  expect(code).toBe(1)
  expect(out).toMatch(/Staged as rollout-\w+: 2 stages, each watched for 3s/)
  expect(out).toMatch(/stage 1 of 2: out at pop-s2\n[\s\S]*pop-s2 +s2 +\d+ ms +\d+ ms +\d+ ms +1/)
  expect(err).toMatch(
    /was rolled back: its prefixes are as they were\n.*stage 1 of 2: pop-s2 was well before: dns at pop-s2 fails/,
  )
  await eventually(withinMs, async () => expect(await ribs(prefix)).toEqual(before))
  await eventually(withinMs, async () => expect(await heardFrom(prefix)).toEqual(['s0', 's1']))
  expect(watched.seen).not.toContain(`s3 ${prefix}`)
  const { revisions } = await controller.expect<RevisionListView>('GET', '/v1/revisions?limit=1')
  console.log(
    `first failed sample → rolled back ${Date.parse(revisions[0]?.at ?? '') - firstFailedAtMs} ms (fall 3, 200 ms)`,
  )
  expect(revisions[0]).toMatchObject({ author: 'herald:rollout', reason: expect.stringMatching(/\(alice: growth\)$/) })
  const [id] = /rollout-\w+/.exec(out) ?? []
  await eventually(withinMs, async () => {
    const { alarms } = await controller.expect<AlarmListView>('GET', '/v1/alarms?state=open')
    expect(alarms).toContainEqual(
      expect.objectContaining({ kind: 'rollout-rolled-back', severity: 'warning', labels: { rollout: id, prefix } }),
    )
  })
  const events = (await store.events.latest(200)).map(({ event }) => event)
  expect(events.filter(({ type }) => type === 'rollout').map((event) => 'state' in event && event.state)).toEqual([
    'started',
    'rolled-back',
  ])
  expect(await controller.expect<string>('GET', '/metrics')).toMatch(/herald_rollout_steps_total\{step="rollback"\} 1/)
}, 60_000)

it('the canary stays well: the rest follows, each stage read back first', async () => {
  const { out, code } = await herald(...wider(), '--settle', '2s', '--wait')
  console.log(out)
  expect(out).toMatch(/stage 1 of 3: out at pop-s2\n[\s\S]*stayed|stage 2 of/)
  expect(out).toMatch(/done: revision \d+ by herald:rollout: all \d stages are out/)
  expect(code).toBe(0)
  expect(await heardFrom(prefix)).toEqual(places)
  const listed = await herald('rollout')
  expect(listed.out).toMatch(/done/)
}, 60_000)

it('a move: new sites first, the old ones last, and a broken new one brings the old ones back', async () => {
  const before = await ribs(prefix)
  const { id } = await begin({ settleSeconds: 2 }, { only: true })
  await eventually(withinMs, async () => expect((await show(id)).stage).toBe(3))
  await eventually(withinMs, async () => expect(await announcing(prefix)).toEqual(['s2', 's3']))
  broken = (place) => place === 's3'
  await eventually(withinMs, async () => expect((await show(id)).state).toBe('rolled-back'))
  await eventually(withinMs, async () => expect(await ribs(prefix)).toEqual(before))
}, 60_000)

describe('a neighbor closes its session while the canary is watched', () => {
  afterEach(async () => {
    for (const place of places) await bird.open(place)
    await eventually(withinMs, async () => expect(await sessionsDown()).toEqual([]))
  })

  it.each([
    ['s2', 'GoBGP 4.8'],
    ['s3', 'GoBGP 3.36'],
  ])(
    'at the canary %s (%s), whose checks stay well: all of it goes back, and the rest is never touched',
    async (canary) => {
      const before = await ribs(prefix)
      const watched = followRibs()
      const { id } = await begin({ canary: [`pop-${canary}`], settleSeconds: 10, giveUpSeconds: 60 })
      await eventually(withinMs, async () => expect((await show(id)).readBackAt).toBeDefined())
      await eventually(withinMs, async () => expect(await heardFrom(prefix)).toEqual(['s0', 's1', canary]))
      await bird.shut(canary)
      const closedAtMs = Date.now()
      await eventually(withinMs, async () => expect((await show(id)).state).toBe('rolled-back'))
      watched.stop()
      const { revisions } = await controller.expect<RevisionListView>('GET', '/v1/revisions?limit=1')
      console.log(`session closed → rolled back ${Date.parse(revisions[0]?.at ?? '') - closedAtMs} ms`)
      expect(revisions[0]).toMatchObject({ author: 'herald:rollout' })
      expect((await show(id)).ended?.reason).toMatch(
        new RegExp(`pop-${canary} was well before: session with line-${canary}.*: ${canary} lost it`),
      )
      expect(await healthy()).toBe(places.length)
      await eventually(withinMs, async () => expect(await ribs(prefix)).toEqual(before))
      expect([...watched.seen].filter((one) => one.endsWith(` ${prefix}`)).toSorted()).toEqual(
        ['s0', 's1', canary].map((place) => `${place} ${prefix}`),
      )
    },
    60_000,
  )

  it('at a POP that its stages do not touch: that is no sign, and it goes on to the end', async () => {
    const { id } = await begin({ canary: ['pop-s2'], settleSeconds: 3, giveUpSeconds: 60 })
    await eventually(withinMs, async () => expect((await show(id)).readBackAt).toBeDefined())
    await bird.shut('s0')
    await eventually(withinMs, async () => expect(await sessionsDown()).toEqual(['pop-s0']))
    expect(await show(id)).toMatchObject({ state: 'running' })
    await eventually(withinMs, async () => expect((await show(id)).state).toBe('done'))
    expect(await announcing(prefix)).toEqual(places)
  }, 60_000)
})

describe('what stops it', () => {
  it('a controller killed between two stages: nothing moves meanwhile, and the next one goes on', async () => {
    const { id } = await begin({ settleSeconds: 3 })
    await eventually(withinMs, async () => expect((await show(id)).readBackAt).toBeDefined())
    await controller.kill()
    expect(await announcing(prefix)).toEqual(['s0', 's1', 's2'])
    await new Promise((resolve) => setTimeout(resolve, 4000))
    expect(await announcing(prefix)).toEqual(['s0', 's1', 's2'])
    await controller.restart()
    expect(await show(id)).toMatchObject({ state: 'running', stage: 1 })
    const explained = await controller.expect<ExplanationView>(
      'GET',
      `/v1/explain?prefix=${encodeURIComponent(prefix)}&pop=pop-s3`,
    )
    expect(explained.sentences.join('\n')).toMatch(/pop-s3 waits for stage 2 of 2/)
    await eventually(withinMs, async () => expect((await show(id)).state).toBe('done'))
    expect(await announcing(prefix)).toEqual(places)
  }, 90_000)

  it('Redis killed between two stages: nothing moves, and it goes on when Redis is back', async () => {
    const { id } = await begin({ settleSeconds: 3 })
    await eventually(withinMs, async () => expect((await show(id)).readBackAt).toBeDefined())
    await redis.kill()
    await new Promise((resolve) => setTimeout(resolve, 4000))
    expect(await announcing(prefix)).toEqual(['s0', 's1', 's2'])
    await redis.restart()
    await eventually(withinMs, async () => expect((await show(id)).state).toBe('done'))
    expect(await announcing(prefix)).toEqual(places)
  }, 90_000)

  it('a freeze: it goes neither on nor back, whatever is sick, and a person can still take it back', async () => {
    const before = await ribs(prefix)
    const { id } = await begin({ settleSeconds: 2, giveUpSeconds: 4 })
    await eventually(withinMs, async () => expect(await announcing(prefix)).toEqual(['s0', 's1', 's2']))
    await controller.expect('POST', '/v1/freeze', { reason: 'hands off' })
    broken = (place) => place === 's2'
    await eventually(withinMs, async () => expect((await show(id)).waitsFor).toMatch(/freeze/))
    await eventually(withinMs, async () => expect(await healthy()).toBe(places.length - 1))
    await new Promise((resolve) => setTimeout(resolve, 5000))
    expect(await show(id)).toMatchObject({ state: 'running', stage: 1 })
    expect(await announcing(prefix)).toEqual(['s0', 's1', 's2'])
    // It stands for longer than it may: HeraldRolloutStands of deploy/prometheus tells it.
    expect(await stageRatio()).toBeGreaterThan(1)
    const { code, out } = await herald('rollout', 'abort', id ?? '', '--reason', 'seen enough', '--wait')
    expect(code, out).toBe(0)
    expect(await ribs(prefix)).toEqual(before)
    expect(await show(id)).toMatchObject({ state: 'rolled-back', ended: { author: 'alice', reason: 'seen enough' } })
    await controller.expect('POST', '/v1/unfreeze', { reason: 'on again' })
  }, 60_000)

  it('a floor that would break by now: the next stage is refused, an alarm says so, and all of it goes back in time', async () => {
    await controller.expect('POST', '/v1/prefixes/publish', { prefix, at: ['all'], reason: 'everywhere' })
    await eventually(withinMs, async () => expect(await announcing(prefix)).toEqual(places))
    const leaving = {
      prefix,
      at: ['pop-s2', 'pop-s3'],
      reason: 'shrink',
      staged: { settleSeconds: 3, giveUpSeconds: 9 },
    }
    const { id } = await controller.expect<ChangeView>('POST', '/v1/prefixes/withdraw', leaving)
    const quiet = { prefix, at: ['pop-s0'], attributes: { announce: false }, reason: 's0 is odd' }
    await controller.expect('POST', '/v1/overrides', quiet)
    await eventually(withinMs, async () => expect((await show(id)).waitsFor).toMatch(/refused: .* at 1 POP .*below/))
    const { alarms } = await controller.expect<AlarmListView>('GET', '/v1/alarms?state=open')
    expect(alarms).toContainEqual(expect.objectContaining({ kind: 'rollout-refused', labels: { rollout: id } }))
    expect(await announcing(prefix)).toEqual(['s1', 's3'])
    await eventually(withinMs, async () => expect((await show(id)).state).toBe('rolled-back'))
    await eventually(withinMs, async () => expect(await announcing(prefix)).toEqual(['s1', 's2', 's3']))
  }, 60_000)

  it('a daemon that does not answer: it is not read back, and given up when its time is over', async () => {
    const before = await ribs(prefix)
    daemons[3]?.pause()
    const { id } = await begin({ canary: ['pop-s3'], settleSeconds: 2, giveUpSeconds: 8 })
    await eventually(withinMs, async () => expect((await show(id)).waitsFor).toMatch(/stage 1 is not read back: s3/))
    await eventually(withinMs, async () => expect((await show(id)).state).toBe('rolled-back'))
    daemons[3]?.resume()
    await eventually(withinMs, async () => expect(await ribs(prefix)).toEqual(before))
    expect((await show(id)).ended?.reason).toMatch(/not read back.*8 s is as long as a stage may take/)
  }, 60_000)
})

/** POPs with an alarm of a session that is lost. */
async function sessionsDown(): Promise<readonly (string | undefined)[]> {
  const { alarms } = await controller.expect<AlarmListView>('GET', '/v1/alarms?state=open')
  return alarms.flatMap(({ kind, labels }) => (kind === 'session-down' ? [labels['pop']] : []))
}

async function stageRatio(): Promise<number> {
  const metrics = await controller.expect<string>('GET', '/metrics')
  return Number(/^herald_rollout_stage_ratio (\S+)$/m.exec(metrics)?.[1])
}

async function healthy(): Promise<number> {
  const verdicts = await store.health.verdicts()
  return [...verdicts.values()].filter(({ state }) => state === 'healthy').length
}

/** Places whose route the neighbor has. */
async function heardFrom(of: string): Promise<readonly string[]> {
  const routes = await bird.routes()
  return places.filter((place) => routes.has(`${place} ${of}`))
}

async function announcing(of: string): Promise<readonly string[]> {
  const found = await ribs(of)
  return places.filter((place) => found[place] !== '')
}

/** What each RIB says of the prefix, ages aside. */
async function ribs(of: string): Promise<Readonly<Record<string, string>>> {
  const texts = await Promise.all(daemons.map((daemon) => daemon.cli('global', 'rib', '-j')))
  return Object.fromEntries(places.map((place, i) => [place, pathsOf(texts[i] ?? '{}', of)]))
}

function pathsOf(text: string, of: string): string {
  const table = JSON.parse(text === '' ? '{}' : text) as Readonly<
    Record<string, readonly { readonly attrs: unknown }[]>
  >
  const paths = table[of] ?? []
  return paths.length === 0 ? '' : JSON.stringify(paths.map(({ attrs }) => attrs))
}

/** `place prefix` that is in a RIB now, as last looked. */
const isThere = new Set<string>()

/** Looks at all RIBs again and again, and keeps everything that was ever there. */
function followRibs() {
  const seen = new Set<string>()
  const stop = new AbortController()
  const look = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const found = await announcing(prefix)
      isThere.clear()
      for (const place of found) isThere.add(`${place} ${prefix}`)
      for (const one of isThere) seen.add(one)
    }
  }
  void look().catch(() => undefined)
  return { seen, stop: () => stop.abort() }
}
