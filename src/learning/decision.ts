/** What a step can decide, and the data that explain it. A decision without its explanation does not exist, except to stay. */
import type { Preference } from './band.ts'
import type { LearnerSubject } from './batch.ts'
import type { WorthVerdict } from './worth.ts'

/**
 * `gain`: evidence. `revert`: a gain that did not come true. `blackhole`: the incumbent is dead. `gone`: BGP no longer
 * has the path that was chosen; its own choice is taken back, which is no change of the learner's.
 */
export type Cause = 'gain' | 'revert' | 'blackhole' | 'gone'

/** Guards, in the order in which they are asked. */
export const guardNames = [
  'band',
  'measured',
  'warm-up',
  'shared-shift',
  'load',
  'dwell',
  'back-off',
  'frozen',
  'waiting',
  'budget',
] as const
export type GuardName = (typeof guardNames)[number]

export type Decision =
  | { readonly kind: 'stay' }
  | {
      readonly kind: 'move'
      readonly cause: Cause
      readonly from: string
      readonly to: string
      readonly preference: Preference
      /** False in shadow mode: decided and explained, not carried out. */
      readonly applied: boolean
      readonly explanation: Explanation
    }
  /** A move that a guard stopped; said once, until the guard or the path is another one. */
  | {
      readonly kind: 'held'
      readonly guard: GuardName
      readonly wanted: string
      readonly explanation: Explanation
    }

/** A decision without its reasons: what there is to explain. */
export type Outcome =
  | { readonly kind: 'move'; readonly cause: Cause; readonly from: string; readonly to: string }
  | { readonly kind: 'held'; readonly guard: GuardName; readonly wanted: string }
  | { readonly kind: 'stay' }

export const stay: Decision = { kind: 'stay' }

export interface GuardAnswer {
  readonly guard: GuardName
  readonly passed: boolean
  /** Why not, with figures. */
  readonly detail?: string
}

export interface CandidateExplanation {
  readonly path: string
  readonly chosen: boolean
  readonly batches: number
  readonly costMs: number | null
  /** Level with two standard errors. */
  readonly levelMs: number | null
  readonly lowMs: number | null
  readonly highMs: number | null
  /** Of the last 20 probes. */
  readonly lossRatio: number
  /** In a row. */
  readonly lossStreak: number
  readonly dead: boolean
  /** Against the incumbent, ms·min; 0 for the incumbent. */
  readonly statisticMsMin: number
  readonly thresholdMsMin: number
  readonly thresholdFrom: 'price' | 'noise'
  /** What a move is expected to save from now on, ms·min, and its price. */
  readonly worthMsMin: number
  readonly priceMsMin: number
  /** For how long a difference to the incumbent is expected to last, min. */
  readonly lastingMin: number
  readonly worth: WorthVerdict
  readonly guards: readonly GuardAnswer[]
  /** What would make it the chosen path, in words. */
  readonly flips: string
}

export interface Explanation {
  /** Of the learner that decided (state.ts): what it says of candidates is its own. */
  readonly version: number
  readonly subject: LearnerSubject
  readonly atMs: number
  readonly chosen: string
  readonly candidates: readonly CandidateExplanation[]
  /** Of the move that is explained, per batch. */
  readonly expectedGainMs?: number
  /** Of the move before, as measured since. */
  readonly realisedGainMs?: number
  /** The whole in one plain sentence. */
  readonly sentence: string
}
