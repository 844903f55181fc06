/**
 * Watchers: one per speaker in the whole system, by lease, in any worker process. A watcher keeps the observed state of
 * its speaker true: at every (re)connect and every 30 s it reads the whole RIB; in between an event says which prefixes
 * to look at again. It asks GetBgp as a heartbeat (gRPC's own keepalive is punished by GoBGP). What breaks makes the
 * speaker *unknown*: observed state stays as last read, and nothing is concluded from it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Prefix } from '../bgp/prefix.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { ObservedRoute } from '../plan/observed.ts'
import { offersOf } from '../speaker/offers.ts'
import { observe } from '../speaker/ownership.ts'
import type { RibPath, Speaker, SpeakerEvent } from '../speaker/speaker.ts'
import type { Store } from '../store/store.ts'
import type { Connections } from './connections.ts'
import type { Doorbell } from './doorbell.ts'
import { keepTrying } from './keep-trying.ts'

const heartbeatEveryMs = 1000
const heartbeatDeadlineMs = 2000
const readDeadlineMs = 20_000
const mergeForMs = 25
const readAllEveryMs = 30_000
/** More changed prefixes than this at once: read the whole RIB instead of each. */
const readEachUpTo = 1000

export interface WatchDeps {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly connections: Connections
  readonly logger: Logger
  readonly clock: () => number
}

