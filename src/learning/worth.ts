/**
 * What a move is expected to be worth from now on, from what both paths did in the last week.
 *
 * 1. A gain lasts for as long as differences between these paths do: if a share ρ of a difference is still there after two
 *    hours, then it is worth two hours × ρ / (1 − ρ). Nothing is expected to last less than a quarter of an hour.
 * 2. What the incumbent costs more as a rule is earned for four hours on top.
 * 3. Both are learned, and believed less one and a half standard errors: in the first hours little is expected.
 *
 * A move is worthwhile where that reaches its price. Two gains need no such promise: one that neither path has by itself,
 * some standard deviations of their hours away, which is new, so that a week says nothing about it; and one that has
 * already saved the price many times over. Noise that goes away by itself, however slowly, is neither, and worth little.
 */
import type { Arm } from './arm.ts'
import { meanGainMs } from './evidence.ts'
import { type Habit, habitOf, lagHours } from './hours.ts'
import type { LearnerSettings } from './settings.ts'

export interface Worth {
  /** ms·min that the move is expected to save. */
  readonly msMin: number
  /** For how long a difference between the two is expected to go on. */
  readonly lastingMin: number
  readonly verdict: WorthVerdict
}

/** Why a move is worth its price: what is `expected` of it, that the gain is `new`, that it has `lasted`; or it is not. */
export type WorthVerdict = 'expected' | 'new' | 'lasted' | 'too-little'

const lagMin = lagHours * 60
const ruleMin = 4 * 60
/** A spell that has saved so many prices has lasted. */
const lastedPrices = 6
const shortestMin = 15
const largestShare = 0.97
const standardErrors = 1.5
/** How far hours stray before two of them were measured, ms. */
const unknownStrayMs = 0.7
/** Nobody's hours are believed to be closer together. */
const leastStrayMs = 0.05
/** Successive samples of normal noise differ by 1.13 standard deviations on average. */
const perStep = 1.13

/** @param priceMsMin of the move (threshold.ts) */
export function worthOf(challenger: Arm, incumbent: Arm, priceMsMin: number, { noiseFactor }: LearnerSettings): Worth {
  const gainMs = meanGainMs(challenger.evidence)
  const from = habitOf(incumbent.hours)
  const to = habitOf(challenger.hours)
  const hours = Math.min(from.hours, to.hours)
  const strayMs = hours < 2 ? unknownStrayMs : Math.hypot(from.strayMs, to.strayMs, leastStrayMs, leastStrayMs)
  const ruleMs = hours < 2 ? 0 : from.meanMs - to.meanMs - (standardErrors * strayMs) / Math.sqrt(hours)
  const lastingMin = expectedMin(from, to, hours)
  const msMin = gainMs * lastingMin + Math.max(0, ruleMs) * ruleMin
  const isNew = gainMs > 0 && gainMs >= noiseFactor * Math.hypot(strayMs, noiseOfMeanMs(challenger, incumbent))
  const hasLasted = challenger.evidence.statisticMsMin >= lastedPrices * priceMsMin
  const verdict = msMin >= priceMsMin ? 'expected' : isNew ? 'new' : hasLasted ? 'lasted' : 'too-little'
  return { msMin, lastingMin, verdict }
}

function expectedMin(from: Habit, to: Habit, hours: number): number {
  const variance = from.variance + to.variance
  if (hours < 2 || variance === 0) return shortestMin
  const share = (from.covariance + to.covariance) / variance - standardErrors / Math.sqrt(hours)
  const believed = Math.max(0, Math.min(largestShare, share))
  return Math.max(shortestMin, (lagMin * believed) / (1 - believed))
}

/** Standard deviation that noise alone gives to the mean gain of the spell. */
export function noiseOfMeanMs({ noiseMs, evidence }: Arm, incumbent: Arm): number {
  if (evidence.runMin === 0) return 0
  const stepMs = Math.hypot(noiseMs, incumbent.noiseMs)
  return (stepMs / perStep) * (Math.sqrt(evidence.runSquaredMin) / evidence.runMin)
}
