/**
 * The statistic: how much lower a challenger's cost was than the incumbent's, summed over time, never below zero. Because
 * both are measured at the same moment, what happens to both (the far end, the prober) cancels out.
 *
 * Two batches in a row have to agree about the sign, and the smaller difference of the two counts. A spike of one batch
 * is therefore no evidence, neither for a path nor against it; a real step loses one batch.
 */
export interface Cusum {
  /** ms·min. */
  readonly statisticMsMin: number
  /** Length of the run since the statistic left zero, min. */
  readonly runMin: number
  /** Sum of the squared lengths of its batches, min²: what the noise of a sum grows with. */
  readonly runSquaredMin: number
}

export const noEvidence: Cusum = { statisticMsMin: 0, runMin: 0, runSquaredMin: 0 }

/** The difference that two successive batches agree on; 0 where they do not. */
export function agreedMs(previousMs: number, nowMs: number): number {
  if (previousMs > 0 && nowMs > 0) return Math.min(previousMs, nowMs)
  if (previousMs < 0 && nowMs < 0) return Math.max(previousMs, nowMs)
  return 0
}

/** @param gainMs agreed difference, deadband taken off; @param minutes how long the batch stands for */
export function addEvidence(cusum: Cusum, gainMs: number, minutes: number, clipMs: number): Cusum {
  const clipped = Math.max(-clipMs, Math.min(clipMs, gainMs))
  const statisticMsMin = cusum.statisticMsMin + clipped * minutes
  if (statisticMsMin <= 0) return noEvidence
  return {
    statisticMsMin,
    runMin: cusum.runMin + minutes,
    runSquaredMin: cusum.runSquaredMin + minutes * minutes,
  }
}
