/**
 * A whole speaker in memory behind the port `Speaker`: RIB, best paths, neighbors, export policy, adj-out, watch. Held
 * by the same contract suite as real daemons. Sessions come up at once, and a learned route is put in by `learn`.
 */
import type { Address } from '../bgp/address.ts'
import type { Asn } from '../bgp/asn.ts'
import { OperationError } from '../bgp/operation-error.ts'
import type { AttributesKey, Path } from '../bgp/path.ts'
import { type Prefix, parsePrefix, prefixFamily } from '../bgp/prefix.ts'
import { type Candidate, bestPath } from './best-path.ts'
import { EventQueue } from './event-queue.ts'
import type { ExportPolicy } from './export-policy.ts'
import { exported } from './memory-export.ts'
import type {
  AdjOutPath,
  CallOptions,
  GlobalConfig,
  NeighborConfig,
  PathKey,
  PolicyOptions,
  RefusedPath,
  RibPath,
  Speaker,
  SpeakerEvent,
  SpeakerGlobal,
  SpeakerNeighbor,
} from './speaker.ts'

export interface MemorySpeakerSettings {
  /** Given: BGP runs from the start, and again after a restart, as with a configuration file. */
  readonly asn?: Asn
  readonly routerId?: Address
  /** Our address of every session that has no local address of its own. Default 127.0.0.1. */
  readonly address?: Address
}

export interface MemorySpeaker extends Speaker {
  /** A neighbor sends a route, or takes it back. */
  learn(neighbor: Address, prefix: Prefix, attributes: AttributesKey): void
  unlearn(neighbor: Address, prefix: Prefix): void
  /** A session changes its state; what the neighbor taught us goes with it. */
  setNeighborState(neighbor: Address, state: SpeakerNeighbor['state']): void
  /** `unreachable` fails every call at once, `hung` at its deadline; watches break when it gets unreachable. */
  setReach(reach: 'up' | 'unreachable' | 'hung'): void
  /** kill -9 and a start: empty, but for what the settings say. */
  restart(): void
  /** An export policy that is not Herald's is in the way. */
  setForeignPolicy(name: string | undefined): void
}

interface StoredPath extends Candidate {
  readonly sinceSeconds: number
}

interface StoredNeighbor {
  readonly config: NeighborConfig
  readonly state: SpeakerNeighbor['state']
  readonly sinceMs: number
  readonly adminDown: boolean
}

export function createMemorySpeaker(settings: MemorySpeakerSettings = {}): MemorySpeaker {
  return new InMemory(settings)
}

class InMemory implements MemorySpeaker {
  readonly #settings: MemorySpeakerSettings
  #global: { readonly asn: Asn; readonly routerId: Address } | undefined
  #paths = new Map<Prefix, Map<string, StoredPath>>()
  #neighbors = new Map<Address, StoredNeighbor>()
  #policy: ExportPolicy | undefined
  #foreignPolicy: string | undefined
  #reach: 'up' | 'unreachable' | 'hung' = 'up'
  /** With the neighbors of which each is told everything. */
  readonly #watchers = new Map<EventQueue, ReadonlySet<Address>>()
  #incarnation = 0

  constructor(settings: MemorySpeakerSettings) {
    this.#settings = settings
    this.#begin()
  }

