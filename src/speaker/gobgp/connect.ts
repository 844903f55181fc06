/**
 * A gobgpd behind the port `Speaker`, over gRPC. Nothing connects before the first call; the channel reconnects by
 * itself, and calls fail at once while the daemon is away.
 */
import type { Speaker, SpeakerNeighbor } from '../speaker.ts'
import { announce, withdraw } from './announce.ts'
import { budget, collect, unary } from './call.ts'
import type { GobgpSettings } from './channel.ts'
import { Connection } from './connection.ts'
import { globalMessage, peerMessage, readGlobal, readNeighbor } from './neighbors.ts'
import { PathDecoder } from './path-message.ts'
import { ensureExportPolicy } from './policy.ts'
import { listAdjOut, listRib } from './rib.ts'
import { watchEvents } from './watch.ts'

export function connectGobgp(settings: GobgpSettings): Speaker {
  const connection = new Connection(settings)
  const decoder = new PathDecoder()
  return {
    async global(options) {
      const limit = budget(options)
      return connection.run(limit, async (daemon) =>
        readGlobal(daemon.codec, await unary(daemon, daemon.methods.getBgp, {}, limit)),
      )
    },

    async start(config, options) {
      const limit = budget(options)
      await connection.run(limit, (daemon) =>
        unary(daemon, daemon.methods.startBgp, { global: globalMessage(config) }, limit),
      )
    },

    async announce(paths, options) {
      if (paths.length === 0) return []
      const limit = budget(options)
      return connection.run(limit, (daemon) => announce(daemon, paths, limit, Date.now()))
    },

    async withdraw(paths, options) {
      if (paths.length === 0) return
      const limit = budget(options)
      await connection.run(limit, (daemon) => withdraw(daemon, paths, limit, Date.now()))
    },

    async rib(prefixes, options) {
      if (prefixes !== 'all' && prefixes.length === 0) return []
      const limit = budget(options)
      return connection.run(limit, (daemon) => listRib(daemon, decoder, prefixes, limit))
    },

    async adjOut(neighbor, prefixes, options) {
      if (prefixes !== 'all' && prefixes.length === 0) return []
      const limit = budget(options)
      return connection.run(limit, (daemon) => listAdjOut(daemon, decoder, neighbor, prefixes, limit))
    },

    async neighbors(options) {
      const limit = budget(options)
      return connection.run(limit, async (daemon) => {
        const found: SpeakerNeighbor[] = []
        await collect(daemon, daemon.methods.listPeer, {}, limit, (response) => {
          const neighbor = readNeighbor(daemon.codec, response, Date.now())
          if (neighbor !== undefined) found.push(neighbor)
        })
        return found
      })
    },

    async addNeighbor(config, options) {
      const limit = budget(options)
      await connection.run(limit, (daemon) =>
        unary(daemon, daemon.methods.addPeer, { peer: peerMessage(config) }, limit),
      )
    },

    async deleteNeighbor(address, options) {
      const limit = budget(options)
      await connection.run(limit, (daemon) => unary(daemon, daemon.methods.deletePeer, { address }, limit))
    },

    async ensureExportPolicy(policy, options) {
      const limit = budget(options)
      return connection.run(limit, (daemon) => ensureExportPolicy(daemon, policy, limit))
    },

    async *watch(options) {
      const limit = budget({ deadlineMs: watchOpensWithinMs, signal: options.signal })
      const daemon = await connection.run(limit, async (found) => {
        await unary(found, found.methods.getBgp, {}, limit) // a version known from before may be another one now
        return found
      })
      yield* watchEvents(daemon, { ...options, opensWithinMs: watchOpensWithinMs })
    },

    close: () => connection.close(),
  }
}

const watchOpensWithinMs = 5000
