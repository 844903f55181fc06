/**
 * Self-learning of one place, over days: each night the log is replayed under other settings (tune.ts); what would have cost
 * less decides in shadow for 24 hours (trial.ts), and counts only if it won. Settings that a person pins end all of that.
 */
import type { Batch } from './batch.ts'
import type { LearnerSettings } from './settings.ts'
import type { LearnerState } from './state.ts'
import { type Trial, type Verdict, judgeTrial, startTrial, stepTrial } from './trial.ts'
import { type Tuning, priceOf } from './tune.ts'

/** Settings that a document writes. */
export type Pinned = Readonly<Partial<LearnerSettings>>

/** Plain data; it survives a restart as JSON. */
export interface SelfTuning {
  /** What was learned; null: nothing, the defaults hold. */
  readonly tuning: Tuning | null
  readonly trial: Trial | null
  /** When the log was last replayed. */
  readonly nightAtMs: number | null
  /** Of the trials that ended, newest first, some of them. */
  readonly verdicts: readonly TrialVerdict[]
}

export interface TrialVerdict {
  readonly atMs: number
  readonly verdict: Exclude<Verdict, 'running'>
  /** What the challenger and the setting in force cost, ms·min, changes included. */
  readonly challengerMsMin: number
  readonly presentMsMin: number
  readonly challengerChanges: number
  readonly presentChanges: number
}

export const untuned: SelfTuning = { tuning: null, trial: null, nightAtMs: null, verdicts: [] }

const verdictsKept = 10

/** What a place decides by. */
export function tuningOf({ tuning }: SelfTuning, base: LearnerSettings, pinned: Pinned | null): Tuning {
  if (pinned !== null) return { settings: { ...base, ...pinned }, priors: undefined }
  if (tuning === null) return { settings: base, priors: undefined }
  // What was learned by an older program may know fewer settings.
  return { ...tuning, settings: { ...base, ...tuning.settings } }
}

/** The trial takes in a batch as well, and ends when its time is over. */
export function followTrial(
  tuned: SelfTuning,
  batch: Batch,
  { before, moved, pinned }: { readonly before: LearnerState; readonly moved: boolean; readonly pinned: boolean },
): SelfTuning {
  if (tuned.trial === null) return tuned
  if (pinned) return { ...tuned, trial: null }
  const trial = stepTrial(tuned.trial, batch, before, moved)
  const verdict = judgeTrial(trial, batch.atMs)
  if (verdict === 'running') return { ...tuned, trial }
  const told: TrialVerdict = {
    atMs: batch.atMs,
    verdict,
    challengerMsMin: priceOf(trial.challenger),
    presentMsMin: priceOf(trial.present),
    challengerChanges: trial.challenger.changes,
    presentChanges: trial.present.changes,
  }
  return {
    ...tuned,
    tuning: verdict === 'promoted' ? trial.tuning : tuned.tuning,
    trial: null,
    verdicts: [told, ...tuned.verdicts].slice(0, verdictsKept),
  }
}

/** After a nightly replay: @param challenger what would have cost less; null: nothing clearly would */
export function afterNight(
  tuned: SelfTuning,
  learner: LearnerState,
  challenger: Tuning | null,
  atMs: number,
): SelfTuning {
  const trial = challenger === null || tuned.trial !== null ? tuned.trial : startTrial(learner, challenger, atMs)
  return { ...tuned, trial, nightAtMs: atMs }
}

const nightHourUtc = 3
const betweenNightsMs = 12 * 3_600_000

/** Once a night, where no trial runs. */
export function isNight({ nightAtMs, trial }: SelfTuning, nowMs: number): boolean {
  if (trial !== null || Math.floor(nowMs / 3_600_000) % 24 !== nightHourUtc) return false
  return nightAtMs === null || nowMs - nightAtMs >= betweenNightsMs
}
