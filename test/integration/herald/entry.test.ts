/**
 * MED in operation: one BIRD router of AS 64511 is attached at two POPs of real daemons, another of AS 64512 at a third.
 * What it costs to enter at each POP decides, MED at every POP follows, BIRD chooses by it, and what a vantage point behind
 * it is answered by, which is what BIRD chose, confirms it or rolls it back.
 */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LearnerDecisionView, LearnerView } from '../../../src/api/wire/learner.ts'
import type { ExplanationView } from '../../../src/api/wire/explanation.ts'
import type { RevisionView } from '../../../src/api/wire/revision.ts'
import type { StatusView } from '../../../src/api/wire/status.ts'
import type { Sample } from '../../../src/health/sample.ts'
import type { SubjectKey } from '../../../src/health/subject.ts'
import type { AgentId } from '../../../src/intent/monitoring.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

const withinMs = 30_000
const prefix = '203.0.113.0/24'
const speakers = ['s0', 's1', 's2'] as const

let redis: TestRedis
let store: OpenStore
let controller: Controller
let daemons: readonly Gobgpd[]
let t1: Bird
let t2: Bird
let probing: ReturnType<typeof startProbing>

beforeAll(async () => {
  const places = await Promise.all(
    speakers.map(async (name) => {
      const address = loopbackAddress()
      return { name, address, port: await freePort(address), asn: networkAsn }
    }),
  )
  t1 = await startBird(64511, () => places.slice(0, 2))
  t2 = await startBird(64512, () => places.slice(2))
  redis = await startRedis()
  daemons = await Promise.all(
    places.map(({ address, port }, i) =>
      startGobgpd({ asn: networkAsn, address, bgpPort: port, routerId: `192.0.2.${i + 1}` }),
    ),
  )
  controller = await startController({ redis: redis.url })
  store = await openTestStore(redis.url, 'herald')
  const neighbors = places.map(({ name, address }, i) => {
    const bird = i < 2 ? t1 : t2
    return {
      id: `${name}-line`,
      speaker: name,
      address: bird.address,
      asn: bird.asn,
      localAddress: address,
      remotePort: bird.port,
    }
  })
  await controller.apply([
    ...networkDocuments(
      speakers.map((id, i) => ({ id, endpoint: daemons[i]!.endpoint })),
      neighbors,
    ),
    { kind: 'Prefix', name: prefix, spec: { at: ['all'] } },
    { kind: 'Agent', name: 'client6', spec: { vantage: true } },
    {
      kind: 'Check',
      name: 'entry',
      spec: {
        subject: 'path',
        from: ['client6'],
        probe: { kind: 'icmp' },
        targets: { 'pop-s0': '192.0.2.1', 'pop-s1': '192.0.2.2', 'pop-s2': '192.0.2.3' },
      },
    },
    {
      kind: 'Check',
      name: 'sees',
      spec: {
        subject: 'service',
        at: ['pop-s0'],
        from: ['client6'],
        probe: { kind: 'udp', port: 7, packets: 1 },
        target: '203.0.113.10',
      },
    },
  ])
  await group(['pop-s0', 'pop-s1'], 'auto')
  probing = startProbing()
  await eventually(withinMs, async () => expect(await t1.routes()).toEqual(new Set([`s0 ${prefix}`, `s1 ${prefix}`])))
}, 90_000)

afterAll(async () => {
  await probing?.stop()
  await store?.close()
  await controller?.stop()
  await Promise.all([...(daemons ?? []), t1, t2].map((one) => one?.stop()))
  await redis?.stop()
}, 30_000)

let moved: LearnerDecisionView

test('the entry moves by MED where it costs less, and is confirmed by what vantage points are answered by', async () => {
  const from = await entered()
  const to = from === 's0' ? 's1' : 's0'
  expect(await meds()).toEqual({})
  await eventually(withinMs, async () => expect((await place())?.learner.chosen).toBe(`pop-${from}`))
  probing.costsMs[from] = 60
  await eventually(withinMs, async () => {
    expect(await meds()).toEqual({ [from]: 100, [to]: 0 })
    expect(await entered()).toBe(to)
  })
  await eventually(withinMs, async () => expect(await kinds()).toEqual(['confirmed', 'move']))
  const { decisions, places } = await learner()
  moved = decisions[1]!
  expect(places[0]).toMatchObject({
    kind: 'entry',
    chosen: `pop-${to}`,
    med: { state: 'settled' },
    preferred: { by: 'learner' },
  })
  expect(decisions[0]?.sentence).toMatch(new RegExp(`^transit enters at pop-${to} instead of pop-${from} after \\d+ s`))
  const { revisions } = await controller.expect<{ revisions: readonly RevisionView[] }>('GET', '/v1/revisions?limit=1')
  expect(revisions[0]).toMatchObject({
    author: 'herald:learner',
    command: `prefer transit --enter pop-${to}`,
    revision: moved.revision,
    reason: moved.sentence,
  })
  const { learned, sentences } = await controller.expect<ExplanationView>(
    'GET',
    `/v1/explain?prefix=${prefix}&pop=pop-${to}`,
  )
  expect(learned).toMatchObject([
    { place: 'entry:transit', now: { chosen: `pop-${to}` }, lastDecision: { kind: 'confirmed' } },
  ])
  expect(sentences.join('\n')).toMatch(/MED 0 toward s\d-line, by the path learner since/)
}, 60_000)

