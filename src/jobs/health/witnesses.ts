/**
 * Witnesses: what others see of our prefixes. Vantage points see who answers them (health/catchment), vantage routers see
 * routes (health/visibility). Of every revision that changed routes it is watched whether they saw that, which is the last
 * stage of its proof; and what is wrong with how we are seen is told. No route depends on any of it.
 *
 * A new leader hears the samples of the last seconds again, takes up the watches that it finds in the proofs, and begins
 * those of revisions that nobody has watched yet.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Prefix, mostSpecific } from '../../bgp/prefix.ts'
import { CatchmentBook } from '../../health/catchment.ts'
import { moveRules, moveState } from '../../health/catchment-move.ts'
import type { Condition } from '../../health/failover-input.ts'
import { sightState } from '../../health/router-move.ts'
import { countVisibility } from '../../health/visibility-count.ts'
import { VisibilityBook } from '../../health/visibility-alarm.ts'
import type { VisibilityInput } from '../../health/visibility-input.ts'
import { popNamed, vantageTasks } from '../../health/vantage-tasks.ts'
import { splitKey } from '../../intent/document.ts'
import type { Intent } from '../../intent/model.ts'
import type { Proof } from '../../store/proof.ts'
import type { Fence, Revision, Store, StoredBatch } from '../../store/store.ts'
import type { PlannerView } from '../planner.ts'
import { CollectorBook } from './collector-book.ts'
import { MoveWatch } from './move-watch.ts'
import type { HealthObserver } from './observer.ts'
import type { ProofWatch } from './proof-watch.ts'
import { type Step, walkRevisions } from './revision-walk.ts'
import { RouterWatch } from './router-watch.ts'

interface Latest {
  readonly revision: Revision
  /** Read by a new leader alone. */
  readonly proof: Proof | undefined
}

interface WitnessDeps extends Pick<HealthObserver, 'observeCatchment' | 'observeVisibility'> {
  readonly store: Store
  readonly clock: () => number
}

const lookEveryMs = 500
/** What did not change is told again so often, so that a reader knows how old it is. */
const tellEveryMs = 5000
/** Revisions looked at when a leader begins, and at most at once. */
const revisionsAtMost = 50
/** Revisions in which a new leader looks for prefixes that were withdrawn by deleting their documents. */
const deletionsWithin = 500
/** After a change was seen its witnesses are followed for so long: others see it after the first. */
const lingerMs = 10_000

export class Witnesses {
  readonly #deps: WitnessDeps
  readonly #fence: Fence
  readonly #view: () => PlannerView | undefined
  readonly #catchment = new CatchmentBook()
  readonly #collectors: CollectorBook
  readonly #visibility = new VisibilityBook()
  #watches: ProofWatch[] = []
  #intent: Intent | undefined
  #revision: number | undefined
  /** Prefixes whose documents were deleted lately. */
  #deleted: Set<Prefix> | undefined
  #told = { text: '', atMs: -Infinity }

  constructor(deps: WitnessDeps, fence: Fence, view: () => PlannerView | undefined) {
    this.#deps = deps
    this.#fence = fence
    this.#view = view
    this.#collectors = new CollectorBook(deps.store, fence)
  }

  take({ samples, atMs }: StoredBatch): void {
    this.#follow()
    for (const [line, answer] of this.#catchment.take(samples, atMs))
      for (const watch of this.#watches) if (watch instanceof MoveWatch) watch.hear(line, answer)
  }

  /** Until the signal aborts; `turned` is told when vantage routers see something else. Throws when Redis fails. */
  async run(signal: AbortSignal, turned: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const view = this.#follow()
      if (view !== undefined) {
        const changed = await this.#collectors.look(view.intent)
        await this.#takeRevisions(view)
        await this.#judge()
        await this.#tell(view)
        if (changed) await turned()
      }
      await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** What is wrong with how vantage routers see us. */
  conditions(
    { intent, standing }: PlannerView,
    { alarms, hasUnnamedSessions }: Pick<VisibilityInput, 'alarms' | 'hasUnnamedSessions'>,
    nowMs: number,
  ): readonly Condition[] {
    const collectors = this.#collectors.views
    const deleted = this.#deleted ?? new Set()
    return this.#visibility.conditions({
      intent,
      deleted,
      standing,
      hasUnnamedSessions,
      collectors,
      alarms,
      nowMs,
    })
  }

  #follow(): PlannerView | undefined {
    const view = this.#view()
    if (view === undefined || view.intent === this.#intent) return view
    const { intent } = view
    this.#intent = intent
    this.#catchment.configure(vantageTasks(intent), (name) => popNamed(intent, name))
    return view
  }

  async #takeRevisions(view: PlannerView): Promise<void> {
    const head = view.intent.revision
    const known = this.#revision
    if (known === head) return
    const hasWitnesses = vantageTasks(view.intent).length > 0 || view.intent.collectors.size > 0
    const latest = hasWitnesses ? await this.#latest(head, known) : []
    await this.#followDeletions(view.intent, latest)
    const steps = walkRevisions(
      view,
      latest.map(({ revision }) => revision),
    )
    for (const step of steps) {
      const { proof } = latest.find(({ revision }) => revision === step.revision) ?? {}
      this.#open(step, view.epoch, proof)
    }
    this.#revision = head
  }

