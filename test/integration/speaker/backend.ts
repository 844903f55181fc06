/**
 * The backends of the port `Speaker`, each with two external neighbors and an internal one that really hear what is
 * announced: memory, GoBGP 3.36 and GoBGP 4.8 with gobgpd neighbors on loopback addresses of their own.
 */
import { type Address, parseAddress } from '../../../src/bgp/address.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import { must } from '../../../src/bgp/parsed.ts'
import { type PathAttributes, attributesKey, attributesOf } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { ExportPolicy } from '../../../src/speaker/export-policy.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import { createMemorySpeaker } from '../../../src/speaker/memory.ts'
import type { NeighborConfig, Speaker, SpeakerNeighbor } from '../../../src/speaker/speaker.ts'
import { type GobgpVersion, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'

export const asn = 65001 as Asn
export const options = { deadlineMs: 10_000 }

/** A neighbor that hears, and can teach. */
export interface Listener {
  readonly address: Address
  readonly asn: Asn
  /** Its number in marks. */
  readonly number: number
  /** What it has learned from the speaker, seen from its own side. */
  heard(): Promise<ReadonlyMap<Prefix, PathAttributes>>
  /** Announces a path of its own to the speaker. */
  teach(prefix: Prefix, attributes: PathAttributes): Promise<void>
  /** UPDATE messages it ever got; undefined where nothing counts them. */
  updates(): Promise<number | undefined>
  /** Dies. */
  leave(): Promise<void>
}

export interface Bench {
  readonly speaker: Speaker
  readonly transit: Listener
  readonly peer: Listener
  readonly internal: Listener
  /** The export policy that was installed: all three neighbors, no treatments. */
  readonly policy: ExportPolicy
  /** Sessions of memory come up by themselves; elsewhere nobody is at the other end. */
  readonly setState?: (neighbor: Address, state: SpeakerNeighbor['state']) => void
  close(): Promise<void>
}

export type BackendName = 'memory' | GobgpVersion

export const backends = [
  { name: 'memory', backend: 'memory' },
  { name: 'GoBGP 3.36', backend: 'trixie' },
  { name: 'GoBGP 4.8', backend: 'forky' },
] as const satisfies readonly { name: string; backend: BackendName }[]

const listenerAsns = { transit: 64601, peer: 64602, internal: 65001 } as const
const roles = ['transit', 'peer', 'internal'] as const
/** Numbers of which one is the beginning and the end of another: a mark must match as a whole. */
const numbers = { transit: 11, peer: 111, internal: 1 } as const

/** A speaker with its policy and three established sessions. */
export async function openBench(backend: BackendName): Promise<Bench> {
  return backend === 'memory' ? memoryBench() : gobgpBench(backend)
}

export function neighborConfig(neighbor: { address: Address; asn: Asn }, rest: Partial<NeighborConfig> = {}) {
  return {
    address: neighbor.address,
    asn: neighbor.asn,
    passive: false,
    families: ['ipv4', 'ipv6'],
    holdTimeSeconds: 9,
    keepaliveSeconds: 3,
    connectRetrySeconds: 1,
    gracefulRestartSeconds: 0,
    restarting: false,
    ...rest,
  } satisfies NeighborConfig
}

async function memoryBench(): Promise<Bench> {
  const address = must(parseAddress('127.0.0.1'))
  const speaker = createMemorySpeaker({ asn, address })
  const listener = (role: (typeof roles)[number]): Listener => {
    const neighbor = { address: must(parseAddress(`127.1.1.${numbers[role]}`)), asn: listenerAsns[role] as Asn }
    return {
      ...neighbor,
      number: numbers[role],
      async heard() {
        const sent = await speaker.adjOut(neighbor.address, 'all', options)
        return new Map(sent.map(({ prefix, attributes }) => [prefix, attributesOf(attributes)]))
      },
      async teach(prefix, attributes) {
        const asPath = neighbor.asn === asn ? attributes.asPath : [neighbor.asn, ...attributes.asPath]
        speaker.learn(neighbor.address, prefix, attributesKey({ ...attributes, asPath }))
      },
      updates: async () => undefined,
      leave: async () => speaker.setNeighborState(neighbor.address, 'idle'),
    }
  }
  const [transit, peer, internal] = [listener('transit'), listener('peer'), listener('internal')]
  const policy = policyOf([transit, peer, internal])
  await speaker.ensureExportPolicy(policy, options)
  for (const neighbor of [transit, peer, internal]) await speaker.addNeighbor(neighborConfig(neighbor), options)
  const setState: NonNullable<Bench['setState']> = (neighbor, state) => speaker.setNeighborState(neighbor, state)
  return { speaker, transit, peer, internal, policy, setState, close: async () => speaker.close() }
}

async function gobgpBench(version: GobgpVersion): Promise<Bench> {
  const own = loopbackAddress()
  const daemon = await startGobgpd({ version, asn, address: own })
  const speaker = connectGobgp({ endpoint: daemon.endpoint })
  const closing = [async () => speaker.close(), () => daemon.stop()]
  const listener = async (role: (typeof roles)[number]) => {
    const neighbor = await startGobgpd({ asn: listenerAsns[role], config: passiveNeighbor(own) })
    const itself = connectGobgp({ endpoint: neighbor.endpoint })
    closing.push(async () => itself.close(), neighbor.stop)
    const address = must(parseAddress(neighbor.address))
    const heard: Listener = {
      address,
      asn: listenerAsns[role] as Asn,
      number: numbers[role],
      async heard() {
        const paths = await itself.rib('all', options)
        const learned = paths.filter(({ learnedFrom }) => learnedFrom === own)
        return new Map(learned.map(({ prefix, attributes }) => [prefix, attributesOf(attributes)]))
      },
      async teach(prefix, attributes) {
        await itself.announce([{ prefix, identifier: 0, attributes: attributesKey(attributes) }], options)
      },
      async updates() {
        const [peer] = JSON.parse(await neighbor.cli('neighbor', '-j')) as {
          state: { messages: { received: { update?: string | number } } }
        }[]
        return Number(peer?.state.messages.received.update ?? 0)
      },
      leave: neighbor.kill,
    }
    const config = neighborConfig(heard, { localAddress: must(parseAddress(own)), remotePort: neighbor.bgpPort })
    return { heard, config }
  }
  const [transit, peer, internal] = await Promise.all([listener('transit'), listener('peer'), listener('internal')])
  const policy = policyOf([transit.heard, peer.heard, internal.heard])
  await speaker.ensureExportPolicy(policy, options)
  for (const { config } of [transit, peer, internal]) await speaker.addNeighbor(config, options)
  await established(speaker, 3)
  const close = async () => void (await Promise.all(closing.map((one) => one())))
  return { speaker, transit: transit.heard, peer: peer.heard, internal: internal.heard, policy, close }
}

/** TOML of a neighbor that waits to be called, with both families. */
export function passiveNeighbor(address: string): string {
  return `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${address}"
    peer-as = ${asn}
  [neighbors.transport.config]
    passive-mode = true
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-unicast"
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv6-unicast"
`
}

/** Waits until so many sessions are up. */
export async function established(speaker: Speaker, count: number): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const neighbors = await speaker.neighbors(options)
    if (neighbors.filter(({ state }) => state === 'established').length === count) return
    if (performance.now() > deadline) throw new Error(`sessions did not come up: ${JSON.stringify(neighbors)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function policyOf(listeners: readonly Listener[]): ExportPolicy {
  return { asn, neighbors: listeners.map(({ address, number }) => ({ address, number })), treatments: [] }
}
