/**
 * The path learner beside the planner, under the same lease. Samples of paths become batches, batches become decisions
 * (src/learning, pure), and a decision to move becomes a Preference or an EntryPreference, where the group's mode lets it.
 *
 * What a person prefers is left alone, and nothing is learned about that place meanwhile: nothing is chosen there. Whoever
 * takes back what the learner did, by whatever command, bars that path for a while.
 */
import type { Logger } from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { frozenUntilMs } from '../../intent/compile.ts'
import type { Intent } from '../../intent/model.ts'
import { selectPops } from '../../intent/select.ts'
import { type FleetStep, placeKey, stepFleet, tellPlace } from '../../learning/fleet.ts'
import type { PlaceEvent } from '../../learning/place.ts'
import { isNight } from '../../learning/self-tuning.ts'
import { type Mode, defaultSettings } from '../../learning/settings.ts'
import type { Lease, Store } from '../../store/store.ts'
import type { Doorbell } from '../doorbell.ts'
import type { OfferView } from '../planner.ts'
import { commitChoice } from './commit.ts'
import { entrySpots } from './entries.ts'
import { EntryBook } from './entry-book.ts'
import { inUseNews } from './in-use.ts'
import { LearnerMemory } from './memory.ts'
import { replayNight } from './night.ts'
import type { LearnerObserver } from './observer.ts'
import { pathSpots } from './paths.ts'
import { SampleBook } from './sample-book.ts'
import type { Spot } from './spot.ts'

export interface LearnerDeps extends LearnerObserver {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly logger: Logger
  readonly clock: () => number
}

/** What the engine asks the planner beside it. */
interface PlannerSide {
  /** Undefined: nothing is loaded, so nothing is decided. */
  view(): OfferView | undefined
  look(): Promise<void>
}

const lookEveryMs = 500
const nightLookMs = 2000
/** What was seen of an entry within this time is what it costs before a move. */
const catchmentMs = 60_000
/** After a start nothing that was not seen is held against anybody. */
const deafMs = 30_000
const settings = defaultSettings

export class LearnerEngine {
  readonly #deps: LearnerDeps
  readonly #lease: Lease
  readonly #planner: PlannerSide
  readonly #samples = new SampleBook()
  readonly #entries = new EntryBook()
  readonly #memory: LearnerMemory
  /** As last looked at. */
  #spots: readonly Spot[] = []
  /** Places that a person asked to replay their log now. */
  readonly #asked = new Set<string>()
  /** One look, or one result of a replay, at a time. */
  #turn: Promise<void> = Promise.resolve()
  #refused = ''
  #startedAtMs = 0

  constructor(deps: LearnerDeps, lease: Lease, planner: PlannerSide) {
    this.#deps = deps
    this.#lease = lease
    this.#planner = planner
    this.#memory = new LearnerMemory(deps.store.learner, lease.fence, deps)
  }

