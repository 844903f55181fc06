/**
 * At most two learner changes per hour at a POP, ten in the fleet: emergencies and reverts count as any other. What is
 * decided in shadow has a budget of its own, so that it shows what would happen and takes nothing from real changes.
 */
import type { PopId } from '../intent/model.ts'
import type { BudgetLeft } from './batch.ts'

export interface Change {
  readonly pop: PopId
  readonly atMs: number
  /** False: in shadow. */
  readonly applied: boolean
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
  who: { readonly pop: PopId; readonly applied: boolean },
  nowMs: number,
): BudgetLeft {
  let here = 0
  let fleet = 0
  for (const change of changes) {
    if (change.applied !== who.applied || nowMs - change.atMs >= hourMs) continue
    fleet++
    if (change.pop === who.pop) here++
  }
  return { pop: Math.max(0, changesPerHourAtPop - here), fleet: Math.max(0, changesPerHourInFleet - fleet) }
}
