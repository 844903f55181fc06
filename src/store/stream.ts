/**
 * A Redis stream as an endless reading: waits out every outage, because the connection resends its read and reads are
 * resumed by id.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { RedisSettings } from './connect.ts'
import { connectRedis } from './connection.ts'

/** Redis answers at least this often, ms, so that a dead connection is noticed. */
const blockMs = 5000
const batch = 500

export type StreamEntry = [id: string, fields: string[]]

/** Entries after `after` (`$`: from now on), as they come, on a connection of its own, until the signal aborts. */
export async function* followStream(
  settings: RedisSettings,
  key: string,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<StreamEntry, void, undefined> {
  if (signal.aborted) return
  const connection = connectRedis(settings, { kind: 'blocking' })
  connection.on('error', () => undefined)
  const redis = connection as unknown as Redis // one set of commands, see link.ts
  const stop = (): void => connection.disconnect()
  signal.addEventListener('abort', stop, { once: true })
  try {
    let last = after
    while (!signal.aborted) {
      const entries = await read(redis, key, last).catch(() => 'broken' as const)
      if (entries === 'broken') {
        if (!signal.aborted) await wait(200, undefined, { signal }).catch(() => undefined)
        continue
      }
      last = entries.last
      for (const entry of entries.found) {
        if (signal.aborted) return
        yield entry
      }
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

/** `$` becomes the id of the newest event at once: the same `$` after an outage would skip what came meanwhile. */
async function read(
  redis: Redis,
  key: string,
  after: string,
): Promise<{ last: string; found: readonly StreamEntry[] }> {
  if (after === '$') {
    const [newest] = await redis.xrevrange(key, '+', '-', 'COUNT', 1)
    return { last: newest?.[0] ?? '0-0', found: [] }
  }
  const streams = await redis.xread('COUNT', batch, 'BLOCK', blockMs, 'STREAMS', key, after)
  const found = (streams?.[0]?.[1] ?? []) as StreamEntry[]
  return { last: found.at(-1)?.[0] ?? after, found }
}
