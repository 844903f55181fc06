/**
 * The planner: one leader for the whole fleet, by a lease in Redis. It keeps intent and fleet in memory, and at every
 * look
 *   1. makes sure that this Redis is the one it knows (epoch, high water); otherwise it decides nothing;
 *   2. takes in new revisions, observed changes, reach and applied generations;
 *   3. plans the prefixes concerned (src/plan, pure);
 *   4. writes what speakers must be configured with, then the new targets, both fenced by the lease;
 *   5. wakes the speakers concerned, settles revisions, sets its timer for the next moment at which time alone matters.
 */
import type { Logger } from 'pino'
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, affectedPrefixes } from '../intent/compile.ts'
import { buildIntent } from '../intent/build.ts'
import type { Standing } from '../health/visibility-input.ts'
import { speakersWithShutdowns } from '../intent/compile/shutdowns.ts'
import { steeredDestinations } from '../intent/compile/steering.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { DocumentKey } from '../intent/document.ts'
import { applyChanges } from '../intent/edit.ts'
import { type Intent, type PopId, type SpeakerId, emptyIntent } from '../intent/model.ts'
import type { HeldReason } from '../plan/action.ts'
import type { Offer } from '../plan/observed.ts'
import { type Plan, planning } from '../plan/plan.ts'
import { notReadBack } from '../plan/read-back.ts'
import { shutSessions } from '../plan/shut-sessions.ts'
import type { HighWater } from '../store/high-water.ts'
import { openRevisions } from '../store/open-revisions.ts'
import type { Lease, Revision, SpeakerState, Store } from '../store/store.ts'
import type { Doorbell } from './doorbell.ts'
import { Fleet } from './fleet.ts'
import { identifyStore } from './identity.ts'
import { RepairPace } from './repair-pace.ts'
import { Settlement } from './settlement.ts'
import { standingOf } from './standing.ts'
import { configureSpeakers, speakersOf } from './configure.ts'
import { retireSpeakers } from './retire.ts'
import { inSlices } from './slices.ts'
import { Unsettled } from './unsettled.ts'

export interface PlannerDeps {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly highWater: HighWater
  readonly logger: Logger
  readonly clock: () => number
  readonly observePlan: (seconds: number, plan: Plan, held: ReadonlyMap<HeldReason, number>) => void
}

/** What stands now, for whoever decides beside the planner. */
export interface PlannerView {
  readonly intent: Intent
  readonly documents: ReadonlyMap<DocumentKey, unknown>
  readonly epoch: number
  /** What time it is for overlays, ms since the epoch: never before the latest revision. */
  readonly nowMs: number
  /** POPs where a path of ours is in a RIB that could be read. */
  announcedAt(prefix: Prefix): ReadonlySet<PopId>
  /** Why a prefix is not, at these POPs, as decided and read back, in words; undefined: it is. */
  notReadBack(prefix: Prefix, pops: Iterable<PopId>): string | undefined
  readonly standing: Standing
}

/** The same with what neighbors of a speaker offer, the best path first where BGP chose among them. */
export interface OfferView extends PlannerView {
  offers(speaker: SpeakerId, destination: Prefix): readonly Offer[]
}

const driftToldAtOnce = 50

