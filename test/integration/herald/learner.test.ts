/**
 * The path learner on a real daemon with two neighbors that offer one destination: what probes of the paths say becomes
 * a Preference, and the best path of the RIB follows. Samples are put where agents' batches arrive.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attributesOf } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { Sample } from '../../../src/health/sample.ts'
import type { SubjectKey } from '../../../src/health/subject.ts'
import type { AgentId } from '../../../src/intent/monitoring.ts'
import type { RevisionView } from '../../../src/api/wire/revision.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import type { Speaker } from '../../../src/speaker/speaker.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

const withinMs = 40_000
const destination = '198.51.100.0/24' as Prefix
const names = ['bb1', 'bb2'] as const

let redis: TestRedis
let store: OpenStore
let controller: Controller
let daemon: Gobgpd
let speaker: Speaker
let birds: Readonly<Record<string, Bird>>
let probing: ReturnType<typeof startProbing>

beforeAll(async () => {
  const address = loopbackAddress()
  const port = await freePort(address)
  const session = [{ name: 's0', address, port, asn: networkAsn }]
  const [bb1, bb2] = await Promise.all([64511, 64510].map((asn) => startBird(asn, () => session, [destination])))
  birds = { bb1: bb1!, bb2: bb2! }
  redis = await startRedis()
  daemon = await startGobgpd({ asn: networkAsn, address, bgpPort: port, routerId: '192.0.2.1' })
  speaker = connectGobgp({ endpoint: daemon.endpoint })
  controller = await startController({ redis: redis.url })
  store = await openTestStore(redis.url, 'herald')
  const neighbors = Object.entries(birds).map(([id, bird]) => ({
    id,
    speaker: 's0',
    address: bird.address,
    asn: bird.asn,
    localAddress: address,
    remotePort: bird.port,
  }))
  await controller.apply([
    ...networkDocuments([{ id: 's0', endpoint: daemon.endpoint }], neighbors),
    { kind: 'Agent', name: 'probe', spec: { pop: 'pop-s0' } },
    ...names.map((name) => ({
      kind: 'Check' as const,
      name: `${name}-rtt`,
      spec: { subject: 'path', target: '198.51.100.1', probe: { kind: 'icmp' }, interval: '1s' },
    })),
  ])
  await mode('shadow')
  await eventually(withinMs, async () => expect((await paths()).length).toBe(2))
  probing = startProbing()
}, 90_000)

afterAll(async () => {
  await probing?.stop()
  speaker?.close()
  await store?.close()
  await controller?.stop()
  await Promise.all([daemon, ...Object.values(birds ?? {})].map((one) => one?.stop()))
  await redis?.stop()
}, 30_000)

test('in shadow a dead path is told and nothing moves; in auto it is left for the healthy one, with a sentence', async () => {
  const own = await inUse()
  const other = own === 'bb1' ? 'bb2' : 'bb1'
  await eventually(withinMs, async () => expect((await learner())?.batches).toBeGreaterThanOrEqual(8))
  expect((await learner())?.chosen).toBe(own)
  probing.dead.add(own)
  await eventually(withinMs, async () =>
    expect((await store.learner.decisions(10))[0]?.decision).toMatchObject({ kind: 'move', to: other, applied: false }),
  )
  expect(await preferences()).toEqual([])
  probing.dead.clear()
  // The last twenty probes count: until they are good again the path is dead, and auto would leave it at once.
  const { batches = 0 } = (await learner()) ?? {}
  await eventually(withinMs, async () => expect((await learner())?.batches).toBeGreaterThan(batches + 8))
  await mode('auto')
  // What is in use is BGP's own choice, whatever was decided in the shadow.
  await eventually(withinMs, async () => expect((await learner())?.chosen).toBe(own))
  await eventually(withinMs, async () => expect((await learner())?.batches).toBeGreaterThanOrEqual(24))
  probing.dead.add(own)
  const died = Date.now()
  await eventually(withinMs, async () => expect(await steeredTo()).toBe(birds[other]?.address))
  console.log(`blackhole at 100 ms probes → best path moved after ${Date.now() - died} ms`)
  const { revisions } = await controller.expect<{ revisions: readonly RevisionView[] }>('GET', '/v1/revisions?limit=1')
  expect(revisions[0]).toMatchObject({ author: 'herald:learner', command: `prefer origin --at pop-s0 --path ${other}` })
  const { body } = await controller.request<LearnerView>('GET', '/v1/learner')
  expect(body.decisions[0]).toMatchObject({ kind: 'move', pop: 'pop-s0', to: other, applied: true })
  expect(revisions[0]?.reason).toBe(body.decisions[0]?.sentence)
}, 120_000)

test('a controller that is killed goes on with what it knew', async () => {
  const before = await learner()
  await controller.restart()
  await eventually(withinMs, async () => expect((await learner())?.batches).toBeGreaterThan((before?.batches ?? 0) + 2))
  expect((await learner())?.chosen).toBe(before?.chosen)
  expect(await steeredTo()).toBe(birds[before?.chosen ?? '']?.address)
}, 60_000)

test('what a person prefers is left alone, although that path is dead', async () => {
  const [dead] = probing.dead
  await controller.expect('POST', '/v1/preferences', { group: 'origin', pop: 'pop-s0', path: dead, reason: 'a test' })
  await eventually(withinMs, async () => expect(await steeredTo()).toBe(birds[dead ?? '']?.address))
  const { batches } = (await learner()) ?? { batches: 0 }
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect((await learner())?.batches).toBe(batches)
  expect(await steeredTo()).toBe(birds[dead ?? '']?.address)
})

interface LearnerView {
  readonly decisions: readonly { readonly sentence: string }[]
}

async function mode(said: string): Promise<void> {
  const group = Object.fromEntries(names.map((name) => [name, { neighbor: name, check: `${name}-rtt` }]))
  const spec = { destinations: [destination], paths: group, mode: said }
  await controller.apply([{ kind: 'PathGroup', name: 'origin', spec }])
}

async function paths() {
  return speaker.rib([destination], { deadlineMs: 3000 })
}

async function best() {
  return (await paths()).find((path) => path.best)
}

/** The path that BGP took by itself. */
async function inUse(): Promise<'bb1' | 'bb2'> {
  return (await best())?.learnedFrom === birds['bb1']?.address ? 'bb1' : 'bb2'
}