test('a person undoes the decision by its id: MED is as it was, and the POP is barred', async () => {
  const from = await entered()
  await controller.expect('POST', `/v1/learner/decisions/${moved.id}/undo`, { reason: 'not now' })
  await eventually(withinMs, async () => {
    expect(await meds()).toEqual({})
    expect(await preference()).toBeUndefined()
  })
  await eventually(withinMs, async () => {
    const barred = (await place())?.learner.arms.find(({ path }) => path === `pop-${from}`)?.backOff.barredMs
    expect(barred).toBeGreaterThan(0)
  })
  const again = await controller.request<{ detail: string }>('POST', `/v1/learner/decisions/${moved.id}/undo`, {
    reason: 'again',
  })
  expect(again.status).toBe(409)
  expect(again.body.detail).toMatch(/was undone already \(revision \d+/)
})

test('what a person prefers for a while has an end that is told, and MED is as it was then', async () => {
  const to = (await entered()) === 's0' ? 's1' : 's0'
  await controller.expect('POST', '/v1/entry-preferences', {
    group: 'transit',
    pop: `pop-${to}`,
    forSeconds: 4,
    reason: 'for a look',
  })
  await eventually(withinMs, async () => expect(await entered()).toBe(to))
  const { preferences } = await controller.expect<StatusView>('GET', '/v1/status')
  expect(preferences).toEqual([
    { name: 'transit', about: `transit enters at pop-${to}`, until: expect.any(String) as string },
  ])
  await eventually(withinMs, async () => expect(await meds()).toEqual({}))
  expect((await controller.expect<StatusView>('GET', '/v1/status')).preferences).toEqual([])
  await controller.expect('POST', '/v1/entry-preferences', { group: 'transit', pop: null, reason: 'tidy up' })
}, 30_000)

test('a move that makes things worse is rolled back by itself, and its POP barred', async () => {
  await forgetTheHour()
  await group(['pop-s0', 'pop-s1'], 'auto', 'fresh')
  const from = await entered()
  const to = from === 's0' ? 's1' : 's0'
  probing.costsMs[from] = 20
  probing.costsMs[to] = 20
  await eventually(withinMs, async () => expect((await place('fresh'))?.learner.batches).toBeGreaterThan(4))
  probing.worseAt = to
  probing.costsMs[from] = 60
  await eventually(withinMs, async () => expect((await kinds('fresh'))[0]).toBe('rolled-back'))
  await eventually(withinMs, async () => {
    expect(await meds()).toEqual({})
    expect(await entered()).toBe(from)
  })
  expect((await learner('fresh')).decisions[0]?.sentence).toMatch(/MED is rolled back to what it was/)
  const audit = await controller.expect<{ revisions: readonly RevisionView[] }>('GET', '/v1/revisions?limit=2')
  expect(audit.revisions.map(({ author, command }) => `${author} ${command}`)).toEqual([
    'herald:learner prefer fresh --none',
    `herald:learner prefer fresh --enter pop-${to}`,
  ])
}, 60_000)

test('between ASes nothing is moved: prepends are proposed, and one command of a person makes them', async () => {
  probing.worseAt = undefined
  await group(['pop-s0', 'pop-s1', 'pop-s2'], 'auto', 'across', [64511, 64512])
  for (const name of ['s0', 's1'] as const) probing.costsMs[name] = 20
  probing.costsMs.s2 = 20
  await eventually(withinMs, async () => expect((await place('across'))?.learner.batches).toBeGreaterThan(4))
  for (const name of ['s0', 's1'] as const) probing.costsMs[name] = 60
  await eventually(withinMs, async () => expect((await learner('across')).proposals).toHaveLength(1))
  const { proposals } = await learner('across')
  expect(proposals[0]).toMatchObject({
    to: 'pop-s2',
    sentence: expect.stringMatching(/MED cannot move across .*AS64511.*AS64512.*same AS only/),
    would: [
      { neighbor: 's0-line', says: 'prepend once more' },
      { neighbor: 's1-line', says: 'prepend once more' },
    ],
  })
  expect(await meds()).toEqual({})
  const { body } = await controller.request<{ status: string }>('POST', '/v1/learner/proposals/across/approve', {
    reason: 'agreed',
  })
  expect(body.status).toBe('accepted')
  await eventually(withinMs, async () =>
    expect((await t1.attributes(prefix)).filter((line) => line === 'BGP.as_path: 64500 64500')).toHaveLength(2),
  )
  const audit = await controller.expect<{ revisions: readonly RevisionView[] }>('GET', '/v1/revisions?limit=1')
  expect(audit.revisions[0]?.author).not.toBe('herald:learner')
}, 60_000)

test('the log of all that replays, bit for bit', async () => {
  const { places } = await controller.expect<{
    places: readonly { place: string; decisions: number; difference?: unknown }[]
  }>('GET', '/v1/learner/replay')
  expect(places.map(({ place: name }) => name)).toEqual(['entry:across', 'entry:fresh', 'entry:transit'])
  for (const one of places) expect(one.difference).toBeUndefined()
})

async function group(at: readonly string[], mode: string, name = 'transit', asns = [64511]): Promise<void> {
  const learning = { threshold: 1, warmUp: 3, dwell: '1s' }
  const { documents } = await store.revisions.documents()
  for (const key of documents.keys())
    if (key.startsWith('EntryGroup/')) await controller.expect('DELETE', `/v1/documents/${key}?reason=test`)
  const spec = { asns, prefixes: [prefix], at, check: 'entry', mode, learning }
  await controller.apply([{ kind: 'EntryGroup', name, spec }])
}

/** A change of MED and its rollback are the budget of an hour at a POP: the next case is another hour. */
async function forgetTheHour(): Promise<void> {
  await controller.kill()
  const client = new Redis(redis.url)
  await client.del('{herald}:learner:changes')
  await client.quit()
  await controller.restart()
}

/** The speaker that BIRD chose. */
async function entered(): Promise<'s0' | 's1'> {
  return (await t1.best(prefix)) as 's0' | 's1'
}

/** MED of each session, as BIRD was sent it. */
async function meds(): Promise<Readonly<Record<string, number>>> {
  return t1.meds(prefix)
}

async function place(name = 'transit') {
  return (await store.learner.memory()).places[`entry:${name}`]
}

async function learner(name = 'transit'): Promise<LearnerView> {
  return controller.expect<LearnerView>('GET', `/v1/learner?place=entry:${name}`)
}

async function kinds(name = 'transit'): Promise<readonly string[]> {
  return (await learner(name)).decisions.map(({ kind }) => kind)
}

async function preference() {
  const { documents } = await store.revisions.documents()
  return [...documents.keys()].find((key) => key.startsWith('EntryPreference/'))
}

/** A vantage point behind t1: ten times a second it measures each POP, and is answered where BIRD sends it. */
function startProbing() {
  const costsMs: Record<(typeof speakers)[number], number> = { s0: 20, s1: 20, s2: 20 }
  const state = { costsMs, worseAt: undefined as string | undefined, stop }
  let batch = 0
  const send = async (): Promise<void> => {
    batch++
    const base = { agent: 'client6', sequence: batch, atMs: Date.now(), outcome: 'ok' as const }
    const by = await t1.best(prefix)
    const samples: Sample[] = speakers.map((name) => ({
      ...base,
      task: `entry/path/pop-${name}/entry`,
      subject: `path/pop-${name}/entry` as SubjectKey,
      rttMs: costsMs[name] + (batch % 3) / 10,
    }))
    samples.push({
      ...base,
      task: 'sees/service/pop-s0/sees',
      subject: 'service/pop-s0/sees' as SubjectKey,
      ...(by !== undefined && {
        answeredBy: `pop-${by}`,
        rttMs: by === state.worseAt ? 200 : costsMs[by as 's0'],
      }),
    })
    await store.samples.take('client6' as AgentId, { run: 'r1', batch, samples, dropped: 0 }, Date.now())
  }
  let sending = Promise.resolve()
  const timer = setInterval(() => (sending = sending.then(send).catch(() => undefined)), 100)
  async function stop(): Promise<void> {
    clearInterval(timer)
    await sending
  }
  return state
}
