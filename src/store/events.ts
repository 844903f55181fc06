/**
 * Audit and lifecycle events: one stream, trimmed to about 100,000. Its ids are the ids of server-sent events, so that a
 * reader resumes where it was. Revisions append theirs in the commit itself (commit-script.ts).
 */
import type { RedisSettings } from './connect.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import type { Events, HeraldEvent, StoredEvent } from './store.ts'
import { type StreamEntry, followStream } from './stream.ts'

export const eventsKept = 100_000

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
    async *follow(after, signal) {
      for await (const entry of followStream(settings, keys.events(), after, signal)) yield readEntry(entry)
    },
    async latest(limit) {
      const entries = await links.prompt.run((redis) => redis.xrevrange(keys.events(), '+', '-', 'COUNT', limit))
      return entries.toReversed().map(readEntry)
    },
  }
}

function readEntry([id, fields]: StreamEntry): StoredEvent {
  return { id, event: JSON.parse(fields[1] ?? 'null') as HeraldEvent }
}
