/** All that one learner remembers, as plain data: it goes to the store as JSON and comes back as it was. */
import type { Arm } from './arm.ts'
import type { LearnerSubject } from './batch.ts'
import type { GuardName } from './decision.ts'
import type { Move } from './revert.ts'

export interface LearnerState {
  readonly version: 1
  readonly subject: LearnerSubject
  /** The path in force; null before the first batch. */
  readonly chosen: string | null
  readonly atMs: number | null
  readonly batches: number
  /** Mean excess of a path over the best of its batch, and the minutes that this mean stands for. */
  readonly stakeMs: number
  readonly stakeMin: number
  /** Sorted as the latest batch had them. */
  readonly arms: readonly Arm[]
  readonly lastMove: Move | null
  /** The last thing that was held, so that it is said once. */
  readonly held: { readonly path: string; readonly guard: GuardName } | null
}

const firstStakeMs = 6
const firstStakeMin = 12 * 60
const longestStakeMin = 3 * 24 * 60
/** One path's excess counts up to this: a dead path says nothing about what is at stake between the others. */
const largestExcessMs = 40

/** Before anything was measured: BGP's choice is kept. */
export function newLearner(subject: LearnerSubject): LearnerState {
  return {
    version: 1,
    subject,
    chosen: null,
    atMs: null,
    batches: 0,
    stakeMs: firstStakeMs,
    stakeMin: firstStakeMin,
    arms: [],
    lastMove: null,
    held: null,
  }
}

/** The stake after one more batch that stands for `minutes`. */
export function addStake(
  state: LearnerState,
  arms: readonly Arm[],
  minutes: number,
): Pick<LearnerState, 'stakeMs' | 'stakeMin'> {
  let bestMs = Infinity
  for (const { costMs, silent } of arms) if (costMs !== null && silent === 0 && costMs < bestMs) bestMs = costMs
  let sumMs = 0
  let known = 0
  for (const { costMs, silent } of arms) {
    if (costMs === null || silent > 0) continue
    known++
    sumMs += Math.min(largestExcessMs, costMs - bestMs)
  }
  // Not the state itself: it is spread over the new one, and would bring its time and count along.
  if (known < 2 || minutes <= 0) return { stakeMs: state.stakeMs, stakeMin: state.stakeMin }
  const stakeMin = Math.min(longestStakeMin, state.stakeMin + minutes)
  return { stakeMs: state.stakeMs + ((sumMs / known - state.stakeMs) * minutes) / stakeMin, stakeMin }
}