  async global(options: CallOptions): Promise<SpeakerGlobal> {
    await this.#answer(options)
    return { api: 'memory', asn: this.#global?.asn, routerId: this.#global?.routerId }
  }

  async start({ asn, routerId }: GlobalConfig, options: CallOptions): Promise<void> {
    await this.#answer(options)
    if (this.#global !== undefined) throw new OperationError('speaker-refused', 'memory: BGP is started already')
    this.#global = { asn, routerId }
  }

  async announce(paths: readonly Path[], options: CallOptions): Promise<readonly RefusedPath[]> {
    if (paths.length === 0) return []
    await this.#answer(options)
    this.#started()
    const refused = new Map<Prefix, RefusedPath>()
    for (const path of paths) {
      const outcome = parsePrefix(path.prefix)
      if (outcome.ok) this.#put({ ...path, learnedFrom: undefined, sinceSeconds: nowSeconds() })
      else refused.set(path.prefix, { prefix: path.prefix, message: outcome.problem })
    }
    return [...refused.values()]
  }

  async withdraw(paths: readonly PathKey[], options: CallOptions): Promise<void> {
    if (paths.length === 0) return
    await this.#answer(options)
    this.#started()
    for (const { prefix, identifier } of paths) this.#drop(prefix, pathId(undefined, identifier))
  }

  async rib(prefixes: readonly Prefix[] | 'all', options: CallOptions): Promise<readonly RibPath[]> {
    if (prefixes !== 'all' && prefixes.length === 0) return []
    await this.#answer(options)
    this.#started()
    const listed: RibPath[] = []
    for (const prefix of prefixes === 'all' ? this.#paths.keys() : new Set(prefixes)) {
      const paths = [...(this.#paths.get(prefix)?.values() ?? [])]
      const best = this.#best(prefix)
      for (const path of paths) listed.push({ ...path, best: path === best })
    }
    return listed
  }

  async adjOut(
    address: Address,
    prefixes: readonly Prefix[] | 'all',
    options: CallOptions,
  ): Promise<readonly AdjOutPath[]> {
    if (prefixes !== 'all' && prefixes.length === 0) return []
    await this.#answer(options)
    const { asn } = this.#started()
    const { config, state } = this.#neighbor(address)
    if (state !== 'established') return []
    const localAddress = config.localAddress ?? this.#settings.address ?? ('127.0.0.1' as Address)
    const neighbor = { address, asn: config.asn, localAddress }
    const sent: AdjOutPath[] = []
    for (const prefix of prefixes === 'all' ? this.#paths.keys() : new Set(prefixes)) {
      const best = this.#best(prefix)
      if (best === undefined || !config.families.includes(prefixFamily(prefix)) || this.#reflects(best, config))
        continue
      const attributes = exported(best, neighbor, asn, this.#policy)
      if (attributes !== undefined) sent.push({ prefix, attributes })
    }
    return sent
  }

  async neighbors(options: CallOptions): Promise<readonly SpeakerNeighbor[]> {
    await this.#answer(options)
    return [...this.#neighbors].map(([address, { config, state, sinceMs, adminDown }]) => {
      const received = this.#learnedFrom(address).length
      const up = state === 'established'
      return {
        address,
        asn: config.asn,
        state,
        adminDown,
        prefixLimit: false,
        deferring: false,
        ...(config.bfd !== undefined && { bfd: up ? ('up' as const) : ('down' as const) }),
        received,
        accepted: received,
        advertised: 0,
        uptimeSeconds: up ? Math.floor((Date.now() - sinceMs) / 1000) : undefined,
      }
    })
  }

  async addNeighbor(config: NeighborConfig, options: CallOptions): Promise<void> {
    await this.#answer(options)
    this.#started()
    if (this.#neighbors.has(config.address))
      throw new OperationError('speaker-refused', `memory: neighbor ${config.address} is there already`)
    this.#enter(config, config.shut === true)
  }

  async deleteNeighbor(address: Address, options: CallOptions): Promise<void> {
    await this.#answer(options)
    this.#neighbor(address)
    this.#forget(address)
    this.#neighbors.delete(address)
  }

  async shutNeighbor(address: Address, _communication: string, options: CallOptions): Promise<void> {
    await this.#answer(options)
    this.#enter(this.#neighbor(address).config, true)
  }

  async openNeighbor(address: Address, options: CallOptions): Promise<void> {
    await this.#answer(options)
    this.#enter(this.#neighbor(address).config, false)
  }

  async ensureExportPolicy(
    policy: ExportPolicy,
    options: PolicyOptions,
  ): Promise<'installed' | 'extended' | 'unchanged'> {
    await this.#answer(options)
    this.#started()
    if (this.#foreignPolicy !== undefined)
      throw new OperationError(
        'speaker-policy',
        `memory already has an export policy that is not Herald's (${this.#foreignPolicy})`,
      )
    const before = this.#policy
    if (before === undefined) await options.beforeInstall?.()
    this.#policy = extended(before, policy)
    if (before === undefined) return 'installed'
    return JSON.stringify(before) === JSON.stringify(this.#policy) ? 'unchanged' : 'extended'
  }

  async *watch({
    signal,
    opened,
    neighbors,
  }: Parameters<Speaker['watch']>[0]): AsyncGenerator<readonly SpeakerEvent[]> {
    await this.#answer({ deadlineMs: 5000, signal })
    const queue = new EventQueue()
    const abort = () => queue.end()
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    this.#watchers.set(queue, new Set(neighbors))
    opened()
    try {
      yield* queue.drain()
    } finally {
      this.#watchers.delete(queue)
      signal.removeEventListener('abort', abort)
    }
  }

  incarnation(): number {
    return this.#incarnation
  }

  close(): void {
    for (const watcher of this.#watchers.keys()) watcher.end()
  }

  learn(neighbor: Address, prefix: Prefix, attributes: AttributesKey): void {
    this.#put({ prefix, identifier: 0, attributes, learnedFrom: neighbor, sinceSeconds: nowSeconds() })
  }

  unlearn(neighbor: Address, prefix: Prefix): void {
    this.#drop(prefix, pathId(neighbor, 0))
  }

  setNeighborState(address: Address, state: SpeakerNeighbor['state']): void {
    const { config, adminDown } = this.#neighbor(address)
    this.#neighbors.set(address, { config, state, sinceMs: Date.now(), adminDown })
    if (state !== 'established') this.#forget(address)
    for (const watcher of this.#watchers.keys()) watcher.neighbor(address, state)
  }

  setReach(reach: 'up' | 'unreachable' | 'hung'): void {
    this.#reach = reach
    if (reach === 'unreachable') this.#breakWatches()
  }

  restart(): void {
    this.#incarnation++
    this.#breakWatches()
    this.#begin()
  }

  setForeignPolicy(name: string | undefined): void {
    this.#foreignPolicy = name
  }

  #enter(config: NeighborConfig, adminDown: boolean): void {
    this.#neighbors.set(config.address, { config, state: 'idle', sinceMs: Date.now(), adminDown })
    this.setNeighborState(config.address, adminDown ? 'idle' : 'established')
  }

  #begin(): void {
    const { asn, routerId } = this.#settings
    this.#global = asn === undefined ? undefined : { asn, routerId: routerId ?? ('127.0.0.1' as Address) }
    this.#paths = new Map()
    this.#neighbors = new Map()
    this.#policy = undefined
  }

  #breakWatches(): void {
    for (const watcher of this.#watchers.keys())
      watcher.end(new OperationError('speaker-unreachable', 'memory: the event stream broke'))
  }

  async #answer({ deadlineMs, signal }: CallOptions): Promise<void> {
    if (this.#reach === 'unreachable') throw new OperationError('speaker-unreachable', 'memory: not reachable')
    if (this.#reach === 'hung') await hang(deadlineMs, signal)
    if (signal?.aborted === true) throw new OperationError('aborted', 'memory: the call was aborted')
  }

  #started() {
    if (this.#global === undefined) throw new OperationError('speaker-unreachable', 'memory: BGP is not started there')
    return this.#global
  }

  #neighbor(address: Address): StoredNeighbor {
    const neighbor = this.#neighbors.get(address)
    if (neighbor === undefined) throw new OperationError('speaker-refused', `memory: there is no neighbor ${address}`)
    return neighbor
  }

  #put(path: StoredPath): void {
    const paths = this.#paths.get(path.prefix) ?? new Map<string, StoredPath>()
    const before = this.#best(path.prefix)
    const id = pathId(path.learnedFrom, path.identifier)
    if (paths.get(id)?.attributes === path.attributes) return
    paths.set(id, path)
    this.#paths.set(path.prefix, paths)
    this.#tell(path.prefix, before, path.learnedFrom)
  }

  #drop(prefix: Prefix, id: string): void {
    const paths = this.#paths.get(prefix)
    const before = this.#best(prefix)
    const from = paths?.get(id)?.learnedFrom
    if (paths === undefined || !paths.delete(id)) return
    if (paths.size === 0) this.#paths.delete(prefix)
    this.#tell(prefix, before, from)
  }

  #tell(prefix: Prefix, before: StoredPath | undefined, from: Address | undefined): void {
    const changed = before !== this.#best(prefix)
    for (const [watcher, neighbors] of this.#watchers)
      if (changed || (from !== undefined && neighbors.has(from))) watcher.route(prefix)
  }

  #best(prefix: Prefix): StoredPath | undefined {
    const paths = this.#paths.get(prefix)
    return paths === undefined ? undefined : bestPath([...paths.values()])
  }

  /** RFC 4271 9.2: what an internal neighbor taught us is not told to another internal one. */
  #reflects({ learnedFrom }: StoredPath, { asn }: NeighborConfig): boolean {
    const own = this.#global?.asn
    return learnedFrom !== undefined && asn === own && this.#neighbors.get(learnedFrom)?.config.asn === own
  }

  #learnedFrom(address: Address): readonly StoredPath[] {
    const learned: StoredPath[] = []
    for (const paths of this.#paths.values())
      for (const path of paths.values()) if (path.learnedFrom === address) learned.push(path)
    return learned
  }

  #forget(address: Address): void {
    for (const { prefix } of this.#learnedFrom(address)) this.unlearn(address, prefix)
  }
}

function extended(live: ExportPolicy | undefined, wanted: ExportPolicy): ExportPolicy {
  if (live === undefined) return wanted
  const neighbors = new Map(live.neighbors.map((one) => [one.number, one]))
  const treatments = new Map(live.treatments.map((one) => [`${one.number} ${one.neighbor}`, one]))
  for (const one of wanted.neighbors) neighbors.set(one.number, one)
  for (const one of wanted.treatments) treatments.set(`${one.number} ${one.neighbor}`, one)
  return { asn: wanted.asn, neighbors: [...neighbors.values()], treatments: [...treatments.values()] }
}

function pathId(learnedFrom: Address | undefined, identifier: number): string {
  return `${learnedFrom ?? 'local'} ${identifier}`
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function hang(deadlineMs: number, signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const late = () => reject(new OperationError('speaker-timeout', 'memory: no answer within the deadline'))
    const timer = setTimeout(late, deadlineMs)
    const abort = () => {
      clearTimeout(timer)
      reject(new OperationError('aborted', 'memory: the call was aborted'))
    }
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
  })
}
