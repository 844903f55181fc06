/**
 * The learner's log: every batch with what was decided on it. Because a step is a pure function of state, batch and
 * settings, the log replays: the same decisions come out, bit for bit, or the log and the program do not belong together.
 */
import type { Batch } from './batch.ts'
import type { Decision } from './decision.ts'
import { stepLearner } from './learner.ts'
import type { Priors } from './prior.ts'
import type { LearnerSettings } from './settings.ts'
import type { LearnerState } from './state.ts'

export interface LogEntry {
  readonly batch: Batch
  /** Absent: stay. */
  readonly decision?: Decision
}

/** @returns index of the first entry that is decided otherwise now, or undefined where all agree */
export function firstDifference(
  start: LearnerState,
  entries: readonly LogEntry[],
  settings: LearnerSettings,
  priors?: Priors,
): number | undefined {
  let state = start
  for (const [i, entry] of entries.entries()) {
    const step = stepLearner(state, entry.batch, settings, priors)
    const was = entry.decision === undefined ? '{"kind":"stay"}' : JSON.stringify(entry.decision)
    if (JSON.stringify(step.decision) !== was) return i
    state = step.state
  }
  return undefined
}
