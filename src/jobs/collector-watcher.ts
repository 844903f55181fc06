/**
 * Watchers of vantage routers: one per collector in the whole system, by lease, in any worker process. A watcher asks and
 * never writes (its port has no call for that). It reads our whole space when it connects and seldom after that, because
 * that costs the router its whole table; in between an event says which prefixes of ours to look at again. What breaks
 * makes the collector *unknown*: what it saw stays as last read, and nothing is concluded from what is not there.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Asn } from '../bgp/asn.ts'
import { OperationError } from '../bgp/operation-error.ts'
import type { Prefix } from '../bgp/prefix.ts'
import { Space } from '../bgp/space.ts'
import type { SeenPrefix } from '../health/visibility.ts'
import type { CollectorId } from '../intent/monitoring.ts'
import { seenNow, seenPaths } from '../speaker/seen-paths.ts'
import type { CollectorRouter, RibPath, SpeakerEvent } from '../speaker/speaker.ts'
import type { ConfiguredCollector } from '../store/collectors.ts'
import type { Fence, Lease, Store } from '../store/store.ts'
import { keepTrying } from './keep-trying.ts'

const heartbeatEveryMs = 2000
const heartbeatDeadlineMs = 5000
const readDeadlineMs = 60_000
const lookDeadlineMs = 20_000
const readAllEveryMs = 600_000
const lookEveryMs = 30_000
const mergeForMs = 10
/** More changed prefixes of ours than this at once: read the whole space instead of each. */
const readEachUpTo = 500
/** What is not there any more is remembered for so long, ms. */
const goneKeptMs = 24 * 3600 * 1000

export interface CollectorDeps {
  readonly store: Store
  readonly connectCollector: (settings: Pick<ConfiguredCollector, 'endpoint' | 'tls'>) => CollectorRouter
  readonly logger: Logger
  readonly clock: () => number
}

/** Watches one collector until the signal aborts or nobody wants it watched any more. */
export async function watchCollector(
  deps: CollectorDeps,
  id: CollectorId,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController()
  const until = AbortSignal.any([signal, ended.signal])
  let told: string | undefined
  await keepTrying(`collector ${id}`, deps.logger, until, async () => {
    const configured = (await deps.store.collectors.configured()).find(({ collector }) => collector === id)
    if (configured === undefined) return ended.abort()
    try {
      await new CollectorWatch(deps, configured, lease.fence).run(until, () => (told = undefined))
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      if (!until.aborted && problem !== told) {
        const { status } = (await deps.store.collectors.states([id])).get(id) ?? {}
        const sinceMs = status?.reach === 'unknown' ? status.sinceMs : deps.clock()
        await deps.store.collectors.report(lease.fence, id, { reach: 'unknown', sinceMs, problem })
        told = problem
      }
      throw error
    }
  })
}

/** One connection's worth of watching. */
class CollectorWatch {
  readonly #deps: CollectorDeps
  readonly #configured: ConfiguredCollector
  readonly #fence: Fence
  readonly #router: CollectorRouter
  readonly #space: Space
  /** As stored. */
  #seen: Map<Prefix, SeenPrefix> = new Map()
  #own: Asn | undefined
  #upSinceMs = 0
  #readAtMs = 0
  #readMonotonicMs = 0
  #lookedMonotonicMs = 0
  #reported = ''

  constructor(deps: CollectorDeps, configured: ConfiguredCollector, fence: Fence) {
    this.#deps = deps
    this.#configured = configured
    this.#fence = fence
    const { endpoint, tls, space } = configured
    this.#space = new Space(space)
    this.#router = deps.connectCollector({ endpoint, ...(tls !== undefined && { tls }) })
  }

