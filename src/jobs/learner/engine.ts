/**
 * The path learner beside the planner, under the same lease. Samples of paths become batches, batches become decisions
 * (src/learning, pure), and a decision to move becomes a Preference, where the group's mode lets it. What it knows, and
 * every batch with its decision, is stored before the next one, so that a new leader goes on where the last one stopped.
 *
 * What a person prefers is left alone, and nothing is learned about that place meanwhile: no path is chosen there.
 */
import type { Logger } from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { frozenUntilMs } from '../../intent/compile.ts'
import { selectPops } from '../../intent/select.ts'
import { noEvidence } from '../../learning/cusum.ts'
import { type FleetState, emptyFleet, isApplied, learnerKey, stepFleet } from '../../learning/fleet.ts'
import { defaultSettings } from '../../learning/settings.ts'
import type { Lease, Store } from '../../store/store.ts'
import type { Doorbell } from '../doorbell.ts'
import type { OfferView } from '../planner.ts'
import { type Place, placesOf } from './candidates.ts'
import { commitPreference } from './commit.ts'
import { SampleBook } from './sample-book.ts'

export interface LearnerDeps {
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

export class LearnerEngine {
  readonly #deps: LearnerDeps
  readonly #lease: Lease
  readonly #planner: PlannerSide
  readonly #book = new SampleBook()
  #fleet: FleetState = emptyFleet

  constructor(deps: LearnerDeps, lease: Lease, planner: PlannerSide) {
    this.#deps = deps
    this.#lease = lease
    this.#planner = planner
  }

  /** Until the signal aborts. Throws when Redis fails; it begins anew then. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController()
    const until = AbortSignal.any([signal, ended.signal])
    this.#fleet = await this.#deps.store.learner.memory()
    try {
      await Promise.race([this.#listen(until), this.#watch(until)])
    } finally {
      ended.abort()
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    for await (const { samples } of this.#deps.store.samples.follow(signal)) this.#book.take(samples)
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const view = this.#planner.view()
      for (const place of view === undefined ? [] : placesOf(view, this.#deps.clock())) {
        if (!this.#lease.held()) return
        // A move changes the intent: the other places are looked at with the next view.
        if (view !== undefined && (await this.#step(view, place)) === 'moved') break
      }
      await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** Where moves are carried out, what is in use is what the documents and BGP say, whoever changed it. */
  #follow({ group, pop, paths, bgpChoice, preference }: Place, applied: boolean): void {
    const key = learnerKey({ pop, destination: group.id })
    const known = this.#fleet.learners[key]
    const chosen = preference?.path ?? bgpChoice
    const isOffered = paths.some(({ candidate }) => candidate.path === chosen)
    if (!applied || !isOffered || known === undefined || known.chosen === null || known.chosen === chosen) return
    const arms = known.arms.map((arm) => ({ ...arm, evidence: noEvidence }))
    const learner = { ...known, chosen, arms, lastMove: null, held: null }
    this.#fleet = { ...this.#fleet, learners: { ...this.#fleet.learners, [key]: learner } }
  }

  async #step(view: OfferView, place: Place): Promise<'moved' | 'stayed'> {
    const { group, pop, paths, bgpChoice, preference } = place
    const checks = paths.map(({ check }) => check)
    if (preference?.by === 'person') {
      this.#book.forget(pop, checks)
      return 'stayed'
    }
    const subject = { pop, destination: group.id }
    const canaries = [...selectPops(view.intent, group.canary)]
    this.#follow(place, isApplied(group.mode, pop, canaries))
    const known = this.#fleet.learners[learnerKey(subject)]
    const inUse = paths.find(({ candidate }) => candidate.path === (known?.chosen ?? bgpChoice))
    const atMs = this.#deps.clock()
    const measured = this.#book.batch(pop, checks, inUse?.check, atMs - (known?.atMs ?? 0))
    if (measured === undefined) return 'stayed'
    const arms = paths.map(({ candidate }, i) => ({ candidate, ...(measured[i] ?? { sent: 0, rttsMs: [] }) }))
    const frozen = frozenUntilMs(view.intent, atMs) !== undefined
    const options = { mode: group.mode, canaries, settings: defaultSettings }
    const step = stepFleet(this.#fleet, subject, { atMs, bgpChoice, arms, frozen }, options)
    if (step === undefined) return 'stayed'
    const { decision, batch, fleet } = step
    const applied = decision.kind === 'move' && decision.applied
    if (applied) {
      const to = decision.cause === 'gone' ? undefined : decision.to
      const { sentence } = decision.explanation
      const outcome = await commitPreference(this.#deps, view, place, to, sentence, atMs)
      if (outcome === 'stale' || outcome === 'refused') {
        // Not moved, so not remembered as moved: the same evidence decides again, with the next batch or a look later.
        if (outcome === 'refused') this.#book.forget(pop, checks)
        else await this.#planner.look()
        return 'stayed'
      }
    }
    this.#book.forget(pop, checks)
    this.#fleet = fleet
    const record = { subject, batch, ...(decision.kind !== 'stay' && { decision }) }
    await this.#deps.store.learner.save(this.#lease.fence, fleet, record)
    if (applied) await this.#planner.look()
    return applied ? 'moved' : 'stayed'
  }
}
