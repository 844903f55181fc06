/** What others see of our prefixes: which POP answers each vantage point. Only the leader writes it. */
import type { CatchmentLine } from '../health/catchment.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import type { Fence } from './store.ts'

export interface Sight {
  /** As told last; undefined: never. */
  catchment(): Promise<ToldCatchment | undefined>
  /** `lease-lost` where the fence does not hold. */
  tellCatchment(fence: Fence, told: ToldCatchment): Promise<void>
}

export interface ToldCatchment {
  /** Milliseconds since the epoch; a leader tells it every few seconds, changed or not. */
  readonly atMs: number
  /** All there are, one a vantage point and target. */
  readonly lines: readonly CatchmentLine[]
}

/** KEYS lease, text. ARGV token, text. */
const tellScript = defineFencedScript(`return redis.call('SET', KEYS[2], ARGV[2])`)

export function createSight({ prompt }: Links, keys: Keys): Sight {
  return {
    async catchment() {
      const stored = await prompt.run((redis) => redis.get(keys.catchment()))
      return stored === null ? undefined : (JSON.parse(stored) as ToldCatchment)
    },
    async tellCatchment(fence, told) {
      await runFenced(prompt, keys, tellScript, fence, [keys.catchment()], [JSON.stringify(told)])
    },
  }
}
