/**
 * A connection to one gobgpd and what is known of it: which version of the API it speaks. The version is asked for at
 * the first call and forgotten whenever the daemon may have been another one since: after a broken connection, and when
 * it answers that it does not know the service.
 */
import { type Client, connectivityState } from '@grpc/grpc-js'
import { OperationError } from '../../bgp/operation-error.ts'
import { type Budget, type Link, unary } from './call.ts'
import { type GobgpSettings, openChannel } from './channel.ts'
import { codecV3 } from './codec-v3.ts'
import { codecV4 } from './codec-v4.ts'
import type { Codec } from './codec.ts'
import { isUnimplemented } from './grpc-error.ts'
import { type Methods, type ReadMethods, methodsOf } from './methods.ts'

/** A daemon whose API version is known. */
export interface Daemon extends Link {
  readonly codec: Codec
  readonly methods: Methods
}

/** The same, by calls that change nothing there. */
export interface ReadDaemon extends Link {
  readonly codec: Codec
  readonly methods: ReadMethods
}

export class Connection {
  readonly #settings: GobgpSettings
  #client: Client | undefined
  #codec: Codec | undefined
  #closed = false
  /** Rises whenever an established connection ends. */
  incarnation = 0

  constructor(settings: GobgpSettings) {
    this.#settings = settings
  }

  /**
   * Runs `work` with a daemon of known version. No answer in time may mean that the other host died without a word: TCP
   * then waits twice as long before each new try, and would not notice for half a minute that the host is back. So the
   * next call gets a connection of its own.
   */
  async run<T>(limit: Budget, work: (daemon: Daemon) => Promise<T>): Promise<T> {
    const used = this.#client
    try {
      return await this.#attempt(limit, work)
    } catch (error) {
      const silent = error instanceof OperationError && error.code === 'speaker-timeout'
      if (silent && used !== undefined && used === this.#client) this.#abandon(used)
      throw error
    }
  }

  /** Once more with the other version where that had changed meanwhile. */
  async #attempt<T>(limit: Budget, work: (daemon: Daemon) => Promise<T>): Promise<T> {
    const codec = await this.#detect(limit)
    try {
      return await work(this.#daemon(codec))
    } catch (error) {
      if (error instanceof OperationError && error.code === 'speaker-unreachable') this.#codec = undefined
      if (!isUnimplemented(error)) throw error
      // UNIMPLEMENTED means that nothing was done, so asking again is safe.
      this.#codec = undefined
      const changed = await this.#detect(limit)
      if (changed === codec) throw error
      return await work(this.#daemon(changed))
    }
  }

  close(): void {
    this.#closed = true
    this.#client?.close()
    this.#client = undefined
  }

  /** What is still on its way there ends by its own deadline. */
  #abandon(client: Client): void {
    this.#client = undefined
    this.#codec = undefined
    client.close()
  }

  async #detect(limit: Budget): Promise<Codec> {
    if (this.#codec !== undefined) return this.#codec
    let unknown: unknown
    for (const codec of [codecV4, codecV3])
      try {
        const daemon = this.#daemon(codec)
        await unary(daemon, daemon.methods.getBgp, {}, limit)
        this.#codec = codec
        return codec
      } catch (error) {
        if (!isUnimplemented(error)) throw error
        unknown = error
      }
    throw new OperationError(
      'speaker-unsupported',
      `${this.#settings.endpoint} answers gRPC and is not a gobgpd of version 3 or 4`,
      { cause: unknown },
    )
  }

  /** Notices that a connection ended, also between calls: behind the next one may be a daemon that knows nothing. */
  #follow(channel: ReturnType<Client['getChannel']>): void {
    const before = channel.getConnectivityState(false)
    if (before === connectivityState.SHUTDOWN) return
    channel.watchConnectivityState(before, Infinity, () => {
      if (before === connectivityState.READY) this.incarnation++
      this.#follow(channel)
    })
  }

  #daemon(codec: Codec): Daemon {
    const { endpoint } = this.#settings
    if (this.#closed) throw new OperationError('aborted', `the connection to gobgpd at ${endpoint} was closed`)
    if (this.#client === undefined) {
      this.#client = openChannel(this.#settings)
      this.#follow(this.#client.getChannel())
    }
    return { client: this.#client, endpoint, codec, methods: methodsOf(codec) }
  }
}
