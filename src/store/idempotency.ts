/**
 * Idempotency keys: the answer of a write is kept for 24 hours under the key its client chose. A reservation without an
 * answer is given up after a minute: the process that made it is gone.
 */
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import { defineScript, runScript } from './script.ts'

export interface Idempotency {
  /** The stored response for this key, or undefined after reserving it. */
  begin(
    key: string,
    fingerprint: string,
  ): Promise<{ readonly status: number; readonly body: string } | 'in-progress' | 'mismatch' | undefined>
  finish(key: string, fingerprint: string, response: { readonly status: number; readonly body: string }): Promise<void>
  abandon(key: string): Promise<void>
}

const reservedMs = 60_000
const keptMs = 24 * 3600 * 1000

interface Entry {
  readonly fingerprint: string
  readonly response?: { readonly status: number; readonly body: string }
}

/** KEYS key. ARGV entry, ms. What is there already, or nothing after reserving it. */
const beginScript = defineScript(`
local found = redis.call('GET', KEYS[1])
if found then return found end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
`)

/** KEYS key. An answer that is already there stays. */
const abandonScript = defineScript(`
local found = redis.call('GET', KEYS[1])
if found and not cjson.decode(found).response then redis.call('DEL', KEYS[1]) end
return 'ok'
`)

export function createIdempotency({ prompt }: Links, keys: Keys): Idempotency {
  return {
    async begin(key, fingerprint) {
      const entry: Entry = { fingerprint }
      const found = await prompt.run((redis) =>
        runScript(redis, beginScript, [keys.idempotency(key)], [JSON.stringify(entry), reservedMs]),
      )
      if (typeof found !== 'string') return undefined
      const known = JSON.parse(found) as Entry
      if (known.fingerprint !== fingerprint) return 'mismatch'
      return known.response ?? 'in-progress'
    },
    async finish(key, fingerprint, response) {
      const entry: Entry = { fingerprint, response }
      await prompt.run((redis) => redis.set(keys.idempotency(key), JSON.stringify(entry), 'PX', keptMs))
    },
    async abandon(key) {
      await prompt.run((redis) => runScript(redis, abandonScript, [keys.idempotency(key)], []))
    },
  }
}
