/**
 * A link: one connection to Redis whose commands fail fast. A call made while the connection is down waits a moment for
 * it to come back (an embedded server heals in less), then fails as `store-unavailable` without having been sent.
 */
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import { OperationError } from '../bgp/operation-error.ts'
import { type RedisSettings, describeRedis } from './connect.ts'
import { connectRedis } from './connection.ts'
import { translateRedisError } from './errors.ts'

export interface Link {
  /** Runs commands on the connection; every failure leaves as an OperationError. */
  run<T>(work: (redis: Redis) => Promise<T>): Promise<T>
  close(): void
}

/** One connection each, so that a whole table on its way or a wait for the disk delays no lease and no API call. */
export interface Links {
  readonly where: string
  /** Small and frequent. */
  readonly prompt: Link
  /** Whole tables. */
  readonly bulk: Link
  /** Commits: waiting for the disk blocks a connection. */
  readonly commit: Link
  close(): void
}

/** How long a call waits for a connection that is down, ms. */
const readyWaitMs = 1500
const commandTimeoutMs = 1500
/** Longer than the second between two syncs of the AOF. */
const commitTimeoutMs = 1900
const bulkTimeoutMs = 30_000

export function openLinks(settings: RedisSettings): Links {
  const prompt = openLink(settings, commandTimeoutMs)
  const bulk = openLink(settings, bulkTimeoutMs)
  const commit = openLink(settings, commitTimeoutMs)
  return {
    where: describeRedis(settings),
    prompt,
    bulk,
    commit,
    close() {
      for (const link of [prompt, bulk, commit]) link.close()
    },
  }
}

function openLink(settings: RedisSettings, timeoutMs: number): Link {
  const where = describeRedis(settings)
  const connection = connectRedis(settings, { kind: 'prompt', commandTimeoutMs: timeoutMs })
  let lastError: Error | undefined
  let closed = false
  let waiting: Promise<void> | undefined
  connection.on('error', (error: Error) => (lastError = error))
  connection.on('ready', () => (lastError = undefined))
  // Redis and Cluster share one set of commands (ioredis' Commander), which TypeScript cannot call on their union.
  const redis = connection as unknown as Redis

  const ready = async (): Promise<void> => {
    if (closed) throw new OperationError('aborted', 'the store is closed')
    if (isWritable(connection)) return
    if (connection.status === 'wait' || connection.status === 'end') connection.connect().catch(() => undefined)
    waiting ??= becomesReady(connection, readyWaitMs).finally(() => (waiting = undefined))
    try {
      await waiting
    } catch (error) {
      throw translateRedisError(lastError ?? error, where)
    }
  }
  return {
    async run(work) {
      await ready()
      try {
        return await work(redis)
      } catch (error) {
        // ioredis refuses at once while it has not seen the close yet; a caller that tries again must not starve that.
        await setImmediate()
        throw translateRedisError(error, where)
      }
    },
    close() {
      closed = true
      connection.disconnect()
    },
  }
}

/** ioredis says `ready` until it has seen the close; what is sent in between it refuses. */
function isWritable(connection: Redis | Cluster): boolean {
  if (connection.status !== 'ready') return false
  return !('stream' in connection) || (connection.stream as Socket | undefined)?.writable === true
}

/** Rejects after `waitMs`. */
function becomesReady(connection: Redis | Cluster, waitMs: number): Promise<void> {
  const emitter = connection as Redis
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(new Error(`no connection within ${waitMs} ms`)), waitMs)
    const onReady = () => settle()
    const settle = (error?: Error) => {
      clearTimeout(timer)
      emitter.off('ready', onReady)
      if (error === undefined) resolve()
      else reject(error)
    }
    emitter.on('ready', onReady)
  })
}

/** Replies of a pipeline or transaction; throws its first error. */
export async function replies(exec: Promise<[error: Error | null, result: unknown][] | null>): Promise<unknown[]> {
  const results = await exec
  if (results === null) throw new Error('Connection is closed: the transaction was not run')
  return results.map(([error, result]) => {
    if (error !== null) throw error
    return result
  })
}
