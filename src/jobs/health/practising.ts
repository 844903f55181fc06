/** The practice that runs, as a verdict and an alarm; nothing once nothing of it stands any more. */
import type { Condition } from '../../health/failover-input.ts'
import { type Practice, practiceCondition, practiceLasts, practiceVerdict } from '../../health/practice.ts'
import type { Verdict } from '../../health/verdict.ts'
import type { Intent } from '../../intent/model.ts'
import type { Store } from '../../store/store.ts'

export interface Practised {
  readonly verdicts: readonly Verdict[]
  readonly conditions: readonly Condition[]
}

const idle: Practised = { verdicts: [], conditions: [] }

export class Practising {
  readonly #store: Pick<Store, 'practices'>
  /** The practice that was seen last, and when it was seen first: a part of its time line. */
  #seen: { readonly startedAtMs: number; readonly atMs: number } | undefined

  constructor(store: Pick<Store, 'practices'>) {
    this.#store = store
  }

  async now(intent: Intent, nowMs: number): Promise<Practised> {
    const practice = await this.#store.practices.get()
    if (practice === undefined || !practiceLasts(practice, intent, nowMs)) return idle
    const verdict = practiceVerdict(practice, intent, nowMs, this.#seenAtMs(practice, nowMs))
    return { verdicts: [verdict], conditions: verdict.state === 'sick' ? [practiceCondition(practice)] : [] }
  }

  #seenAtMs({ startedAtMs }: Practice, nowMs: number): number {
    if (this.#seen?.startedAtMs !== startedAtMs) this.#seen = { startedAtMs, atMs: nowMs }
    return this.#seen.atMs
  }
}
