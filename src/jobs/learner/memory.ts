/**
 * What the learner knows, in memory and in Redis: every event of a place is stored with what was decided on it before the
 * next one is taken in, so that a new leader goes on where the last one stopped. One caller at a time.
 */
import type { LearnerSubject } from '../../learning/batch.ts'
import { type Gathering, gather } from '../../learning/digest.ts'
import { type FleetState, type FleetStep, emptyFleet, placeKey, placeOf } from '../../learning/fleet.ts'
import { type LogEntry, snapshotEvery } from '../../learning/log.ts'
import type { Place } from '../../learning/place.ts'
import type { Fence, Store } from '../../store/store.ts'
import type { LearnerObserver } from './observer.ts'

export class LearnerMemory {
  readonly #store: Store['learner']
  readonly #fence: Fence
  readonly #observer: LearnerObserver
  #fleet: FleetState = emptyFleet
  /** Events since the last snapshot in the log; a new leader begins with one. */
  readonly #sinceSnapshot = new Map<string, number>()
  readonly #gathering = new Map<string, Gathering>()

  constructor(store: Store['learner'], fence: Fence, observer: LearnerObserver) {
    this.#store = store
    this.#fence = fence
    this.#observer = observer
  }

  get fleet(): FleetState {
    return this.#fleet
  }

  async load(): Promise<void> {
    this.#fleet = await this.#store.memory()
  }

  place(subject: LearnerSubject): Place {
    return placeOf(this.#fleet, subject)
  }

  /** @param revision that carried the decision out, where one did */
  async keep(subject: LearnerSubject, step: FleetStep, revision?: number): Promise<void> {
    const { fleet, event, decision, verdict } = step
    const key = placeKey(subject)
    const before = this.place(subject)
    const place = placeOf(fleet, subject)
    const count = (this.#sinceSnapshot.get(key) ?? snapshotEvery) + 1
    const isSnapshot = count > snapshotEvery
    const entry: LogEntry = {
      subject,
      event,
      ...(this.#fleet.places[key] === undefined && { begins: true as const }),
      ...(decision.kind !== 'stay' && { decision }),
      ...(verdict !== undefined && { verdict }),
      ...(isSnapshot && { snapshot: place }),
      ...(revision !== undefined && { revision }),
    }
    const { gathering = [], digest } = event.kind === 'batch' ? gather(this.#gathering.get(key) ?? [], event.batch) : {}
    const save = { key, place, changes: fleet.changes, entry, ...(digest !== undefined && { digest }) }
    await this.#store.save(this.#fence, save)
    this.#fleet = fleet
    this.#sinceSnapshot.set(key, isSnapshot ? 1 : count)
    if (event.kind === 'batch') this.#gathering.set(key, gathering)
    this.#tell(step, before, place)
  }

  /** Forgets all places but these. */
  async retain(keys: ReadonlySet<string>): Promise<void> {
    const gone = Object.keys(this.#fleet.places).filter((key) => !keys.has(key))
    if (gone.length === 0) return
    await this.#store.forget(this.#fence, gone)
    const places = Object.fromEntries(Object.entries(this.#fleet.places).filter(([key]) => keys.has(key)))
    this.#fleet = { ...this.#fleet, places }
    for (const key of gone) {
      this.#sinceSnapshot.delete(key)
      this.#gathering.delete(key)
    }
  }

  #tell({ decision, verdict }: FleetStep, before: Place, after: Place): void {
    if (decision.kind !== 'stay') this.#observer.observeLearned(decision)
    if (verdict !== undefined) this.#observer.observeMed(verdict)
    const [ended] = after.tuned.verdicts
    if (ended !== undefined && ended !== before.tuned.verdicts[0]) this.#observer.observeTrial(ended.verdict)
  }
}
