/** How far each receiver has been told of alarms. Only the leader writes it. */
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import type { Notices, ReceiverState } from './alarm-traffic.ts'

/** KEYS lease, hash. ARGV token, receiver, text ('' = gone). */
const saveScript = defineFencedScript(`
if ARGV[3] == '' then redis.call('HDEL', KEYS[2], ARGV[2]) else redis.call('HSET', KEYS[2], ARGV[2], ARGV[3]) end
return 'ok'
`)

export function createNotices({ prompt }: Links, keys: Keys): Notices {
  return {
    async states() {
      const stored = await prompt.run((redis) => redis.hgetall(keys.notices()))
      return new Map(Object.entries(stored).map(([id, text]) => [id, JSON.parse(text) as ReceiverState]))
    },
    async save(fence, receiver, state) {
      await runFenced(prompt, keys, saveScript, fence, [keys.notices()], [receiver, JSON.stringify(state)])
    },
    async forget(fence, receiver) {
      await runFenced(prompt, keys, saveScript, fence, [keys.notices()], [receiver, ''])
    },
  }
}
