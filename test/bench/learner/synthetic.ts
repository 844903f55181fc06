/**
 * Traces made by a seed: levels that last (heavy-tailed dwell), noise, daily congestion, bursts of late answers and of
 * loss. What the Atlas does not label, and what the learner was not fitted to.
 */
import { random } from './group.ts'
import type { Trace } from './trace.ts'

export interface SyntheticOptions {
  readonly steps: number
  readonly noiseMs: number
  /** Mean steps between changes of level; 0: one level. */
  readonly dwellSteps: number
  /** Height of the daily congestion; 0: none. */
  readonly dailyMs: number
  /** Share of steps at which a burst of loss begins. */
  readonly burstShare: number
  /** Time from step to step; four minutes where nothing is said. */
  readonly everyMs?: number
}

export const everyday: SyntheticOptions = {
  steps: 20 * 360,
  noiseMs: 0.4,
  dwellSteps: 360,
  dailyMs: 6,
  burstShare: 0.0005,
}
export const stepEveryMs = 240_000
const start = Date.UTC(2026, 0, 1)

export function syntheticTrace(name: string, seed: number, options: SyntheticOptions): Trace {
  const draw = random(seed)
  const { steps, noiseMs, dwellSteps, dailyMs, burstShare, everyMs = stepEveryMs } = options
  const rttMs = new Float64Array(steps)
  const lost = new Uint8Array(steps)
  const peakHour = draw() * 24
  let levelMs = 100
  let until = dwellSteps === 0 ? Infinity : paretoSteps(draw, dwellSteps)
  let burst = 0
  for (let step = 0; step < steps; step++) {
    if (step >= until) {
      levelMs = 100 + (draw() < 0.4 ? 0 : draw() * 25)
      until = step + paretoSteps(draw, dwellSteps)
    }
    if (burst === 0 && draw() < burstShare) burst = 2 + Math.floor(draw() * 20)
    else if (burst > 0) burst--
    const hour = ((step * everyMs) / 3_600_000) % 24
    const near = Math.cos(((hour - peakHour) / 24) * 2 * Math.PI)
    const congestionMs = dailyMs === 0 || near < 0.5 ? 0 : dailyMs * (near - 0.5) * 2 * (0.6 + 0.8 * draw())
    const spikeMs = draw() < 0.002 ? draw() * 200 : 0
    rttMs[step] = levelMs + Math.abs(gauss(draw)) * noiseMs + congestionMs + spikeMs
    lost[step] = burst > 0 && draw() < 0.7 ? 1 : 0
  }
  return { name, atMs: Float64Array.from({ length: steps }, (_, step) => start + step * everyMs), rttMs, lost }
}

export function gauss(draw: () => number): number {
  return Math.sqrt(-2 * Math.log(draw() + 1e-12)) * Math.cos(2 * Math.PI * draw())
}

/** Pareto with exponent 1.5: most levels are short, a few last for days. */
function paretoSteps(draw: () => number, mean: number): number {
  return Math.max(2, Math.round((mean / 3) * (draw() + 1e-9) ** (-1 / 1.5)))
}
