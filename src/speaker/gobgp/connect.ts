/**
 * A gobgpd behind the port `Speaker`, over gRPC. Nothing connects before the first call; the channel reconnects by
 * itself, and calls fail at once while the daemon is away.
 */
import type { Address } from '../../bgp/address.ts'
import type { Path } from '../../bgp/path.ts'
import type { Prefix } from '../../bgp/prefix.ts'
import type { ExportPolicy } from '../export-policy.ts'
import type { CallOptions, GlobalConfig, NeighborConfig, PathKey, PolicyOptions, Speaker } from '../speaker.ts'
import { announce, withdraw } from './announce.ts'
import { type Budget, budget, unary } from './call.ts'
import type { GobgpSettings } from './channel.ts'
import type { Daemon } from './connection.ts'
import { peerMessage } from './neighbors.ts'
import { ensureExportPolicy } from './policy.ts'
import { GobgpReader } from './reader.ts'
import { listAdjOut } from './rib.ts'
import { startBgp } from './start.ts'

export function connectGobgp(settings: GobgpSettings): Speaker {
  return new GobgpSpeaker(settings)
}

class GobgpSpeaker extends GobgpReader implements Speaker {
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

  async adjOut(neighbor: Address, prefixes: readonly Prefix[] | 'all', options: CallOptions) {
    if (prefixes !== 'all' && prefixes.length === 0) return []
    return this.read(options, (daemon, limit) => listAdjOut(daemon, this.decoder, neighbor, prefixes, limit))
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

  incarnation() {
    return this.connection.incarnation
  }

  /** All calls of one question share one deadline. */
  #run<T>(options: CallOptions, work: (daemon: Daemon, limit: Budget) => Promise<T>): Promise<T> {
    const limit = budget(options)
    return this.connection.run(limit, (daemon) => work(daemon, limit))
  }
}
