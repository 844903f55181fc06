/**
 * Collectors: what the leader wants watched, and what their watchers see. One watcher a collector, by a lease in any worker
 * process; what it writes is fenced by that lease.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { SeenPrefix } from '../health/visibility.ts'
import type { SpeakerTls } from '../intent/model.ts'
import type { CollectorId } from '../intent/monitoring.ts'
import type { SpeakerNeighbor } from '../speaker/speaker.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import type { Fence } from './store.ts'
import { readWholeHash } from './whole-hash.ts'

/** What a watcher must know. */
export interface ConfiguredCollector {
  readonly collector: CollectorId
  readonly endpoint: string
  readonly tls?: SpeakerTls
  /** Space of ours: what lies in it is looked at. */
  readonly space: readonly Prefix[]
}

/** What is known of a collector's daemon. Times are ms since the epoch. */
export interface CollectorStatus {
  readonly reach: 'up' | 'unknown'
  readonly sinceMs: number
  /** Why unknown. */
  readonly problem?: string
  readonly api?: string
  readonly asn?: number
  readonly routerId?: string
  readonly neighbors?: readonly Pick<SpeakerNeighbor, 'address' | 'asn' | 'state' | 'received' | 'accepted'>[]
  /** Our space last read as a whole. */
  readonly readAtMs?: number
}

export interface CollectorState {
  readonly status: CollectorStatus | undefined
  /** Rises with every change of what it sees. */
  readonly version: number
}

export interface Collectors {
  /** These are all there are; what is known of others is forgotten. `lease-lost` where the fence does not hold. */
  configure(fence: Fence, collectors: readonly ConfiguredCollector[]): Promise<void>
  configured(): Promise<readonly ConfiguredCollector[]>
  states(collectors: readonly CollectorId[]): Promise<ReadonlyMap<CollectorId, CollectorState>>
  seen(collector: CollectorId): Promise<ReadonlyMap<Prefix, SeenPrefix>>
  /** By its watcher. `lease-lost` where the fence does not hold. */
  report(fence: Fence, collector: CollectorId, status: CollectorStatus): Promise<void>
  /** Changed ones; undefined: forgotten. `lease-lost` where the fence does not hold. */
  record(fence: Fence, collector: CollectorId, seen: ReadonlyMap<Prefix, SeenPrefix | undefined>): Promise<void>
}

/** Of the lease that a collector's watcher holds. */
export function collectorLease(collector: CollectorId): string {
  return `collector:${collector}`
}

/** KEYS lease, collectors, then two of each that is forgotten. ARGV token, name and text of each. */
const configureScript = defineFencedScript(`
redis.call('DEL', KEYS[2])
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 'ok'
`)

/** KEYS lease, collector. ARGV token, status. */
const reportScript = defineFencedScript(`return redis.call('HSET', KEYS[2], 'status', ARGV[2])`)

/** KEYS lease, collector, seen. ARGV token, prefix and text of each ('' = forgotten). */
const recordScript = defineFencedScript(`
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[3], ARGV[i]) else redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
end
return redis.call('HINCRBY', KEYS[2], 'version', 1)
`)

const recordedAtOnce = 1000

export function createCollectors(links: Links, keys: Keys): Collectors {
  const { prompt, bulk } = links
  const configured = async (): Promise<readonly ConfiguredCollector[]> => {
    const stored = await prompt.run((redis) => redis.hvals(keys.collectors()))
    return stored.map((text) => JSON.parse(text) as ConfiguredCollector)
  }
  return {
    async configure(fence, collectors) {
      const names = new Set(collectors.map(({ collector }) => collector))
      const gone = (await configured()).filter(({ collector }) => !names.has(collector))
      const touched = gone.flatMap(({ collector }) => [keys.collector(collector), keys.seen(collector)])
      const args = collectors.flatMap((one) => [one.collector, JSON.stringify(one)])
      await runFenced(prompt, keys, configureScript, fence, [keys.collectors(), ...touched], args)
    },
    configured,
    async states(collectors) {
      const states = await Promise.all(
        collectors.map(async (collector): Promise<[CollectorId, CollectorState]> => {
          const [status, version] = await prompt.run((redis) =>
            redis.hmget(keys.collector(collector), 'status', 'version'),
          )
          const known = typeof status === 'string' ? (JSON.parse(status) as CollectorStatus) : undefined
          return [collector, { status: known, version: Number(version ?? 0) }]
        }),
      )
      return new Map(states)
    },
    async seen(collector) {
      const { fields, values } = await readWholeHash(bulk, keys.seen(collector))
      return new Map(fields.map((prefix, i) => [prefix as Prefix, JSON.parse(values[i] ?? 'null') as SeenPrefix]))
    },
    async report(fence, collector, status) {
      await runFenced(prompt, keys, reportScript, fence, [keys.collector(collector)], [JSON.stringify(status)])
    },
    async record(fence, collector, seen) {
      const entries = [...seen]
      const touched = [keys.collector(collector), keys.seen(collector)]
      for (let from = 0; from < entries.length; from += recordedAtOnce) {
        const slice = entries.slice(from, from + recordedAtOnce)
        const args = slice.flatMap(([prefix, its]) => [prefix, its === undefined ? '' : JSON.stringify(its)])
        await runFenced(bulk, keys, recordScript, fence, touched, args)
      }
    },
  }
}
