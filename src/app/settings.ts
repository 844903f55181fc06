/**
 * Settings of a Herald process, from flags first and HERALD_* environment variables second. Every problem is reported
 * at once, with its variable and the way out.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { OperationError } from '../bgp/operation-error.ts'
import type { LogLevel } from './logger.ts'

export interface ProcessSettings {
  /** Data folder: local socket, embedded Redis, high-water mark. */
  readonly folder: string
  /** Undefined: the daemon starts a private redis-server in its data folder. */
  readonly redisUrl: string | undefined
  /** Hash tag of every Redis key. */
  readonly tag: string
  readonly logLevel: LogLevel
}

export interface ServeSettings extends ProcessSettings {
  readonly host: string
  readonly port: number
  /** File of tokens: a JSON list of {name, role, sha256}. Needed to listen beyond loopback. */
  readonly tokenFile: string | undefined
}

export interface Flags {
  readonly data?: string
  readonly redis?: string
  readonly tag?: string
  readonly listen?: string
  readonly tokens?: string
  readonly logLevel?: string
}

const defaultListen = '127.0.0.1:7179'

/** Where the data folder is when nobody says: /var/lib/herald for root, ~/.local/share/herald for others. */
export function defaultFolder(): string {
  return process.getuid?.() === 0 ? '/var/lib/herald' : join(homedir(), '.local', 'share', 'herald')
}

/** Fails with `misconfigured` and every problem. */
export function readSettings(flags: Flags, environment: NodeJS.ProcessEnv): ServeSettings {
  const schema = z.object({
    folder: z.string().min(1),
    redisUrl: z.string().min(1).optional(),
    tag: z.string().regex(/^[a-z0-9-]{1,32}$/, 'HERALD_TAG: 1 to 32 of a-z, 0-9 and -'),
    logLevel: z.enum(['error', 'warn', 'info', 'debug', 'silent'], 'HERALD_LOG: error, warn, info, debug or silent'),
    listen: z.string().regex(/^(\[[0-9a-f:]+\]|[^:\s]+):\d{1,5}$/i, 'HERALD_LISTEN: write host:port or [v6]:port'),
    tokenFile: z.string().min(1).optional(),
  })
  const read = schema.safeParse({
    folder: flags.data ?? environment['HERALD_DATA'] ?? defaultFolder(),
    redisUrl: flags.redis ?? environment['REDIS_URL'],
    tag: flags.tag ?? environment['HERALD_TAG'] ?? 'herald',
    logLevel: flags.logLevel ?? environment['HERALD_LOG'] ?? 'info',
    listen: flags.listen ?? environment['HERALD_LISTEN'] ?? defaultListen,
    tokenFile: flags.tokens ?? environment['HERALD_TOKENS'],
  })
  if (!read.success)
    throw new OperationError('misconfigured', `settings: ${read.error.issues.map(({ message }) => message).join('; ')}`)
  const { listen, redisUrl, tokenFile, ...rest } = read.data
  const colon = listen.lastIndexOf(':')
  const port = Number(listen.slice(colon + 1))
  if (port > 65535) throw new OperationError('misconfigured', `settings: HERALD_LISTEN: port ${port} is above 65535`)
  return { ...rest, redisUrl, tokenFile, host: listen.slice(0, colon).replaceAll(/[[\]]/g, ''), port }
}
