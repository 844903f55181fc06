/**
 * The statistic: what a challenger has saved on the incumbent in the present spell, that is since it was last the dearer
 * one. Both are measured at the same moment, so what happens to both (the far end, the prober) cancels out.
 *
 * Two samples in a row have to agree about the sign, and the smaller difference of the two counts. One late sample is
 * therefore no evidence, neither for a path nor against it; a real step loses one sample. Two in a row against the challenger
 * end the spell: what came before was not a level that lasts, and counts for nothing.
 */
export interface Evidence {
  /** ms·min. */
  readonly statisticMsMin: number
  /** Length of the spell, min. */
  readonly runMin: number
  /** Sum of the squared lengths of its samples, min²: what the noise of a sum grows with. */
  readonly runSquaredMin: number
}

export const noEvidence: Evidence = { statisticMsMin: 0, runMin: 0, runSquaredMin: 0 }

/** The difference that two successive samples agree on; 0 where they do not. */
export function agreedMs(previousMs: number, nowMs: number): number {
  if (previousMs > 0 && nowMs > 0) return Math.min(previousMs, nowMs)
  if (previousMs < 0 && nowMs < 0) return Math.max(previousMs, nowMs)
  return 0
}

/** So many times the mean gain of a spell is another gain, and another spell: a week of next to nothing does not dilute it. */
const anotherGain = 5

/** @param savedMs agreed difference; @param minutes how long the sample stands for; @param deadbandMs less than this is nothing */
export function addEvidence(spell: Evidence, savedMs: number, minutes: number, deadbandMs: number): Evidence {
  if (savedMs < 0) return noEvidence
  const gainMs = Math.max(0, savedMs - deadbandMs)
  if (gainMs === 0 && spell.statisticMsMin === 0) return noEvidence
  const { statisticMsMin, runMin, runSquaredMin } = gainMs > anotherGain * meanGainMs(spell) ? noEvidence : spell
  return {
    statisticMsMin: statisticMsMin + gainMs * minutes,
    runMin: runMin + minutes,
    runSquaredMin: runSquaredMin + minutes * minutes,
  }
}

/** Mean gain of the spell; 0 without one. */
export function meanGainMs({ statisticMsMin, runMin }: Evidence): number {
  return runMin > 0 ? statisticMsMin / runMin : 0
}