  /** Until the signal aborts. Throws when Redis fails; it begins anew then. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController()
    const until = AbortSignal.any([signal, ended.signal])
    await this.#memory.load()
    this.#startedAtMs = this.#deps.clock()
    try {
      await Promise.race([this.#listen(until), this.#watch(until), this.#nights(until)])
    } finally {
      ended.abort()
      await this.#turn.catch(() => undefined)
      this.#deps.observeLearnerEnd()
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    for await (const { samples, atMs } of this.#deps.store.samples.follow(signal)) {
      this.#samples.take(samples)
      this.#entries.take(samples, atMs)
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#alone(() => this.#look())
      await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** Replays run beside the looks; what they find is an event like any other, between two of them. */
  async #nights(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const { subject, pinned } of this.#spots) {
        const key = placeKey(subject)
        const place = this.#memory.place(subject)
        const due = pinned === undefined && (this.#asked.has(key) || isNight(place.tuned, this.#deps.clock()))
        if (!due || signal.aborted || !this.#lease.held()) continue
        const started = performance.now()
        const challenger = await replayNight(this.#deps.store.learner, key, place, settings)
        this.#deps.observeNight((performance.now() - started) / 1000)
        this.#asked.delete(key)
        const atMs = this.#deps.clock()
        await this.#alone(() => this.#tell({ subject }, { kind: 'night', atMs, challenger }))
      }
      await sleep(nightLookMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  #alone(act: () => Promise<unknown>): Promise<void> {
    const next = this.#turn.then(act).then(() => undefined)
    this.#turn = next.catch(() => undefined)
    return next
  }

  async #look(): Promise<void> {
    const view = this.#planner.view()
    if (view === undefined || !this.#lease.held()) return
    this.#entries.follow(view.intent)
    await this.#hear(view)
    this.#spots = await this.#spotsOf(view)
    await this.#memory.retain(new Set(groupKeys(view.intent)))
    this.#deps.observePlaces(
      this.#memory.fleet,
      new Map(this.#spots.map(({ subject, mode }): [string, Mode] => [placeKey(subject), mode])),
    )
    for (const spot of this.#spots) {
      if (!this.#lease.held()) return
      // A move changes the intent: the other places are looked at with the next view.
      if ((await this.#step(view, spot)) === 'changed') return
    }
  }

  async #spotsOf(view: OfferView): Promise<readonly Spot[]> {
    const { health } = this.#deps.store
    const figures = await health.traffic()
    const loads = { figures, nowMs: this.#deps.clock() }
    const paths = pathSpots(view, loads)
    if (view.intent.entryGroups.size === 0) return paths
    const { ledger } = await health.memory()
    return [...paths, ...entrySpots(view, this.#entries, ledger, loads)]
  }

  /** What people said. */
  async #hear({ intent }: OfferView): Promise<void> {
    const words = await this.#deps.store.learner.words()
    if (words.length === 0) return
    const known = groupKeys(intent)
    for (const { key, word, atMs } of words) {
      const subject = this.#memory.fleet.places[key]?.learner.subject
      if (subject === undefined || !known.has(key)) continue
      if (word === 'tune') this.#asked.add(key)
      else await this.#tell({ subject }, { kind: word, atMs })
    }
    await this.#deps.store.learner.heard(this.#lease.fence, words.length)
  }

  async #step(view: OfferView, spot: Spot): Promise<'changed' | 'same'> {
    const { subject, arms, preference } = spot
    const measures = arms.map(({ measure }) => measure)
    if (preference?.by === 'person') {
      this.#samples.forget(measures)
      await this.#letGo(spot)
      return 'same'
    }
    await this.#follow(spot)
    const verified = await this.#verify(view, spot)
    if (verified !== undefined) return verified
    const { learner } = this.#memory.place(subject)
    const bgpChoice = spot.bgpChoice ?? learner.chosen
    if (bgpChoice === null) return 'same'
    const inUse = arms.find(({ candidate }) => candidate.path === (learner.chosen ?? bgpChoice))
    const atMs = this.#deps.clock()
    const measured = this.#samples.batch(measures, inUse?.measure, atMs - (learner.atMs ?? 0))
    if (measured === undefined) return 'same'
    const { mode, canaries, demandBps, waiting, attached, pinned, seen } = spot
    const measurement = {
      atMs,
      bgpChoice,
      arms: arms.map(({ candidate }, i) => ({ candidate, ...(measured[i] ?? { sent: 0, rttsMs: [] }) })),
      ...(demandBps !== undefined && { demandBps }),
      frozen: frozenUntilMs(view.intent, Math.max(atMs, view.nowMs)) !== undefined,
      ...(waiting !== undefined && { waiting }),
    }
    const step = stepFleet(this.#memory.fleet, subject, measurement, {
      mode,
      canaries,
      settings,
      ...(pinned !== undefined && { pinned }),
      ...(attached !== undefined && { attached }),
      ...(seen !== undefined && { seen: seen(atMs - catchmentMs) }),
    })
    if (step === undefined) return 'same'
    const { decision } = step
    if (decision.kind !== 'move' || !decision.applied) {
      this.#samples.forget(measures)
      await this.#memory.keep(subject, step)
      return 'same'
    }
    const to = decision.cause === 'gone' ? undefined : decision.to
    const outcome = await this.#carryOut(view, spot, step, to, decision.explanation.sentence)
    // Where others were faster the same samples decide again; where a guard refused, the next ones.
    if (outcome !== 'stale') this.#samples.forget(measures)
    return outcome === 'done' ? 'changed' : 'same'
  }

  /** A person chose: nothing of the learner's stands there any more. */
  async #letGo({ subject }: Spot): Promise<void> {
    const { committed, learner } = this.#memory.place(subject)
    if (committed === null || learner.chosen === null) return
    const atMs = this.#deps.clock()
    await this.#tell({ subject }, { kind: 'in-use', atMs, path: learner.chosen, committed: null, takenBack: false })
  }

  async #follow(spot: Spot): Promise<void> {
    const news = inUseNews(this.#memory.place(spot.subject), spot, this.#deps.clock())
    if (news !== undefined) await this.#tell(spot, news)
  }

  /** Undefined: nothing was to be verified, or it goes on. */
  async #verify(view: OfferView, spot: Spot): Promise<'changed' | 'same' | undefined> {
    const { subject, seen, mayEnter } = spot
    const { entry } = this.#memory.place(subject)
    if (entry?.phase.kind !== 'verifying' || seen === undefined) return undefined
    const atMs = this.#deps.clock()
    const sight = seen(entry.phase.sinceMs)
    // Who has just begun to lead has not heard of anything yet.
    if (sight.entersAt === null && atMs - this.#startedAtMs < deafMs) return undefined
    const event = { kind: 'seen', atMs, seen: sight, ...(mayEnter !== undefined && { mayEnter }) } as const
    const step = tellPlace(this.#memory.fleet, subject, event, settings)
    const { verdict } = step
    if (verdict === undefined) return undefined
    this.#deps.logger.info({ place: placeKey(subject), verdict: verdict.sentence }, 'MED verified')
    if (verdict.kind === 'confirmed') {
      await this.#memory.keep(subject, step)
      return 'same'
    }
    const outcome = await this.#carryOut(view, spot, step, verdict.back ?? undefined, verdict.sentence)
    return outcome === 'done' ? 'changed' : 'same'
  }

  /** Committed first, remembered then: what is not carried out is not remembered as if it were. */
  async #carryOut(
    view: OfferView,
    spot: Spot,
    step: FleetStep,
    to: string | undefined,
    reason: string,
  ): Promise<'done' | 'stale' | 'refused'> {
    const outcome = await commitChoice(this.#deps, view, spot, to, reason, this.#deps.clock())
    switch (outcome.kind) {
      case 'stale':
        await this.#planner.look()
        return 'stale'
      case 'refused':
        if (outcome.problem !== this.#refused)
          this.#deps.logger.warn({ place: placeKey(spot.subject), problem: outcome.problem }, 'preference refused')
        this.#refused = outcome.problem
        return 'refused'
      case 'committed':
      case 'nothing-new':
        await this.#memory.keep(spot.subject, step, outcome.kind === 'committed' ? outcome.revision : undefined)
        await this.#planner.look()
        return 'done'
    }
  }

  async #tell({ subject }: Pick<Spot, 'subject'>, event: Exclude<PlaceEvent, { kind: 'batch' }>): Promise<void> {
    await this.#memory.keep(subject, tellPlace(this.#memory.fleet, subject, event, settings))
  }
}

/** Places that documents may have, offered or not: what is known of them is kept. */
function groupKeys(intent: Intent): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const { id, at, except } of intent.pathGroups.values())
    for (const pop of selectPops(intent, at, except)) keys.add(placeKey({ pop, destination: id }))
  for (const { id } of intent.entryGroups.values()) keys.add(placeKey({ entry: id }))
  return keys
}