  /** Until the stream breaks, the heartbeat fails or the signal aborts; `up` is told once everything was read. */
  async run(signal: AbortSignal, up: () => void): Promise<void> {
    const ended = new AbortController()
    const until = AbortSignal.any([signal, ended.signal])
    const ready = Promise.withResolvers<void>()
    try {
      this.#seen = new Map(await this.#deps.store.collectors.seen(this.#configured.collector))
      const opened = Promise.withResolvers<void>()
      const follow = this.#follow(until, opened.resolve, ready.promise)
      await Promise.race([opened.promise, follow])
      await this.#readAll(until)
      this.#upSinceMs = this.#deps.clock()
      await this.#report(until)
      up()
      ready.resolve()
      await Promise.race([follow, this.#beat(until)])
    } finally {
      ended.abort()
      ready.resolve()
      this.#router.close()
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(heartbeatEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      const all = await this.#deps.store.collectors.configured()
      const now = all.find(({ collector }) => collector === this.#configured.collector)
      if (JSON.stringify(now) !== JSON.stringify(this.#configured)) return // another place or space: begin anew
      if (performance.now() - this.#readMonotonicMs >= readAllEveryMs) await this.#readAll(signal)
      else if (performance.now() - this.#lookedMonotonicMs >= lookEveryMs) await this.#lookAtKnown(signal)
      await this.#report(signal)
    }
  }

  /** What is named while the whole space is read is looked at after that. */
  async #follow(signal: AbortSignal, opened: () => void, ready: Promise<void>): Promise<void> {
    for await (const events of this.#router.watch({ signal, opened })) {
      const atMs = this.#deps.clock()
      await ready
      if (signal.aborted) return
      const prefixes = ownPrefixes(events, this.#space)
      if (prefixes.length > 0) {
        await sleep(mergeForMs, undefined, { signal, ref: false }).catch(() => undefined)
        await this.#lookAgain(prefixes, atMs, signal)
      }
      if (events.some(({ kind }) => kind === 'neighbor')) await this.#report(signal)
    }
  }

  async #lookAgain(prefixes: readonly Prefix[], atMs: number, signal: AbortSignal): Promise<void> {
    if (prefixes.length > readEachUpTo) return this.#readAll(signal)
    const paths = await this.#router.rib(prefixes, { deadlineMs: lookDeadlineMs, signal })
    await this.#record(prefixes, paths, () => atMs)
  }

  /** Another path of a prefix that is there, and that is not the best one, comes without an event. */
  async #lookAtKnown(signal: AbortSignal): Promise<void> {
    const known = [...this.#seen].flatMap(([prefix, { paths }]) => (paths.length > 0 ? [prefix] : []))
    const atMs = this.#deps.clock()
    for (let from = 0; from < known.length; from += readEachUpTo)
      await this.#lookAgain(known.slice(from, from + readEachUpTo), atMs, signal)
    this.#lookedMonotonicMs = performance.now()
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    this.#own = (await this.#router.global({ deadlineMs: heartbeatDeadlineMs, signal })).asn
    const paths = await this.#router.within(this.#configured.space, { deadlineMs: readDeadlineMs, signal })
    const nowMs = this.#deps.clock()
    // GoBGP tells ages in whole seconds: a path came before the end of its second, and before now.
    const concerned = new Set([...this.#seen.keys(), ...paths.map(({ prefix }) => prefix)])
    await this.#record([...concerned], paths, (seconds) =>
      seconds === 0 ? nowMs : Math.min(nowMs, (seconds + 1) * 1000),
    )
    await this.#forgetOld(nowMs)
    this.#readAtMs = nowMs
    this.#readMonotonicMs = this.#lookedMonotonicMs = performance.now()
  }

  /** @param atMs when something came that is as old as that; 0: it is gone, whenever that was */
  async #record(
    prefixes: readonly Prefix[],
    paths: readonly RibPath[],
    atMs: (newestSeconds: number) => number,
  ): Promise<void> {
    if (this.#own === undefined)
      throw new OperationError('speaker-refused', `BGP does not run on the collector at ${this.#configured.endpoint}`)
    const found = seenPaths(paths, this.#own)
    const changed = new Map<Prefix, SeenPrefix>()
    for (const prefix of prefixes) {
      const { paths: its, newestSeconds } = found.get(prefix) ?? { paths: [], newestSeconds: 0 }
      const now = seenNow(this.#seen.get(prefix), its, atMs(newestSeconds))
      if (now !== undefined) changed.set(prefix, now)
    }
    if (changed.size === 0) return
    await this.#deps.store.collectors.record(this.#fence, this.#configured.collector, changed)
    for (const [prefix, now] of changed) this.#seen.set(prefix, now)
  }

  /** What went long ago, and what lies outside of the space that is looked at now. */
  async #forgetOld(nowMs: number): Promise<void> {
    const old = [...this.#seen].filter(([prefix, { paths, changedAtMs }]) => {
      return !this.#space.contains(prefix) || (paths.length === 0 && nowMs - changedAtMs > goneKeptMs)
    })
    if (old.length === 0) return
    const forgotten = new Map(old.map(([prefix]) => [prefix, undefined]))
    await this.#deps.store.collectors.record(this.#fence, this.#configured.collector, forgotten)
    for (const [prefix] of old) this.#seen.delete(prefix)
  }

  async #report(signal: AbortSignal): Promise<void> {
    const options = { deadlineMs: heartbeatDeadlineMs, signal }
    const [global, neighbors] = await Promise.all([this.#router.global(options), this.#router.neighbors(options)])
    const status = {
      reach: 'up',
      sinceMs: this.#upSinceMs,
      api: global.api,
      ...(global.asn !== undefined && { asn: global.asn }),
      ...(global.routerId !== undefined && { routerId: global.routerId }),
      neighbors: neighbors.map(({ address, asn, state, received, accepted }) => ({
        address,
        asn,
        state,
        received,
        accepted,
      })),
      readAtMs: this.#readAtMs,
    } as const
    const text = JSON.stringify(status)
    if (text === this.#reported) return
    await this.#deps.store.collectors.report(this.#fence, this.#configured.collector, status)
    this.#reported = text
  }
}

function ownPrefixes(events: readonly SpeakerEvent[], space: Space): readonly Prefix[] {
  return events.flatMap((event) =>
    event.kind === 'routes' ? event.prefixes.filter((prefix) => space.contains(prefix)) : [],
  )
}
