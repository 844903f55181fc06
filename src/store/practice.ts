/** The one practice that runs, or ran last. It is put into the stream of samples as well, so that the leader sees it at once. */
import type { Practice } from '../health/practice.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import { samplesKeptMs } from './samples.ts'
import { defineScript, runScript } from './script.ts'
import type { Practices } from './alarm-traffic.ts'

/** KEYS practice, samples. ARGV text before ('' = none), text after, ms, oldest id kept. */
const changeScript = defineScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('XADD', KEYS[2], 'MINID', '~', ARGV[4], '*', 'alerts', ARGV[3])
return 1
`)

export function createPractices({ prompt }: Links, keys: Keys): Practices {
  return {
    async get() {
      const text = await prompt.run((redis) => redis.get(keys.practice()))
      return text === null ? undefined : (JSON.parse(text) as Practice)
    },
    async replace(before, after, atMs) {
      const args = [
        before === undefined ? '' : JSON.stringify(before),
        JSON.stringify(after),
        atMs,
        atMs - samplesKeptMs,
      ]
      const touched = [keys.practice(), keys.samples()]
      return (await prompt.run((redis) => runScript(redis, changeScript, touched, args))) === 1
    },
  }
}