/** The state of one leadership: made when the lease is won, dropped with it. */
export class Planner {
  readonly #deps: PlannerDeps
  readonly #lease: Lease
  #settlement = new Settlement()
  #unsettled = new Unsettled()
  readonly #repairs = new RepairPace()
  #fleet: Fleet
  #states: ReadonlyMap<SpeakerId, SpeakerState> = new Map()
  #configured = new Map<SpeakerId, string>()
  /** Sessions that are kept shut down. */
  #shut = new Map<SpeakerId, DesiredSpeaker['shut']>()
  #intent: Intent = emptyIntent
  #documents: ReadonlyMap<DocumentKey, unknown> = new Map()
  #epoch = 0
  /** Of the latest revision: a clock that was set back, or is behind another leader's, must not make its overlays start in the future. */
  #headAtMs = 0
  #loaded = false
  #looking: Promise<void> = Promise.resolve()
  #lookAgain = new Map<Prefix, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(deps: PlannerDeps, lease: Lease) {
    this.#deps = deps
    this.#lease = lease
    this.#fleet = this.#newFleet()
  }

  /** Resolves when no look is under way any more. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#looking.catch(() => undefined)
    clearTimeout(this.#timer)
  }

  /** Undefined: nothing is loaded, so nothing can be decided from it. */
  view(): OfferView | undefined {
    if (!this.#loaded) return undefined
    const [intent, fleet] = [this.#intent, this.#fleet]
    const moment = { epoch: this.#epoch, nowMs: this.#now() }
    return {
      intent,
      documents: this.#documents,
      epoch: this.#epoch,
      nowMs: moment.nowMs,
      announcedAt: (prefix) => announcedAt(intent, fleet, prefix),
      notReadBack: (prefix, pops) => notReadBack({ intent, fleet, moment }, prefix, pops),
      standing: standingOf(fleet),
      offers: (speaker, destination) => fleet.offers(speaker, destination),
    }
  }

  /** Speakers where some neighbor's adj-out disagrees. */
  disagreeing(): Iterable<SpeakerId> {
    return this.#fleet.disagreeing()
  }

  /** Looks once, after the look under way. What fails half way is forgotten whole: the next one loads everything again. */
  look(): Promise<void> {
    const look = async (): Promise<void> => {
      if (!this.#lease.held()) return
      try {
        await this.#look()
      } catch (error) {
        this.#loaded = false
        throw error
      }
    }
    this.#looking = this.#looking.then(look, look)
    return this.#looking
  }

  async #look(): Promise<void> {
    const { store, logger } = this.#deps
    const identity = await identifyStore(store, this.#deps.highWater)
    if (!identity.known) {
      logger.error({ problem: identity.problem }, 'deciding nothing: fail static')
      this.#loaded = false
      return
    }
    const { head } = identity
    if (this.#loaded && head.epoch !== this.#epoch) this.#loaded = false
    const fresh = !this.#loaded // a leader that has just loaded looks at everything
    const concerned = this.#loaded ? new Set<Prefix>() : await this.#load(head.epoch)
    const revisions = head.revision > this.#intent.revision ? await store.revisions.since(this.#intent.revision) : []
    const everything = this.#takeRevisions(revisions, concerned) || fresh
    await this.#takeObservations(concerned)
    if (revisions.length > 0) for (const prefix of this.#unsettled.heldAsMass()) concerned.add(prefix)
    const nowMs = this.#now()
    for (const [prefix, atMs] of this.#lookAgain) if (atMs <= nowMs) concerned.add(prefix)
    await this.#decide(everything ? this.#everyPrefix() : concerned, revisions, everything)
    await this.#retire()
    await this.#deps.highWater.raise({ epoch: head.epoch, revision: this.#intent.revision })
  }

  async #load(epoch: number): Promise<Set<Prefix>> {
    const { store, logger } = this.#deps
    const { revision, documents } = await store.revisions.documents()
    this.#epoch = epoch
    this.#settlement = new Settlement()
    this.#unsettled = new Unsettled()
    this.#fleet = this.#newFleet()
    this.#configured = new Map()
    this.#shut = new Map()
    this.#documents = documents
    this.#intent = buildIntent(documents, revision).intent
    const [latest] = await store.revisions.list({ before: revision + 1, limit: 1 })
    this.#headAtMs = Math.max(this.#headAtMs, latest?.atMs ?? 0)
    const states = await store.speakers.states()
    const { fresh } = this.#fleet.refresh(states)
    for (const speaker of fresh) {
      await this.#fleet.load(store, speaker)
      const configured = states.get(speaker)?.configured
      if (configured === undefined) continue
      this.#configured.set(speaker, JSON.stringify(configured))
      if (configured.shut !== undefined) this.#shut.set(speaker, configured.shut)
    }
    const everyPrefix = this.#everyPrefix()
    for (const { revision: number, changes, removes } of await openRevisions(store, revision)) {
      const affected = affectedPrefixes(this.#intent, this.#intent, changes)
      this.#settlement.resume(number, affected === 'all' ? everyPrefix : affected, removes)
    }
    this.#loaded = true
    logger.info({ revision, speakers: states.size, prefixes: everyPrefix.size }, 'leading: intent and fleet loaded')
    return everyPrefix
  }

  /** Takes in revisions; answers whether every prefix is concerned. */
  #takeRevisions(revisions: readonly Revision[], concerned: Set<Prefix>): boolean {
    let everything = false
    for (const revision of revisions) {
      const before = this.#intent
      this.#headAtMs = Math.max(this.#headAtMs, revision.atMs)
      this.#documents = applyChanges(this.#documents, revision.changes)
      this.#intent = buildIntent(this.#documents, revision.revision).intent
      const affected = affectedPrefixes(before, this.#intent, revision.changes)
      if (affected === 'all') everything = true
      else for (const prefix of affected) concerned.add(prefix)
      this.#settlement.open(revision.revision, affected === 'all' ? this.#everyPrefix() : affected, revision.removes)
    }
    return everything
  }

  async #takeObservations(concerned: Set<Prefix>): Promise<void> {
    const { store } = this.#deps
    this.#states = await store.speakers.states()
    const news = this.#fleet.refresh(this.#states)
    for (const speaker of news.fresh) await this.#fleet.load(store, speaker)
    const batch = 10_000
    for (;;) {
      const dirty = await store.observations.takeDirty(this.#lease.fence, batch)
      for (const [speaker, marks] of Map.groupBy(dirty, ({ speaker }) => speaker)) {
        const prefixes = marks.map(({ prefix }) => prefix)
        const seen = await store.observations.of(speaker, prefixes)
        for (const prefix of prefixes) {
          this.#fleet.see(speaker, prefix, seen.get(prefix))
          concerned.add(prefix)
        }
        await this.#fleet.loadWords(store, speaker)
      }
      if (dirty.length < batch) break
    }
    for (const prefix of this.#unsettled.concernedBy(news, this.#fleet)) concerned.add(prefix)
  }

  async #decide(prefixes: Set<Prefix>, revisions: readonly Revision[], everything: boolean): Promise<void> {
    const { store, doorbell, logger, observePlan } = this.#deps
    const moment: Moment = { epoch: this.#epoch, nowMs: this.#now() }
    const started = performance.now()
    const input = {
      intent: this.#intent,
      moment,
      fleet: this.#fleet,
      allowance: this.#settlement.allowance,
      revisionOf: (prefix: Prefix) => this.#settlement.revisionOf(prefix) ?? this.#intent.revision,
    }
    const plan = this.#repairs.pace(await inSlices(planning(input, prefixes)), moment.nowMs)
    this.#unsettled.take(plan)
    observePlan((performance.now() - started) / 1000, plan, this.#unsettled.held())
    const plannedAtMs = this.#deps.clock()
    const changed = speakersOf(revisions.flatMap(({ changes }) => changes))
    const concerned = everything || changed === 'all' ? 'all' : changed.union(new Set(plan.targets.keys()))
    const configured = await this.#configure(moment, concerned)
    if (plan.targets.size > 0) {
      this.#fleet.decided(plan.targets, await store.targets.decide(this.#lease.fence, plan.targets))
      logger.info({ actions: plan.actions.length, held: plan.held.length, revision: this.#intent.revision }, 'planned')
      await store.events.append({
        type: 'plan',
        actions: plan.actions.length,
        held: plan.held.length,
        revision: this.#intent.revision,
      })
    }
    await this.#tellDrift(plan)
    const sessions = await this.#configure(moment, this.#followSessions(moment.nowMs))
    await doorbell.wakeApply(new Set([...plan.targets.keys(), ...configured, ...sessions]))
    for (const { revision } of revisions) await store.proofs.planned(revision, plannedAtMs)
    await this.#settle(plan)
    this.#remind(prefixes, plan, moment.nowMs)
  }

  /** Writes what speakers must be configured with, where that is something else than before; answers where. */
  async #configure(moment: Moment, concerned: 'all' | Iterable<SpeakerId>): Promise<readonly SpeakerId[]> {
    const configured = configureSpeakers(this.#intent, moment, this.#configured, concerned, this.#shut)
    if (configured.length > 0) await this.#deps.store.speakers.configure(this.#lease.fence, configured)
    for (const one of configured) this.#configured.set(one.speaker, JSON.stringify(one))
    return configured.map(({ speaker }) => speaker)
  }

  /** After what was just decided is known: sessions are shut after routes are gone, and opened after they are back. */
  #followSessions(nowMs: number): readonly SpeakerId[] {
    const changed: SpeakerId[] = []
    for (const speaker of speakersWithShutdowns(this.#intent).union(new Set(this.#shut.keys()))) {
      const before = this.#shut.get(speaker)
      const shut = this.#intent.speakers.has(speaker)
        ? shutSessions(this.#intent, speaker, nowMs, this.#fleet.table(speaker), before)
        : undefined
      if (JSON.stringify(shut) === JSON.stringify(before)) continue
      changed.push(speaker)
      if (shut === undefined) this.#shut.delete(speaker)
      else this.#shut.set(speaker, shut)
    }
    return changed
  }

  /** What is left of speakers whose documents are gone. */
  async #retire(): Promise<void> {
    const { store, doorbell, logger } = this.#deps
    const { bare, forget } = retireSpeakers(this.#intent, this.#states, this.#fleet)
    if (bare.length > 0) {
      await store.speakers.configure(this.#lease.fence, bare)
      for (const one of bare) this.#configured.set(one.speaker, JSON.stringify(one))
      await doorbell.wakeApply(bare.map(({ speaker }) => speaker))
    }
    for (const speaker of forget) {
      await store.speakers.forget(this.#lease.fence, speaker)
      this.#configured.delete(speaker)
      for (const prefix of this.#fleet.drop(speaker)) this.#lookAgain.set(prefix, 0)
      logger.info({ speaker }, 'speaker forgotten: its document is gone')
    }
    if (forget.length > 0) await doorbell.wakePlan()
  }

  /** Drift is worth knowing although it heals: somebody, or something, works against Herald. */
  async #tellDrift({ actions }: Plan): Promise<void> {
    const drifted = actions.filter(({ kind }) => kind === 'repair').slice(0, driftToldAtOnce)
    for (const { speaker, prefix, from } of drifted) {
      this.#deps.logger.warn({ speaker, prefix }, 'drift: the RIB is not as decided; repairing')
      await this.#deps.store.events.append({ type: 'drift', speaker, prefix, found: from ?? 'absent' })
    }
  }

  async #settle(plan: Plan): Promise<void> {
    const { store, clock, logger } = this.#deps
    for (const { revision, state, held, supersededBy } of this.#settlement.take(plan)) {
      await store.proofs.settle(this.#lease.fence, revision, state, clock(), held, supersededBy)
      logger.info({ revision, state, held, supersededBy }, 'revision')
    }
  }

  /** Prefixes whose plan changes with time alone are looked at again at that time. */
  #remind(prefixes: Set<Prefix>, plan: Plan, nowMs: number): void {
    for (const prefix of prefixes) this.#lookAgain.delete(prefix)
    for (const [prefix, atMs] of plan.changesAt) this.#lookAgain.set(prefix, atMs)
    clearTimeout(this.#timer)
    let nextMs = Infinity
    for (const atMs of this.#lookAgain.values()) nextMs = Math.min(nextMs, atMs)
    if (nextMs === Infinity) return
    const delayMs = Math.min(Math.max(nextMs - nowMs, 1), 3_600_000)
    this.#timer = setTimeout(() => void this.#deps.doorbell.wakePlan().catch(() => undefined), delayMs)
    this.#timer.unref()
  }

  #now(): number {
    return Math.max(this.#deps.clock(), this.#headAtMs)
  }

  #newFleet(): Fleet {
    return new Fleet((prefix, speaker) => this.#intent.prefixes.get(prefix)?.adopt.has(speaker) ?? false)
  }

  #everyPrefix(): Set<Prefix> {
    return new Set([...this.#intent.prefixes.keys(), ...steeredDestinations(this.#intent), ...this.#fleet.prefixes()])
  }
}

function announcedAt(intent: Intent, fleet: Fleet, prefix: Prefix): ReadonlySet<PopId> {
  const pops = new Set<PopId>()
  for (const speaker of fleet.siteSpeakers(prefix)) {
    const pop = intent.speakers.get(speaker)?.pop
    if (pop === undefined || fleet.speaker(speaker)?.reach !== 'up') continue
    if (fleet.observed(speaker, prefix)?.owner === 'ours') pops.add(pop)
  }
  return pops
}
