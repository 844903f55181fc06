/**
 * At most two learner changes per hour at a POP, ten in the fleet: emergencies and reverts count as any other. What is
 * decided in shadow has a budget of its own, so that it shows what would happen and takes nothing from real changes.
 * A change that may have to be rolled back is reserved the room for that until it is verified.
 */
import type { PopId } from '../intent/model.ts'
import type { BudgetLeft } from './batch.ts'

export interface Change {
  readonly pop: PopId
  /** POPs beside it whose traffic it changes as well. */
  readonly others?: readonly PopId[]
  readonly atMs: number
  /** False: in shadow. */
  readonly applied: boolean
  /** Not made: kept for the rollback of the change of this learner. */
  readonly reservedBy?: string
}

export const changesPerHourAtPop = 2
export const changesPerHourInFleet = 10
const hourMs = 3_600_000

/** Changes that still count at `nowMs`. */
export function recentChanges(changes: readonly Change[], nowMs: number): readonly Change[] {
  return changes.every(({ atMs }) => nowMs - atMs < hourMs)
    ? changes
    : changes.filter(({ atMs }) => nowMs - atMs < hourMs)
}

export function budgetLeft(
  changes: readonly Change[],
  who: { readonly pop: PopId; readonly others?: readonly PopId[]; readonly applied: boolean },
  nowMs: number,
): BudgetLeft {
  const made = changes.filter(({ applied, atMs }) => applied === who.applied && nowMs - atMs < hourMs)
  const most = Math.max(...popsOf(who).map((pop) => made.filter((change) => popsOf(change).includes(pop)).length))
  return { pop: Math.max(0, changesPerHourAtPop - most), fleet: Math.max(0, changesPerHourInFleet - made.length) }
}

function popsOf({ pop, others = [] }: Pick<Change, 'pop' | 'others'>): readonly PopId[] {
  return [pop, ...others]
}
