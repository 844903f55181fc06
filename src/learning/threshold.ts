/**
 * How much evidence a move needs: its price, so that it has shown in this spell what it costs, and never less than what the
 * noise of both paths could have gathered by chance in the same time. Less toward a path that is the better one at this
 * time of day, more toward one that is the worse.
 */
import type { Arm } from './arm.ts'
import { type Priors, forecastMs } from './prior.ts'
import { noiseOfMeanMs } from './worth.ts'
import type { LearnerSettings } from './settings.ts'

export interface Threshold {
  readonly msMin: number
  /** What set it: `price` of a move, or `noise` of the paths. */
  readonly from: 'price' | 'noise'
}

/** Forecasts count up to this difference. */
const fullForecastMs = 5

/** What the threshold depends on beside the two paths. */
export interface Circumstances {
  readonly atMs: number
  readonly settings: LearnerSettings
  readonly priors: Priors | undefined
}

/** @returns what the spell has to exceed, and what the move has to promise */
export function movePrice(arm: Arm, incumbent: Arm, { atMs, settings, priors }: Circumstances): number {
  const hourMs = priors === undefined ? 0 : forecastMs(priors, incumbent.path, arm.path, atMs)
  return settings.thresholdMsMin * (1 - settings.priorWeight * Math.max(-1, Math.min(1, hourMs / fullForecastMs)))
}

export function thresholdFor(arm: Arm, incumbent: Arm, around: Circumstances): Threshold {
  const byPrice = movePrice(arm, incumbent, around)
  const byNoise = around.settings.noiseFactor * noiseOfMeanMs(arm, incumbent) * arm.evidence.runMin
  return byNoise > byPrice ? { msMin: byNoise, from: 'noise' } : { msMin: byPrice, from: 'price' }
}
