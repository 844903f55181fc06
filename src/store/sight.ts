/** What is seen: which POP answers each vantage point, what probes measure, which sessions were lost. Only the leader writes it. */
import type { CatchmentLine } from '../health/catchment.ts'
import type { Measure } from '../health/measure.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import type { Fence } from './store.ts'

/** What probes measured lately, and what sessions were lost. */
export interface ToldMeasures {
  /** Milliseconds since the epoch. */
  readonly atMs: number
  /** By task. */
  readonly checks: readonly (readonly [string, Measure])[]
  /** How often sessions were lost within ten minutes, by `speaker address`; others were not. */
  readonly losses: readonly (readonly [string, number])[]
}

export interface Sight {
  /** As told last; undefined: never. */
  catchment(): Promise<ToldCatchment | undefined>
  /** `lease-lost` where the fence does not hold. */
  tellCatchment(fence: Fence, told: ToldCatchment): Promise<void>
  measures(): Promise<ToldMeasures | undefined>
  tellMeasures(fence: Fence, told: ToldMeasures): Promise<void>
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
  const read = async <T>(key: string): Promise<T | undefined> => {
    const stored = await prompt.run((redis) => redis.get(key))
    return stored === null ? undefined : (JSON.parse(stored) as T)
  }
  const tell = async (fence: Fence, key: string, told: object): Promise<void> => {
    await runFenced(prompt, keys, tellScript, fence, [key], [JSON.stringify(told)])
  }
  return {
    catchment: () => read<ToldCatchment>(keys.catchment()),
    tellCatchment: (fence, told) => tell(fence, keys.catchment(), told),
    measures: () => read<ToldMeasures>(keys.measures()),
    tellMeasures: (fence, told) => tell(fence, keys.measures(), told),
  }
}
