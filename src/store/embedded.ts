/**
 * The embedded Redis: a private redis-server in a data folder, for a Herald that was given none. It listens on a unix
 * socket alone, keeps an AOF, never evicts, and is started again when it dies. One controller per folder (a lock), never
 * two servers on one folder (one that still runs is adopted).
 *
 * appendfsync is `everysec`, and each commit is synced by durability.ts. Measured against `always` (Redis 7.0, 2 cores, a
 * fast disk; p50 of two runs each): commit 0.9 against 0.4 ms, 1,000 documents 4 against 3 ms; but every job and lease
 * would wait for the disk too: BullMQ add→start 0.5 against 1.1 ms, 50 jobs 20 against 32 ms, and a slow disk multiplies
 * that. Also, under `always` Redis exits when its disk is full; under `everysec` it refuses writes and goes on reading.
 */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, chmod, mkdir } from 'node:fs/promises'
import { join, resolve as resolvePath } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { OperationError } from '../bgp/operation-error.ts'
import type { RedisSettings } from './connect.ts'
import { lockFolder } from './embedded-lock.ts'
import { type RedisFiles, type RedisProcess, findProgram, startRedisProcess } from './redis-process.ts'

export type EmbeddedEvent =
  | { readonly kind: 'started'; readonly pid: number; readonly adopted: boolean }
  | { readonly kind: 'died'; readonly pid: number; readonly how: string }
  /** It could not be started again; the next attempt follows within a second. */
  | { readonly kind: 'failed'; readonly problem: string }

export interface EmbeddedRedis {
  readonly settings: RedisSettings
  /** Of the server that runs now; undefined while it is being started again. */
  pid(): number | undefined
  /** Ends the server cleanly and gives up the folder. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** Made where missing, readable by its owner alone. */
  readonly folder: string
  /** Default `redis-server`, from PATH. */
  readonly program?: string
  /** For logs. */
  readonly notify?: (event: EmbeddedEvent) => void
}

/** sockaddr_un of Linux holds 108 bytes with the closing zero. */
const socketPathBytes = 107
const backoffMs = { first: 20, cap: 1000 } as const
/** A server that lived this long starts its successor without backoff. */
const stableMs = 10_000

/** Fails with `store-misconfigured` (not installed, folder not writable or in use, damaged data) or `store-full`. */
export async function startEmbeddedRedis(options: EmbeddedOptions): Promise<EmbeddedRedis> {
  const folder = resolvePath(options.folder)
  const files: RedisFiles = {
    folder,
    socket: join(folder, 'redis.sock'),
    pidFile: join(folder, 'redis.pid'),
    log: join(folder, 'redis.log'),
  }
  const program = await requireServer(options.program ?? 'redis-server')
  await requireFolder(files)
  const lock = await lockFolder(folder)
  let first: RedisProcess
  try {
    first = await startRedisProcess(files, program)
  } catch (error) {
    await lock.release()
    throw error
  }
  const supervised = supervise(first, () => startRedisProcess(files, program), options.notify ?? (() => undefined))
  return {
    settings: { kind: 'embedded', path: files.socket, appendFolder: join(folder, 'appendonlydir') },
    pid: supervised.pid,
    async stop() {
      await supervised.stop()
      await lock.release()
    },
  }
}

function supervise(first: RedisProcess, start: () => Promise<RedisProcess>, notify: (event: EmbeddedEvent) => void) {
  const stopping = new AbortController()
  let current: RedisProcess | undefined = first
  const watch = async (): Promise<void> => {
    let delayMs: number = backoffMs.first
    while (current !== undefined) {
      const startedAt = performance.now()
      const { pid, adopted, ended } = current
      notify({ kind: 'started', pid, adopted })
      const how = await ended
      current = undefined
      if (stopping.signal.aborted) return
      notify({ kind: 'died', pid, how })
      if (performance.now() - startedAt > stableMs) delayMs = backoffMs.first
      while (current === undefined) {
        await wait(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined)
        if (stopping.signal.aborted) return
        delayMs = Math.min(delayMs * 2, backoffMs.cap)
        current = await start().catch((error: unknown) => {
          notify({ kind: 'failed', problem: error instanceof Error ? error.message : String(error) })
          return undefined
        })
        if (stopping.signal.aborted) return current?.stop()
      }
    }
  }
  const watching = watch()
  return {
    pid: () => current?.pid,
    async stop() {
      stopping.abort()
      await current?.stop()
      await watching
    },
  }
}

async function requireServer(program: string): Promise<string> {
  const path = program.includes('/') ? program : findProgram(program)
  const install = 'install it (Debian: apt-get install redis-server), or give Herald a Redis by REDIS_URL'
  if (path === undefined) throw new OperationError('store-misconfigured', `${program} is not installed: ${install}`)
  const { stdout } = await promisify(execFile)(path, ['--version']).catch((error: unknown) => {
    throw new OperationError('store-misconfigured', `${path} cannot be run: ${install}`, { cause: error })
  })
  const major = Number(/ v=(\d+)\./.exec(stdout)?.[1] ?? 0)
  if (major < 7)
    throw new OperationError(
      'store-misconfigured',
      `${path} is too old (${stdout.trim()}): Herald embeds Redis 7 or later`,
    )
  return path
}

async function requireFolder({ folder, socket }: RedisFiles): Promise<void> {
  if (Buffer.byteLength(socket) > socketPathBytes)
    throw new OperationError(
      'store-misconfigured',
      `the path of the data folder ${folder} is too long: a unix socket in it must fit into ${socketPathBytes} bytes`,
    )
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK | constants.X_OK)
    await chmod(folder, 0o700)
  } catch (error) {
    throw new OperationError(
      'store-misconfigured',
      `the data folder ${folder} is not writable for this user: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}
