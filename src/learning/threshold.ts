/**
 * How much evidence a move needs.
 *
 * 1. In proportion to the stake: where paths differ by little, little is enough, and a needless move costs little too.
 * 2. Between two bounds.
 * 3. Less toward a path that the time of day speaks for, more toward one that it speaks against.
 * 4. Doubled for each revert that is not forgotten.
 * 5. Never less than what the noise of both paths could have gathered by chance in the same time.
 */
import type { Arm } from './arm.ts'
import { type Priors, forecastMs } from './prior.ts'
import type { LearnerSettings } from './settings.ts'

export interface Threshold {
  readonly msMin: number
  /** What set it: `stake` of the learner, or `noise` of the paths. */
  readonly from: 'stake' | 'noise'
}

/** Forecasts count up to this difference. */
const fullForecastMs = 5

export function thresholdFor(
  arm: Arm,
  incumbent: Arm,
  stakeMs: number,
  atMs: number,
  settings: LearnerSettings,
  priors: Priors | undefined,
): Threshold {
  const byStake = Math.max(
    settings.thresholdMinMsMin,
    Math.min(settings.thresholdMaxMsMin, (settings.thresholdMsMin * stakeMs) / settings.stakeReferenceMs),
  )
  const gainMs = priors === undefined ? 0 : forecastMs(priors, incumbent.path, arm.path, atMs)
  const prior = 1 - settings.priorWeight * Math.max(-1, Math.min(1, gainMs / fullForecastMs))
  const wanted = byStake * prior * (1 + arm.backOff)
  const byNoise = settings.noiseFactor * (arm.noiseMs + incumbent.noiseMs) * Math.sqrt(arm.evidence.runSquaredMin)
  return byNoise > wanted ? { msMin: byNoise, from: 'noise' } : { msMin: wanted, from: 'stake' }
}
