/**
 * A path whose gain did not come true is barred for an hour, then two, four … hours: a better path that gets worse with
 * our traffic on it looks better again as soon as we leave it. Half-forgotten after a quiet time.
 */
import type { LearnerSettings } from './settings.ts'

export interface BackOff {
  /** Reverts not yet forgotten. */
  readonly reverts: number
  /** Left of the bar, ms. */
  readonly barredMs: number
  /** Quiet since the bar ended, ms. */
  readonly quietMs: number
}

export const noBackOff: BackOff = { reverts: 0, barredMs: 0, quietMs: 0 }

const longestBars = 96

export function barAgain({ reverts }: BackOff, { backOffMs }: LearnerSettings): BackOff {
  return { reverts: reverts + 1, barredMs: backOffMs * Math.min(longestBars, 2 ** reverts), quietMs: 0 }
}

/** One revert is forgotten after as much quiet as the bar was long, a day at least. */
export function wearOff(backOff: BackOff, elapsedMs: number, { backOffMs }: LearnerSettings): BackOff {
  if (backOff.reverts === 0) return backOff
  if (backOff.barredMs > elapsedMs) return { ...backOff, barredMs: backOff.barredMs - elapsedMs }
  const quietMs = backOff.quietMs + elapsedMs - backOff.barredMs
  const enoughMs = backOffMs * Math.max(24, Math.min(longestBars, 2 ** (backOff.reverts - 1)))
  if (quietMs < enoughMs) return { ...backOff, barredMs: 0, quietMs }
  return backOff.reverts === 1 ? noBackOff : { reverts: backOff.reverts - 1, barredMs: 0, quietMs: 0 }
}
