/**
 * One real daemon with two BIRD neighbors that offer one destination, a controller, and probes of both paths: samples are
 * put where agents' batches arrive. For tests of the path learner.
 */
import { attributesOf } from '../../src/bgp/path.ts'
import type { Prefix } from '../../src/bgp/prefix.ts'
import type { Sample } from '../../src/health/sample.ts'
import type { SubjectKey } from '../../src/health/subject.ts'
import type { AgentId } from '../../src/intent/monitoring.ts'
import { connectGobgp } from '../../src/speaker/gobgp/connect.ts'
import type { Speaker } from '../../src/speaker/speaker.ts'
import type { OpenStore } from '../../src/store/open.ts'
import { type Bird, startBird } from './bird.ts'
import { type Controller, startController } from './controller.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd } from './gobgpd.ts'
import { networkAsn, networkDocuments } from './network.ts'
import { type TestRedis, startRedis } from './redis.ts'
import { openTestStore } from './store.ts'

export const destination = '198.51.100.0/24' as Prefix
export const pathNames = ['bb1', 'bb2'] as const
export type PathName = (typeof pathNames)[number]

export interface TwoPaths {
  readonly redis: TestRedis
  readonly store: OpenStore
  readonly controller: Controller
  readonly birds: Readonly<Record<PathName, Bird>>
  readonly probing: Probing
  /** Paths of the destination in the RIB. */
  paths(): ReturnType<Speaker['rib']>
  /** The path that BGP took by itself. */
  inUse(): Promise<PathName>
  /** The path that a steering route takes; undefined: there is none. */
  steeredTo(): Promise<PathName | undefined>
  /** The group's document; `learning` as documents write it. */
  group(mode: string, learning?: object): Promise<void>
  learner(): Promise<LearnerOfPlace | undefined>
  place(): Promise<PlaceOf | undefined>
  preferences(): Promise<readonly string[]>
  stop(): Promise<void>
}

type PlaceOf = Awaited<ReturnType<OpenStore['learner']['memory']>>['places'][string]
type LearnerOfPlace = PlaceOf['learner']

export interface Probing {
  readonly dead: Set<string>
  readonly costsMs: Record<PathName, number>
  stop(): Promise<void>
}

export async function startTwoPaths(): Promise<TwoPaths> {
  const address = loopbackAddress()
  const port = await freePort(address)
  const session = [{ name: 's0', address, port, asn: networkAsn }]
  const [bb1, bb2] = await Promise.all([64511, 64510].map((asn) => startBird(asn, () => session, [destination])))
  const birds = { bb1: bb1!, bb2: bb2! }
  const redis = await startRedis()
  const daemon = await startGobgpd({ asn: networkAsn, address, bgpPort: port, routerId: '192.0.2.1' })
  const speaker = connectGobgp({ endpoint: daemon.endpoint })
  const controller = await startController({ redis: redis.url })
  const store = await openTestStore(redis.url, 'herald')
  await controller.apply(documentsOf(daemon, address, birds))
  const probing = startProbing(store)
  const paths = () => speaker.rib([destination], { deadlineMs: 3000 })
  const best = async () => (await paths()).find((path) => path.best)
  const nameOf = (at: string | undefined) => pathNames.find((name) => birds[name].address === at)
  const place = async () => (await store.learner.memory()).places['pop-s0/origin']
  return {
    redis,
    store,
    controller,
    birds,
    probing,
    paths,
    place,
    async inUse() {
      return nameOf((await best())?.learnedFrom) ?? 'bb2'
    },
    async steeredTo() {
      const attributes = attributesOf((await best())!.attributes)
      return attributes.localPref === 500 ? nameOf(attributes.nextHop) : undefined
    },
    async group(mode, learning) {
      const group = Object.fromEntries(pathNames.map((name) => [name, { neighbor: name, check: `${name}-rtt` }]))
      const spec = { destinations: [destination], paths: group, mode, ...(learning !== undefined && { learning }) }
      await controller.apply([{ kind: 'PathGroup', name: 'origin', spec }])
    },
    async learner() {
      return (await place())?.learner
    },
    async preferences() {
      const { documents } = await store.revisions.documents()
      return [...documents.keys()].filter((key) => key.startsWith('Preference/'))
    },
    async stop() {
      await probing.stop()
      speaker.close()
      await store.close()
      await controller.stop()
      await Promise.all([daemon, birds.bb1, birds.bb2].map((one) => one.stop()))
      await redis.stop()
    },
  }
}

function documentsOf(daemon: Gobgpd, address: string, birds: TwoPaths['birds']) {
  const neighbors = pathNames.map((id) => ({
    id,
    speaker: 's0',
    address: birds[id].address,
    asn: birds[id].asn,
    localAddress: address,
    remotePort: birds[id].port,
  }))
  return [
    ...networkDocuments([{ id: 's0', endpoint: daemon.endpoint }], neighbors),
    { kind: 'Agent' as const, name: 'probe', spec: { pop: 'pop-s0' } },
    ...pathNames.map((name) => ({
      kind: 'Check' as const,
      name: `${name}-rtt`,
      spec: { subject: 'path', target: '198.51.100.1', probe: { kind: 'icmp' }, interval: '1s' },
    })),
  ]
}

/** Ten probes a second over both paths, as an agent at the POP sends them. */
function startProbing(store: OpenStore): Probing {
  const dead = new Set<string>()
  const costsMs = { bb1: 20, bb2: 20 }
  let batch = 0
  const send = async (): Promise<void> => {
    batch++
    const samples = pathNames.map((name): Sample => ({
      task: `${name}-rtt`,
      subject: `path/pop-s0/${name}-rtt` as SubjectKey,
      agent: 'probe',
      sequence: batch,
      atMs: Date.now(),
      ...(dead.has(name)
        ? { outcome: 'fail', detail: 'timeout' }
        : { outcome: 'ok', rttMs: costsMs[name] + (batch % 3) / 10 }),
    }))
    await store.samples.take('probe' as AgentId, { run: 'r1', batch, samples, dropped: 0 }, Date.now())
  }
  let sending = Promise.resolve()
  const timer = setInterval(() => (sending = sending.then(send).catch(() => undefined)), 100)
  return {
    dead,
    costsMs,
    async stop() {
      clearInterval(timer)
      await sending
    },
  }
}