  /** Revisions that are new, oldest first; to a new leader those from the first that is still to be watched. */
  async #latest(head: number, known: number | undefined): Promise<readonly Latest[]> {
    const { revisions, proofs } = this.#deps.store
    const limit = Math.min(revisionsAtMost, known === undefined ? revisionsAtMost : head - known)
    if (limit <= 0) return []
    const latest = (await revisions.list({ before: head + 1, limit })).toReversed()
    if (known !== undefined) return latest.map((revision) => ({ revision, proof: undefined }))
    const proved = await Promise.all(latest.map(async ({ revision }) => proofs.get(revision)))
    const nowMs = this.#deps.clock()
    const first = proved.findIndex((proof) => proof !== undefined && isToBeWatched(proof, nowMs))
    return first < 0 ? [] : latest.slice(first).map((revision, i) => ({ revision, proof: proved[first + i] }))
  }

  async #followDeletions({ prefixes, collectors }: Intent, latest: readonly Latest[]): Promise<void> {
    if (collectors.size === 0) return void (this.#deleted = undefined)
    const { revisions } = this.#deps.store
    const earlier = this.#deleted === undefined ? await revisions.list({ limit: deletionsWithin }) : []
    this.#deleted ??= new Set()
    for (const { changes } of [...earlier, ...latest.map(({ revision }) => revision)])
      for (const { key, after } of changes) {
        const { kind, name } = splitKey(key)
        if (kind === 'Prefix' && after === undefined) this.#deleted.add(name as Prefix)
      }
    for (const prefix of this.#deleted) if (prefixes.has(prefix)) this.#deleted.delete(prefix)
  }

  /** A prefix that an earlier revision changed counts for the later one from now on. */
  #open(step: Step, epoch: number, proof: Proof | undefined): void {
    const opened: ProofWatch[] = []
    if (vantageTasks(step.after).length > 0) {
      const watch = MoveWatch.of(step, epoch, this.#hearing, proof?.catchment)
      for (const line of watch === undefined ? [] : this.#catchment.lines()) watch?.join(line)
      if (watch !== undefined) opened.push(watch)
    }
    if (step.after.collectors.size > 0) {
      const watch = RouterWatch.of(step, epoch, () => this.#collectors.views, proof?.routers)
      if (watch !== undefined) opened.push(watch)
    }
    for (const watch of opened)
      for (const earlier of this.#watches) if (earlier.witness === watch.witness) earlier.yieldTo(watch)
    this.#watches.push(...opened)
  }

  readonly #hearing = ({ agent, target }: { readonly agent: string; readonly target: string }) => {
    for (const line of this.#catchment.lines()) if (line.agent === agent && line.target === target) return line
    return undefined
  }

  async #judge(): Promise<void> {
    const { store, clock } = this.#deps
    for (const watch of this.#watches) {
      if (!watch.isSettled) {
        const proof = await store.proofs.get(watch.revision)
        if (proof !== undefined) watch.settle(proof)
      }
      watch.judge(clock())
      const news = watch.news()
      if (news !== undefined)
        await store.proofs.witness(this.#fence, watch.revision, watch.witness, news.move, news.seen)
    }
    const nowMs = clock()
    this.#watches = this.#watches.filter(({ endedAtMs = Infinity }) => nowMs - endedAtMs < lingerMs)
  }

  async #tell({ intent, standing }: PlannerView): Promise<void> {
    const { store, clock, observeCatchment, observeVisibility } = this.#deps
    const nowMs = clock()
    const lines = [...this.#catchment.lines()].map((line) => line.state(nowMs))
    observeCatchment(
      lines.filter(({ target }) => mostSpecific(target, (prefix) => intent.prefixes.has(prefix)) !== undefined),
    )
    const text = JSON.stringify(lines)
    if (text === this.#told.text && nowMs - this.#told.atMs < tellEveryMs) return
    observeVisibility(countVisibility(this.#collectors.views, intent, standing))
    if (lines.length > 0 || this.#told.text !== text)
      await store.sight.tellCatchment(this.#fence, { atMs: nowMs, lines })
    this.#told = { text, atMs: nowMs }
  }
}

/** Nobody came to an end with it. */
function isToBeWatched({ catchment, routers, acceptedAtMs, doneAtMs }: Proof, nowMs: number): boolean {
  if (catchment !== undefined && moveState(catchment) === 'watching') return true
  if (routers !== undefined && sightState(routers) === 'watching') return true
  return (catchment === undefined || routers === undefined) && nowMs - (doneAtMs ?? acceptedAtMs) < moveRules.waitMs
}
