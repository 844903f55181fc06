/**
 * A gobgpd behind the port `Speaker`, over gRPC. Nothing connects before the first call; the channel reconnects by
 * itself, and calls fail at once while the daemon is away.
 */
import type { Address } from '../../bgp/address.ts'
import type { Path } from '../../bgp/path.ts'
import type { Prefix } from '../../bgp/prefix.ts'
import type { ExportPolicy } from '../export-policy.ts'
import type {
  CallOptions,
  GlobalConfig,
  NeighborConfig,
  PathKey,
  PolicyOptions,
  Speaker,
  SpeakerNeighbor,
} from '../speaker.ts'
import { announce, withdraw } from './announce.ts'
import { type Budget, budget, collect, unary } from './call.ts'
import type { GobgpSettings } from './channel.ts'
import { Connection, type Daemon } from './connection.ts'
import { peerMessage, readGlobal, readNeighbor } from './neighbors.ts'
import { PathDecoder } from './path-message.ts'
import { ensureExportPolicy } from './policy.ts'
import { listAdjOut, listRib } from './rib.ts'
import { startBgp } from './start.ts'
import { watchEvents } from './watch.ts'

/** How long a watch may take to begin, ms. */
const watchOpensWithinMs = 5000

export function connectGobgp(settings: GobgpSettings): Speaker {
  return new GobgpSpeaker(settings)
}

class GobgpSpeaker implements Speaker {
  readonly #connection: Connection
  readonly #decoder = new PathDecoder()

  constructor(settings: GobgpSettings) {
    this.#connection = new Connection(settings)
  }

  global(options: CallOptions) {
    return this.#run(options, async (daemon, limit) =>
      readGlobal(daemon.codec, await unary(daemon, daemon.methods.getBgp, {}, limit)),
    )
  }

  async start(config: GlobalConfig, options: CallOptions) {
    await this.#run(options, (daemon, limit) => startBgp(daemon, config, limit))
  }

  async announce(paths: readonly Path[], options: CallOptions) {
    if (paths.length === 0) return []
    return this.#run(options, (daemon, limit) => announce(daemon, paths, limit, Date.now()))
  }

  async withdraw(paths: readonly PathKey[], options: CallOptions) {
    if (paths.length === 0) return
    await this.#run(options, (daemon, limit) => withdraw(daemon, paths, limit, Date.now()))
  }

  async rib(prefixes: readonly Prefix[] | 'all', options: CallOptions) {
    if (prefixes !== 'all' && prefixes.length === 0) return []
    return this.#run(options, (daemon, limit) => listRib(daemon, this.#decoder, prefixes, limit))
  }

  async adjOut(neighbor: Address, prefixes: readonly Prefix[] | 'all', options: CallOptions) {
    if (prefixes !== 'all' && prefixes.length === 0) return []
    return this.#run(options, (daemon, limit) => listAdjOut(daemon, this.#decoder, neighbor, prefixes, limit))
  }

  neighbors(options: CallOptions) {
    return this.#run(options, async (daemon, limit) => {
      const found: SpeakerNeighbor[] = []
      await collect(daemon, daemon.methods.listPeer, {}, limit, (response) => {
        const neighbor = readNeighbor(daemon.codec, response, Date.now())
        if (neighbor !== undefined) found.push(neighbor)
      })
      return found
    })
  }

  async addNeighbor(config: NeighborConfig, options: CallOptions) {
    const request = { peer: peerMessage(config) }
    await this.#run(options, (daemon, limit) => unary(daemon, daemon.methods.addPeer, request, limit))
  }

  async deleteNeighbor(address: Address, options: CallOptions) {
    await this.#run(options, (daemon, limit) => unary(daemon, daemon.methods.deletePeer, { address }, limit))
  }

  async shutNeighbor(address: Address, communication: string, options: CallOptions) {
    const request = { address, communication }
    await this.#run(options, (daemon, limit) => unary(daemon, daemon.methods.disablePeer, request, limit))
  }

  async openNeighbor(address: Address, options: CallOptions) {
    await this.#run(options, (daemon, limit) => unary(daemon, daemon.methods.enablePeer, { address }, limit))
  }

  ensureExportPolicy(policy: ExportPolicy, options: PolicyOptions) {
    const { beforeInstall } = options
    return this.#run(options, (daemon, limit) => ensureExportPolicy(daemon, policy, limit, beforeInstall))
  }

  async *watch(options: Parameters<Speaker['watch']>[0]) {
    const daemon = await this.#run({ deadlineMs: watchOpensWithinMs, signal: options.signal }, async (found, limit) => {
      await unary(found, found.methods.getBgp, {}, limit) // a version known from before may be another one now
      return found
    })
    yield* watchEvents(daemon, { ...options, opensWithinMs: watchOpensWithinMs })
  }

  incarnation() {
    return this.#connection.incarnation
  }

  close() {
    this.#connection.close()
  }

  /** All calls of one question share one deadline. */
  #run<T>(options: CallOptions, work: (daemon: Daemon, limit: Budget) => Promise<T>): Promise<T> {
    const limit = budget(options)
    return this.#connection.run(limit, (daemon) => work(daemon, limit))
  }
}
