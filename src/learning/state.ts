/** All that one learner remembers, as plain data: it goes to the store as JSON and comes back as it was. */
import type { Arm } from './arm.ts'
import type { LearnerSubject } from './batch.ts'
import type { GuardName } from './decision.ts'
import type { Move } from './revert.ts'

/** Of what is remembered. Whatever was stored with another one is of another learner, and not read (place.ts). */
export const learnerVersion = 2

export interface LearnerState {
  readonly version: typeof learnerVersion
  readonly subject: LearnerSubject
  /** The path in force; null before the first batch. */
  readonly chosen: string | null
  readonly atMs: number | null
  /** When the last sample was closed: batches are gathered for a minute at least. */
  readonly sampledAtMs: number | null
  readonly batches: number
  /** Sorted as the latest batch had them. */
  readonly arms: readonly Arm[]
  readonly lastMove: Move | null
  /** The last thing that was held, so that it is said once. */
  readonly held: { readonly path: string; readonly guard: GuardName } | null
}

/** Before anything was measured: BGP's choice is kept. */
export function newLearner(subject: LearnerSubject): LearnerState {
  return {
    version: learnerVersion,
    subject,
    chosen: null,
    atMs: null,
    sampledAtMs: null,
    batches: 0,
    arms: [],
    lastMove: null,
    held: null,
  }
}
