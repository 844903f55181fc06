/** What is asked of any gobgpd, a speaker of ours or a router of others: calls that change nothing there. */
import type { Prefix } from '../../bgp/prefix.ts'
import type { CallOptions, RouterReads, SpeakerNeighbor } from '../speaker.ts'
import { type Budget, budget, collect, unary } from './call.ts'
import type { GobgpSettings } from './channel.ts'
import { Connection, type Daemon, type ReadDaemon } from './connection.ts'
import { readGlobal, readNeighbor } from './neighbors.ts'
import { PathDecoder } from './path-message.ts'
import { listRib } from './rib.ts'
import { watchEvents } from './watch.ts'

/** How long a watch may take to begin, ms. */
const watchOpensWithinMs = 5000

export class GobgpReader implements RouterReads {
  protected readonly connection: Connection
  protected readonly decoder = new PathDecoder()

  constructor(settings: GobgpSettings) {
    this.connection = new Connection(settings)
  }

  global(options: CallOptions) {
    return this.read(options, async (daemon, limit) =>
      readGlobal(daemon.codec, await unary(daemon, daemon.methods.getBgp, {}, limit)),
    )
  }

  async rib(prefixes: readonly Prefix[] | 'all', options: CallOptions) {
    if (prefixes !== 'all' && prefixes.length === 0) return []
    return this.read(options, (daemon, limit) => listRib(daemon, this.decoder, prefixes, limit))
  }

  neighbors(options: CallOptions) {
    return this.read(options, async (daemon, limit) => {
      const found: SpeakerNeighbor[] = []
      await collect(daemon, daemon.methods.listPeer, {}, limit, (response) => {
        const neighbor = readNeighbor(daemon.codec, response, Date.now())
        if (neighbor !== undefined) found.push(neighbor)
      })
      return found
    })
  }

  async *watch(options: Parameters<RouterReads['watch']>[0]) {
    const daemon = await this.read({ deadlineMs: watchOpensWithinMs, signal: options.signal }, async (found, limit) => {
      await unary(found, found.methods.getBgp, {}, limit) // a version known from before may be another one now
      return found
    })
    yield* watchEvents(daemon, { ...options, opensWithinMs: watchOpensWithinMs })
  }

  close() {
    this.connection.close()
  }

  /** Calls that change nothing. All calls of one question share one deadline. */
  protected read<T>(options: CallOptions, work: (daemon: ReadDaemon, limit: Budget) => Promise<T>): Promise<T> {
    const limit = budget(options)
    return this.connection.run<T>(limit, (daemon: Daemon) => work(daemon, limit))
  }
}
