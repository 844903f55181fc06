/**
 * How much evidence a move needs.
 *
 * 1. More where more is at stake, between two bounds: between paths that differ by little, little is enough, and a
 *    needless move costs little too.
 * 2. A gain of 10 ms and more, well above the noise, is clear after five samples, whatever is at stake.
 * 3. Less toward a path that is the better one as a rule or at this time of day, more toward one that is the worse.
 * 4. Less toward the path that was left last: undoing is easier than doing, and wears off within hours.
 * 5. Never less than what the noise of both paths could have gathered by chance in the same time.
 */
import type { Arm } from './arm.ts'
import { type Priors, forecastMs } from './prior.ts'
import type { Move } from './revert.ts'
import type { LearnerSettings } from './settings.ts'

export interface Threshold {
  readonly msMin: number
  /** What set it: `stake` of the learner, or `noise` of the paths. */
  readonly from: 'stake' | 'noise'
}

/** Forecasts count up to this difference. */
const fullForecastMs = 5
/** A mean gain of this much, and of so many noises, is clear: `clearThresholdMsMin` is enough for it, whatever is at stake. */
const clearGainMs = 9.5
const clearNoises = 10

/** What the threshold depends on beside the two paths. */
export interface Circumstances {
  readonly stakeMs: number
  readonly lastMove: Move | null
  readonly atMs: number
  readonly settings: LearnerSettings
  readonly priors: Priors | undefined
}

export function thresholdFor(arm: Arm, incumbent: Arm, around: Circumstances): Threshold {
  const { stakeMs, lastMove, atMs, settings, priors } = around
  const { stakeFloor, thresholdMsMin, thresholdMinMsMin, thresholdMaxMsMin } = settings
  const stake = stakeFloor + ((1 - stakeFloor) * stakeMs) / settings.stakeReferenceMs
  const byStake = Math.max(thresholdMinMsMin, Math.min(thresholdMaxMsMin, thresholdMsMin * stake))
  const hourMs = priors === undefined ? 0 : forecastMs(priors, incumbent.path, arm.path, atMs)
  const habitMs = (incumbent.habitMs ?? 0) - (arm.habitMs ?? 0)
  const prior = 1 - settings.priorWeight * Math.max(-1, Math.min(1, (habitMs + hourMs) / fullForecastMs))
  const { statisticMsMin, runMin, runSquaredMin } = arm.evidence
  const noiseMs = arm.noiseMs + incumbent.noiseMs
  const clear = runMin > 0 && statisticMsMin >= Math.max(clearGainMs, clearNoises * noiseMs) * runMin
  const enough = clear ? Math.min(byStake * prior, settings.clearThresholdMsMin) : byStake * prior
  const wanted = enough / easeOfReturn(arm, lastMove, atMs, settings)
  const byNoise = settings.noiseFactor * noiseMs * Math.sqrt(runSquaredMin)
  return byNoise > wanted ? { msMin: byNoise, from: 'noise' } : { msMin: wanted, from: 'stake' }
}

function easeOfReturn(arm: Arm, lastMove: Move | null, atMs: number, settings: LearnerSettings): number {
  if (lastMove === null || lastMove.from !== arm.path) return 1
  return 1 + settings.returnEase * Math.max(0, 1 - (atMs - lastMove.atMs) / settings.returnMs)
}