async function steeredTo(): Promise<string | undefined> {
  const attributes = attributesOf((await best())!.attributes)
  return attributes.localPref === 500 ? attributes.nextHop : undefined
}

async function learner() {
  return (await store.learner.memory()).places['pop-s0/origin']?.learner
}

async function preferences(): Promise<readonly string[]> {
  const { documents } = await store.revisions.documents()
  return [...documents.keys()].filter((key) => key.startsWith('Preference/'))
}

/** Ten probes a second over both paths, as an agent at the POP sends them. */
function startProbing() {
  const dead = new Set<string>()
  let batch = 0
  const send = async (): Promise<void> => {
    batch++
    const samples = names.map((name): Sample => ({
      task: `${name}-rtt`,
      subject: `path/pop-s0/${name}-rtt` as SubjectKey,
      agent: 'probe',
      sequence: batch,
      atMs: Date.now(),
      ...(dead.has(name) ? { outcome: 'fail', detail: 'timeout' } : { outcome: 'ok', rttMs: 20 + (batch % 3) / 10 }),
    }))
    await store.samples.take('probe' as AgentId, { run: 'r1', batch, samples, dropped: 0 }, Date.now())
  }
  let sending = Promise.resolve()
  const timer = setInterval(() => (sending = sending.then(send).catch(() => undefined)), 100)
  return {
    dead,
    async stop() {
      clearInterval(timer)
      await sending
    },
  }
}
