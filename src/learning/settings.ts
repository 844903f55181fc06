/**
 * What the learner is told, in one flat record: it is stored, logged beside each decision, and re-fitted by the nightly
 * replay (tune.ts). The defaults were chosen on one half of the Atlas traces and scored on the other (test/bench/learner-results.json).
 */

/** `shadow` decides and explains but moves nothing; `canary` moves at the POPs that were named only; `off` measures nothing. */
export type Mode = 'off' | 'shadow' | 'canary' | 'auto'

export interface LearnerSettings {
  /** Evidence for a move, ms·min of lower cost, where the stake is `stakeReferenceMs`. It grows in proportion to the stake. */
  readonly thresholdMsMin: number
  readonly thresholdMinMsMin: number
  readonly thresholdMaxMsMin: number
  /** Mean excess of a path over the best one for which `thresholdMsMin` is meant. */
  readonly stakeReferenceMs: number
  /** Enough for a gain of 10 ms and more: five samples of four minutes, the first of which only confirms. */
  readonly clearThresholdMsMin: number
  /** Part of the threshold that does not depend on the stake, 0 to 1. */
  readonly stakeFloor: number
  /** A gain below this is none (δ): the larger of the two counts. */
  readonly deadbandMs: number
  readonly deadbandShare: number
  /** One batch counts for no more than this difference. */
  readonly clipMs: number
  /** Evidence has to exceed this many times what noise alone would have gathered. */
  readonly noiseFactor: number
  /** How much habit and time of day move the threshold, 0 to 1. */
  readonly priorWeight: number
  /** 1: half the evidence is enough to go back to the path that was just left; it wears off over `returnMs`. */
  readonly returnEase: number
  readonly returnMs: number
  /** No move before so many batches of both paths. */
  readonly warmUpBatches: number
  /** Shortest stay on a path, except on one that is dead. */
  readonly dwellMs: number
  /** Within this time after a move its gain is measured, and a way back is a revert. */
  readonly verifyMs: number
  /** A path that disappointed is barred for this long, and twice as long each time. */
  readonly backOffMs: number
  /** A longer silence between two batches counts for this much. */
  readonly longestBatchMs: number
  /** Share of a path's capacity that a move may fill. */
  readonly loadLimit: number
  /** Added to the RTT for each percent of loss. */
  readonly lossCostMsPerPercent: number
  /** Part of the jitter that is added to the RTT. */
  readonly jitterShare: number
}

export const defaultSettings: LearnerSettings = {
  thresholdMsMin: 243,
  thresholdMinMsMin: 16,
  thresholdMaxMsMin: 243,
  stakeReferenceMs: 6,
  clearThresholdMsMin: 155,
  stakeFloor: 0.3,
  deadbandMs: 0,
  deadbandShare: 0,
  clipMs: 100,
  noiseFactor: 2,
  priorWeight: 0.4,
  returnEase: 1,
  returnMs: 36 * 3_600_000,
  warmUpBatches: 8,
  dwellMs: 8 * 60_000,
  verifyMs: 60 * 60_000,
  backOffMs: 3_600_000,
  longestBatchMs: 10 * 60_000,
  loadLimit: 0.8,
  lossCostMsPerPercent: 10,
  jitterShare: 0.5,
}
