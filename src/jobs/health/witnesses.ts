/**
 * What vantage points see of our prefixes: the catchment as it is, and of every revision that changed routes whether
 * they were seen to move, which is the last stage of its proof (health/catchment, health/catchment-move). It only
 * watches: no route depends on it.
 *
 * A new leader hears the samples of the last seconds again, takes up the watches that it finds in the proofs, and begins
 * those of revisions that nobody has watched yet.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, CatchmentBook, type Line } from '../../health/catchment.ts'
import { moveRules, moveState } from '../../health/catchment-move.ts'
import { popNamed, prefixOf, vantageTasks } from '../../health/vantage-tasks.ts'
import type { Intent } from '../../intent/model.ts'
import type { Proof } from '../../store/proof.ts'
import type { Fence, Revision, Store, StoredBatch } from '../../store/store.ts'
import type { PlannerView } from '../planner.ts'
import { MoveWatch } from './move-watch.ts'
import type { HealthObserver } from './observer.ts'
import { walkRevisions } from './revision-walk.ts'

interface Latest {
  readonly revision: Revision
  /** Read by a new leader alone. */
  readonly proof: Proof | undefined
}

interface WitnessDeps extends Pick<HealthObserver, 'observeCatchment'> {
  readonly store: Store
  readonly clock: () => number
}

const lookEveryMs = 500
/** What did not change is told again so often, so that a reader knows how old it is. */
const tellEveryMs = 5000
/** Revisions looked at when a leader begins, and at most at once. */
const revisionsAtMost = 50
/** After a change was seen to move, its vantage points are followed for so long: others move after the first. */
const lingerMs = 10_000

export class Witnesses {
  readonly #deps: WitnessDeps
  readonly #fence: Fence
  readonly #view: () => PlannerView | undefined
  readonly #book = new CatchmentBook()
  readonly #watches = new Map<number, MoveWatch>()
  #intent: Intent | undefined
  #revision: number | undefined
  #told = { text: '', atMs: -Infinity }

  constructor(deps: WitnessDeps, fence: Fence, view: () => PlannerView | undefined) {
    this.#deps = deps
    this.#fence = fence
    this.#view = view
  }

  take({ samples, atMs }: StoredBatch): void {
    this.#follow()
    for (const [line, answer] of this.#book.take(samples, atMs)) this.#hear(line, answer)
  }

  /** Until the signal aborts. Throws when Redis fails. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const view = this.#follow()
      if (view !== undefined) {
        await this.#takeRevisions(view)
        await this.#judge()
        await this.#tell(view)
      }
      await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  #follow(): PlannerView | undefined {
    const view = this.#view()
    if (view === undefined || view.intent === this.#intent) return view
    const { intent } = view
    this.#intent = intent
    this.#book.configure(vantageTasks(intent), (name) => popNamed(intent, name))
    return view
  }

  #hear(line: Line, answer: Answer): void {
    for (const watch of this.#watches.values()) watch.hear(line, answer)
  }

  async #takeRevisions(view: PlannerView): Promise<void> {
    const head = view.intent.revision
    const known = this.#revision
    if (known === head) return
    if (vantageTasks(view.intent).length > 0) {
      const latest = await this.#latest(head, known)
      for (const step of walkRevisions(
        view,
        latest.map(({ revision }) => revision),
      )) {
        const { proof } = latest.find(({ revision }) => revision === step.revision) ?? {}
        const watch = MoveWatch.of(step, view.epoch, proof?.catchment)
        if (watch !== undefined) this.#open(watch)
      }
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

  /** A prefix that an earlier revision changed counts for the later one from now on. */
  #open(watch: MoveWatch): void {
    for (const line of this.#book.lines()) watch.join(line)
    for (const earlier of this.#watches.values()) earlier.yieldTo(watch)
    this.#watches.set(watch.revision, watch)
  }

  async #judge(): Promise<void> {
    const { store, clock } = this.#deps
    const lines = new Map([...this.#book.lines()].map((line) => [`${line.agent} ${line.target}`, line]))
    for (const watch of this.#watches.values()) {
      if (!watch.isSettled) {
        const proof = await store.proofs.get(watch.revision)
        if (proof !== undefined) watch.settle(proof)
      }
      const nowMs = clock()
      watch.judge(({ agent, target }) => lines.get(`${agent} ${target}`), nowMs)
      const news = watch.news()
      if (news !== undefined) await store.proofs.move(this.#fence, watch.revision, news.move, news.seen)
      if (watch.endedAtMs !== undefined && nowMs - watch.endedAtMs >= lingerMs) this.#watches.delete(watch.revision)
    }
  }

  async #tell({ intent }: PlannerView): Promise<void> {
    const nowMs = this.#deps.clock()
    const lines = [...this.#book.lines()].map((line) => line.state(nowMs))
    this.#deps.observeCatchment(lines.filter(({ target }) => prefixOf(intent.prefixes, target) !== undefined))
    const text = JSON.stringify(lines)
    if (text === this.#told.text && nowMs - this.#told.atMs < tellEveryMs) return
    if (lines.length > 0 || this.#told.text !== text)
      await this.#deps.store.sight.tellCatchment(this.#fence, { atMs: nowMs, lines })
    this.#told = { text, atMs: nowMs }
  }
}

/** Nobody came to an end with it. */
function isToBeWatched({ catchment, acceptedAtMs, doneAtMs }: Proof, nowMs: number): boolean {
  if (catchment !== undefined) return moveState(catchment) === 'watching'
  return nowMs - (doneAtMs ?? acceptedAtMs) < moveRules.waitMs
}
