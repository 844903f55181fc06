/**
 * A challenger setting on probation: for 24 hours it decides in shadow, on the same batches as the setting in force. It is
 * promoted only if the paths it would have used, and the changes it would have made, cost less.
 */
import type { Batch } from './batch.ts'
import { stepLearner } from './learner.ts'
import type { LearnerState } from './state.ts'
import { type Account, type Tuning, addBatch, minutesOf, priceOf } from './tune.ts'

/** Plain data; it survives a restart as JSON. */
export interface Trial {
  readonly startedAtMs: number
  readonly tuning: Tuning
  /** What the challenger would have done: a learner of its own. */
  readonly state: LearnerState
  readonly challenger: Account
  readonly present: Account
}

export type Verdict = 'running' | 'promoted' | 'dropped'

export const trialMs = 24 * 3_600_000
/** Less than this was measured: the trial says nothing. */
const leastMin = 12 * 60

/** @param state of the learner in force, from which the challenger starts */
export function startTrial(state: LearnerState, tuning: Tuning, nowMs: number): Trial {
  const nothing: Account = { costMsMin: 0, changes: 0, minutes: 0 }
  return { startedAtMs: nowMs, tuning, state, challenger: nothing, present: nothing }
}

/** One more batch; @param before the learner in force before it took this batch in; @param moved it moved on this batch */
export function stepTrial(trial: Trial, batch: Batch, before: LearnerState, moved: boolean): Trial {
  const minutes = minutesOf(before, batch, trial.tuning.settings)
  const present = addBatch(trial.present, batch, before.chosen, minutes)
  const challenger = addBatch(trial.challenger, batch, trial.state.chosen, minutes)
  const step = stepLearner(trial.state, batch, trial.tuning.settings, trial.tuning.priors)
  const shadowMoved = step.decision.kind === 'move'
  return {
    ...trial,
    state: step.state,
    present: moved ? { ...present, changes: present.changes + 1 } : present,
    challenger: shadowMoved ? { ...challenger, changes: challenger.changes + 1 } : challenger,
  }
}

export function judgeTrial(trial: Trial, nowMs: number): Verdict {
  if (nowMs - trial.startedAtMs < trialMs) return 'running'
  const measured = Math.min(trial.present.minutes, trial.challenger.minutes) >= leastMin
  return measured && priceOf(trial.challenger) < priceOf(trial.present) ? 'promoted' : 'dropped'
}
