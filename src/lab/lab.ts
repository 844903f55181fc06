/**
 * A lab: real gobgpd speakers and real BIRD upstream routers in network namespaces of their own, joined by veth links.
 *
 * 1. Every POP and every upstream gets a namespace, which lives as long as this process holds it.
 * 2. Links are made from namespace to namespace; the machine's own network is never touched.
 * 3. Upstreams and speakers start; sessions come up once the speakers have their neighbors.
 *
 * Nothing outlives it: stop() ends all; where this process is killed instead, the kernel ends children and namespaces,
 * and the next lab removes the folder.
 */
import { type Namespace, openNamespace } from './namespace.ts'
import { labDocuments, labManifests, speakerId } from './manifests.ts'
import { type RunFolder, openRunFolder } from './run-folder.ts'
import { type SpeakerDaemon, startSpeaker } from './speaker-daemon.ts'
import { type LinePlan, type PopPlan, type Topology, linksOf } from './topology.ts'
import { type Upstream, startUpstream } from './upstream.ts'

export interface Lab {
  /** Private folder of this run: sockets, logs, configurations. Gone after stop. */
  readonly folder: RunFolder
  readonly pops: readonly LabPop[]
  /** Of all POPs, in order. */
  readonly upstreams: readonly Upstream[]
  /** Sessions that are up when everything is. */
  readonly sessions: number
  /** YAML documents in herald/v1: Network, places, pool, speakers, neighbors. */
  manifests(): string
  pop(id: string): LabPop
  /** kill -9 of the POP's gobgpd. */
  killSpeaker(pop: string): Promise<void>
  /** Starts it again, empty. */
  restartSpeaker(pop: string): Promise<void>
  /** Ends everything and waits until it is gone. Safe to call twice. */
  stop(): Promise<void>
}

export interface LabPop {
  readonly id: string
  readonly region: string
  /** Name of its Speaker document. */
  readonly speaker: string
  readonly daemon: SpeakerDaemon
  readonly upstreams: readonly Upstream[]
  /** Process in its namespace, for `nsenter --net --target`. */
  readonly holder: number
}

export async function startLab(topology: Topology): Promise<Lab> {
  const folder = openRunFolder()
  const spaces: Namespace[] = []
  const remove = (): void => folder.remove()
  process.once('exit', remove)
  const pops: LabPop[] = []
  let stopped: Promise<void> | undefined

  async function close(): Promise<void> {
    await Promise.all(pops.flatMap(({ daemon, upstreams }) => [daemon, ...upstreams].map((one) => one.kill())))
    await Promise.all(spaces.map((space) => space.close()))
    remove()
    process.off('exit', remove)
  }

  const stop = (): Promise<void> => (stopped ??= close())
  try {
    const build = { folder, topology, spaces }
    const started = await Promise.allSettled(topology.pops.map((plan, index) => startPop(build, plan, index)))
    for (const pop of started) {
      if (pop.status === 'rejected') throw pop.reason
      pops.push(pop.value)
    }
  } catch (error) {
    await stop()
    throw error
  }
  const pop = (id: string): LabPop => {
    const found = pops.find((candidate) => candidate.id === id)
    if (found === undefined) throw new Error(`the lab has no POP ${id}`)
    return found
  }
  const upstreams = pops.flatMap((each) => each.upstreams)
  return {
    folder,
    pops,
    upstreams,
    sessions: upstreams.reduce((sum, { links }) => sum + links.length, 0),
    manifests: () => labManifests(labDocuments(topology, (id) => pop(id).daemon.endpoint)),
    pop,
    killSpeaker: (id) => pop(id).daemon.kill(),
    restartSpeaker: (id) => pop(id).daemon.start(),
    stop,
  }
}

interface Build {
  readonly folder: RunFolder
  readonly topology: Topology
  /** Every namespace that was opened, to be closed again. */
  readonly spaces: Namespace[]
}

async function startPop(build: Build, plan: PopPlan, index: number): Promise<LabPop> {
  const { folder, topology } = build
  const space = await open(build)
  await space.ip(['link set lo up'])
  const upstreams = await Promise.all(
    plan.lines.map((line, place) => startLine(build, space, plan, index, line, place)),
  )
  const neighbors = plan.lines.flatMap(({ asn }, place) => linksOf(index, place).map((link) => ({ asn, link })))
  const daemon = await startSpeaker(folder, space, {
    id: speakerId(plan.id),
    asn: topology.asn,
    routerId: linksOf(index, 0)[0].speaker,
    file: plan.configuredBy === 'file' ? neighbors : undefined,
  })
  return { id: plan.id, region: plan.region, speaker: speakerId(plan.id), daemon, upstreams, holder: space.pid }
}

/** A line: a veth pair from the POP to a namespace of the upstream router's own, and the router. */
async function startLine(
  build: Build,
  pop: Namespace,
  plan: PopPlan,
  index: number,
  line: LinePlan,
  place: number,
): Promise<Upstream> {
  const router = await open(build)
  const links = linksOf(index, place)
  const addresses = (device: string, end: 'speaker' | 'upstream'): readonly string[] => [
    ...links.map((link) => `address add ${link[end]}/${link.prefixLength} dev ${device}${nodad(link.family)}`),
    `link set ${device} up`,
  ]
  await pop.ip([
    `link add name ${line.name} type veth peer name pop netns ${router.pid}`,
    ...addresses(line.name, 'speaker'),
  ])
  await router.ip(['link set lo up', ...addresses('pop', 'upstream')])
  return startUpstream(build.folder, router, {
    id: `${plan.id}-${line.name}`,
    pop: plan.id,
    line,
    links,
    speakerAsn: build.topology.asn,
  })
}

/** Duplicate address detection (RFC 4862) would keep an IPv6 address unusable for a second. */
function nodad(family: 'ipv4' | 'ipv6'): string {
  return family === 'ipv6' ? ' nodad' : ''
}

async function open({ folder, spaces }: Build): Promise<Namespace> {
  const space = await openNamespace(folder)
  spaces.push(space)
  return space
}