/** Watches one speaker until the signal aborts. */
export async function watchSpeaker(deps: WatchDeps, id: SpeakerId, signal: AbortSignal): Promise<void> {
  let told: string | undefined
  await keepTrying(`watch ${id}`, deps.logger, signal, async () => {
    const { configured } = await deps.store.speakers.state(id)
    if (configured === undefined) {
      await sleep(heartbeatEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
      return
    }
    try {
      await new Watch(deps, configured).run(signal, () => (told = undefined))
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      if (!signal.aborted && problem !== told) {
        const { readAtMs } = (await deps.store.speakers.state(id)).status ?? {}
        await deps.store.speakers.report(id, {
          reach: 'unknown',
          sinceMs: deps.clock(),
          problem,
          ...(readAtMs !== undefined && { readAtMs }),
        })
        await deps.store.events.append({ type: 'speaker', speaker: id, reach: 'unknown', problem })
        told = problem // only what Redis took is told
        await deps.doorbell.wakePlan()
      }
      throw error
    }
  })
}

/** One connection's worth of watching. */
class Watch {
  readonly #deps: WatchDeps
  readonly #configured: DesiredSpeaker
  readonly #place: string
  readonly #speaker: Speaker
  readonly #id: SpeakerId
  readonly #destinations: ReadonlySet<Prefix>
  #upSinceMs = 0
  #readAtMs = 0
  /** The same by the monotonic clock: a wall clock that is set back must not stop the reading. */
  #readMonotonicMs = 0
  /** Prefixes with a path that no Herald decided. */
  #foreign = new Set<Prefix>()
  #reported = ''

  constructor(deps: WatchDeps, configured: DesiredSpeaker) {
    this.#deps = deps
    this.#configured = configured
    this.#place = place(configured)
    this.#id = configured.speaker
    this.#destinations = new Set(configured.steering?.destinations)
    this.#speaker = deps.connections.at(configured)
  }

  /** Runs until the stream breaks, the heartbeat fails or the signal aborts; `up` is told once everything was read. */
  async run(signal: AbortSignal, up: () => void): Promise<void> {
    const ended = new AbortController()
    const until = AbortSignal.any([signal, ended.signal])
    try {
      const opened = Promise.withResolvers<void>()
      const follow = this.#follow(until, opened.resolve)
      await Promise.race([opened.promise, follow])
      this.#upSinceMs = this.#deps.clock()
      await this.#greet(until)
      up()
      await Promise.race([follow, this.#beat(until)])
    } finally {
      ended.abort()
    }
  }

  /** A daemon that holds nothing although it should was restarted: all its targets are to be applied again. */
  async #greet(signal: AbortSignal): Promise<void> {
    const { store, doorbell } = this.#deps
    const { asn } = await this.#speaker.global({ deadlineMs: heartbeatDeadlineMs, signal })
    const seen = asn === undefined ? new Map<Prefix, ObservedRoute>() : await this.#readAll(signal)
    if (seen.size === 0) await store.speakers.reapply(this.#id)
    await store.observations.recordAll(this.#id, seen)
    await this.#report(signal)
    await store.events.append({ type: 'speaker', speaker: this.#id, reach: 'up' })
    await doorbell.wakeApply([this.#id])
    await doorbell.wakePlan()
  }

  async #beat(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(heartbeatEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      const { configured } = await this.#deps.store.speakers.state(this.#id)
      if (configured === undefined || place(configured) !== this.#place) return // it is elsewhere now: begin anew
      const { asn } = await this.#speaker.global({ deadlineMs: heartbeatDeadlineMs, signal })
      if (asn === undefined) await this.#deps.doorbell.wakeApply([this.#id])
      else if (performance.now() - this.#readMonotonicMs >= readAllEveryMs) {
        const changed = await this.#deps.store.observations.recordAll(this.#id, await this.#readAll(signal))
        if (changed.length > 0) await this.#deps.doorbell.wakePlan()
        await this.#deps.doorbell.wakeApply([this.#id]) // looks at policy and neighbors too
      } else await this.#lookAgain([...this.#destinations], signal) // an offer that went without an event
      await this.#report(signal)
    }
  }

  async #follow(signal: AbortSignal, opened: () => void): Promise<void> {
    const { neighbors = [] } = this.#configured.steering ?? {}
    for await (const events of this.#speaker.watch({ signal, opened, neighbors })) {
      // Not in a hurry: what a worker pushed it reads back itself, and what comes meanwhile is merged into the next look.
      await sleep(mergeForMs, undefined, { signal, ref: false }).catch(() => undefined)
      const turned = events.some(({ kind }) => kind === 'neighbor')
      const changed = changedPrefixes(events)
      // A session that goes takes its offers along, without a word about each.
      await this.#lookAgain(turned ? [...new Set([...changed, ...this.#destinations])] : changed, signal)
      if (turned) await this.#tellNeighbors(events, signal)
    }
  }

  async #lookAgain(prefixes: readonly Prefix[], signal: AbortSignal): Promise<void> {
    if (prefixes.length === 0) return
    const { store, doorbell } = this.#deps
    const { epoch } = (await store.revisions.head()) ?? { epoch: 0 }
    let changed: readonly Prefix[]
    if (prefixes.length > readEachUpTo)
      changed = await store.observations.recordAll(this.#id, await this.#readAll(signal))
    else {
      const paths = await this.#speaker.rib(prefixes, { deadlineMs: readDeadlineMs, signal })
      const found = observe(paths, this.#configured.asn, epoch)
      const seen = new Map(prefixes.map((prefix) => [prefix, found.get(prefix)]))
      const offers = offersOf(
        paths,
        prefixes.filter((prefix) => this.#destinations.has(prefix)),
      )
      changed = [
        ...(await store.observations.record(this.#id, seen)),
        ...(await store.observations.offer(this.#id, offers)),
      ]
      if (this.#takeForeign(seen)) await this.#report(signal)
    }
    if (changed.length > 0) await doorbell.wakePlan()
  }

  async #readAll(signal: AbortSignal): Promise<ReadonlyMap<Prefix, ObservedRoute>> {
    const { epoch } = (await this.#deps.store.revisions.head()) ?? { epoch: 0 }
    const paths = await this.#speaker.rib('all', { deadlineMs: readDeadlineMs, signal })
    this.#readAtMs = this.#deps.clock()
    this.#readMonotonicMs = performance.now()
    await this.#tellOffers(paths)
    const seen = observe(paths, this.#configured.asn, epoch)
    this.#foreign.clear()
    this.#takeForeign(seen)
    return seen
  }

  /** What nobody steers any more is forgotten with it. */
  async #tellOffers(paths: readonly RibPath[]): Promise<void> {
    const { observations } = this.#deps.store
    const known = await observations.offers(this.#id)
    const changed = await observations.offer(this.#id, offersOf(paths, this.#destinations))
    const stale = [...known.keys()].filter((prefix) => !this.#destinations.has(prefix))
    await observations.offer(this.#id, new Map(stale.map((prefix) => [prefix, []])))
    if (changed.length > 0) await this.#deps.doorbell.wakePlan()
  }

  /** Answers whether there are more or fewer foreign paths than before. */
  #takeForeign(seen: ReadonlyMap<Prefix, ObservedRoute | undefined>): boolean {
    const before = this.#foreign.size
    for (const [prefix, route] of seen)
      if (route?.owner === 'foreign') this.#foreign.add(prefix)
      else this.#foreign.delete(prefix)
    return this.#foreign.size !== before
  }

  async #tellNeighbors(events: readonly SpeakerEvent[], signal: AbortSignal): Promise<void> {
    for (const event of events)
      if (event.kind === 'neighbor')
        await this.#deps.store.events.append({
          type: 'neighbor',
          speaker: this.#id,
          address: event.address,
          state: event.state,
        })
    await this.#report(signal)
    // One that a drain has shut is up again, by somebody's hand or as it should: a worker looks.
    const { shut } = await this.#deps.store.speakers.state(this.#id)
    if (Object.keys(shut).length > 0) await this.#deps.doorbell.wakeApply([this.#id])
  }

  async #report(signal: AbortSignal): Promise<void> {
    const options = { deadlineMs: heartbeatDeadlineMs, signal }
    const [global, neighbors] = await Promise.all([this.#speaker.global(options), this.#speaker.neighbors(options)])
    const status = {
      reach: 'up',
      sinceMs: this.#upSinceMs,
      api: global.api,
      ...(global.routerId !== undefined && { routerId: global.routerId }),
      neighbors: neighbors.map((neighbor) => ({ ...neighbor, uptimeSeconds: undefined })),
      readAtMs: this.#readAtMs,
      foreign: this.#foreign.size,
    } as const
    const text = JSON.stringify(status)
    if (text === this.#reported) return
    this.#reported = text
    await this.#deps.store.speakers.report(this.#id, status)
  }
}

/** Where the daemon is, whose paths are ours there, and what beside them is followed. */
function place({ endpoint, tls, asn, steering }: DesiredSpeaker): string {
  return JSON.stringify([endpoint, tls, asn, steering])
}

function changedPrefixes(events: readonly SpeakerEvent[]): readonly Prefix[] {
  const prefixes = new Set<Prefix>()
  for (const event of events) if (event.kind === 'routes') for (const prefix of event.prefixes) prefixes.add(prefix)
  return [...prefixes]
}
