/**
 * Audit and lifecycle events: one stream, trimmed to about 100,000. Its ids are the ids of server-sent events, so that a
 * reader resumes where it was. Revisions append theirs in the commit itself (commit-script.ts).
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { RedisSettings } from './connect.ts'
import { connectRedis } from './connection.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import type { Events, HeraldEvent, StoredEvent } from './store.ts'

export const eventsKept = 100_000
/** Redis answers at least this often, ms, so that a dead connection is noticed. */
const blockMs = 5000
const batch = 500

type Entry = [id: string, fields: string[]]

export function createEvents(links: Links, keys: Keys, settings: RedisSettings): Events {
  return {
    async append(event) {
      const text = JSON.stringify(event)
      const id = await links.prompt.run((redis) =>
        redis.xadd(keys.events(), 'MAXLEN', '~', eventsKept, '*', 'event', text),
      )
      if (id === null) throw new Error('assertion: XADD without NOMKSTREAM answers an id')
      return id
    },
    follow: (after, signal) => follow(settings, keys.events(), after, signal),
    async latest(limit) {
      const entries = await links.prompt.run((redis) => redis.xrevrange(keys.events(), '+', '-', 'COUNT', limit))
      return entries.toReversed().map(readEntry)
    },
  }
}

/** Waits out every outage: the connection resends its read, and reads are resumed by id. */
async function* follow(
  settings: RedisSettings,
  key: string,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<StoredEvent, void, undefined> {
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
        yield readEntry(entry)
      }
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

/** `$` becomes the id of the newest event at once: the same `$` after an outage would skip what came meanwhile. */
async function read(redis: Redis, key: string, after: string): Promise<{ last: string; found: readonly Entry[] }> {
  if (after === '$') {
    const [newest] = await redis.xrevrange(key, '+', '-', 'COUNT', 1)
    return { last: newest?.[0] ?? '0-0', found: [] }
  }
  const streams = await redis.xread('COUNT', batch, 'BLOCK', blockMs, 'STREAMS', key, after)
  const found = (streams?.[0]?.[1] ?? []) as Entry[]
  return { last: found.at(-1)?.[0] ?? after, found }
}

function readEntry([id, fields]: Entry): StoredEvent {
  return { id, event: JSON.parse(fields[1] ?? 'null') as HeraldEvent }
}
