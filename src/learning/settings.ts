/**
 * What the learner is told, in one flat record: it is stored, logged beside each decision, and re-fitted by the nightly
 * replay (tune.ts). One figure decides how often it moves, the price of a move; how it was chosen stands in the README.
 */

/** `shadow` decides and explains but moves nothing; `canary` moves at the POPs that were named only; `off` measures nothing. */
export type Mode = 'off' | 'shadow' | 'canary' | 'auto'

export interface LearnerSettings {
  /** Price of a move, ms·min of lower cost: what a spell has to have saved already, and what the move has to be worth. */
  readonly thresholdMsMin: number
  /** A gain below this is none (δ). */
  readonly deadbandMs: number
  /** Standard deviations of noise that a gain has to exceed. */
  readonly noiseFactor: number
  /** How much the time of day moves the threshold, 0 to 1. */
  readonly priorWeight: number
  /** Batches are gathered for this long to make one sample. */
  readonly sampleMs: number
  /** No move before so many batches of both paths. */
  readonly warmUpBatches: number
  /** Shortest stay on a path, except on one that is dead. */
  readonly dwellMs: number
  /** Within this time after a move its gain is measured, and a way back is a revert. */
  readonly verifyMs: number
  /** A path that disappointed is barred for this long, and twice as long each time. */
  readonly backOffMs: number
  /** A longer silence between two samples counts for this much. */
  readonly longestBatchMs: number
  /** Share of a path's capacity that a move may fill. */
  readonly loadLimit: number
  /** Added to the RTT for each percent of loss. */
  readonly lossCostMsPerPercent: number
  /** Part of the jitter that is added to the RTT. */
  readonly jitterShare: number
}

export const defaultSettings: LearnerSettings = {
  thresholdMsMin: 135,
  deadbandMs: 0,
  noiseFactor: 3,
  priorWeight: 0.4,
  sampleMs: 60_000,
  warmUpBatches: 8,
  dwellMs: 8 * 60_000,
  verifyMs: 60 * 60_000,
  backOffMs: 3_600_000,
  longestBatchMs: 10 * 60_000,
  loadLimit: 0.8,
  lossCostMsPerPercent: 10,
  jitterShare: 0.5,
}
