/** What the learner remembers of one path: its level, its noise, its losses, and the evidence that it beats the incumbent. */
import type { ArmBatch } from './batch.ts'
import { batchCostMs } from './cost.ts'
import { type BackOff, noBackOff, wearOff } from './back-off.ts'
import { type Cusum, noEvidence } from './cusum.ts'
import { type LossRun, addProbes, noLoss } from './loss.ts'
import type { LearnerSettings } from './settings.ts'

/** Plain data: it survives a restart as JSON. */
export interface Arm {
  readonly path: string
  readonly batches: number
  /** Cost of the latest batch that was answered; null before the first, and after three that were not. */
  readonly costMs: number | null
  /** Batches since, answered by nobody or not sent; 0: `costMs` is that of the latest batch. */
  readonly silent: number
  /** Slow means of cost and of its distance from that mean; a batch moves them by a few noises at most. */
  readonly levelMs: number | null
  readonly spreadMs: number
  /** What the path costs as a rule: a mean over days. */
  readonly habitMs: number | null
  /** Mean difference between successive costs. */
  readonly noiseMs: number
  readonly loss: LossRun
  /** Against the incumbent; nothing for the incumbent itself. */
  readonly evidence: Cusum
  readonly backOff: BackOff
}

export function newArm(path: string): Arm {
  return {
    path,
    batches: 0,
    costMs: null,
    silent: 0,
    levelMs: null,
    spreadMs: 0,
    habitMs: null,
    noiseMs: 0,
    loss: noLoss,
    evidence: noEvidence,
    backOff: noBackOff,
  }
}

const longestSilence = 3
const levelBatches = 15
const noiseBatches = 60
/** A jump is a change of level, not noise: it enters the noise as no more than this. */
const largestNoiseMs = 20
const largestStepMs = 30
const habitMin = 100 * 60
const largestHabitStepMs = 20

/** Takes in one batch; evidence is the learner's affair. */
export function observe(arm: Arm, batch: ArmBatch, elapsedMs: number, settings: LearnerSettings): Arm {
  const backOff = wearOff(arm.backOff, elapsedMs, settings)
  const loss = addProbes(arm.loss, batch.sent, Math.min(batch.sent, batch.rttsMs.length))
  const costMs = batchCostMs(batch, loss, settings)
  if (costMs === undefined) {
    const silent = arm.silent + 1
    return { ...arm, costMs: silent > longestSilence ? null : arm.costMs, silent, loss, backOff }
  }
  const minutes = Math.min(elapsedMs, settings.longestBatchMs) / 60_000
  return {
    path: arm.path,
    batches: arm.batches + 1,
    costMs,
    silent: 0,
    ...statistics(arm, costMs, minutes),
    loss,
    evidence: arm.evidence,
    backOff,
  }
}

function statistics(
  arm: Arm,
  costMs: number,
  minutes: number,
): Pick<Arm, 'levelMs' | 'spreadMs' | 'habitMs' | 'noiseMs'> {
  const { levelMs, spreadMs, habitMs, noiseMs } = arm
  if (levelMs === null || habitMs === null) return { levelMs: costMs, spreadMs: 0, habitMs: costMs, noiseMs: 0 }
  const batches = arm.batches + 1
  const share = 1 / Math.min(batches, levelBatches)
  const away = within(largestStepMs, costMs - levelMs)
  const step = arm.costMs === null ? noiseMs : Math.min(largestNoiseMs, Math.abs(costMs - arm.costMs))
  const habitShare = Math.min(1, Math.max(1 / batches, minutes / habitMin))
  return {
    levelMs: levelMs + share * away,
    spreadMs: spreadMs + share * (Math.abs(away) - spreadMs),
    habitMs: habitMs + habitShare * within(largestHabitStepMs, costMs - habitMs),
    noiseMs: noiseMs + (step - noiseMs) / Math.min(batches, noiseBatches),
  }
}

function within(bound: number, value: number): number {
  return Math.max(-bound, Math.min(bound, value))
}

/** Level ± two standard errors: mean distance 0.8 σ, over the batches that the level remembers. */
export function interval(arm: Arm): { readonly lowMs: number; readonly highMs: number } | undefined {
  if (arm.levelMs === null) return undefined
  const half = (2 * 1.25 * arm.spreadMs) / Math.sqrt(Math.max(1, Math.min(arm.batches, levelBatches)))
  return { lowMs: arm.levelMs - half, highMs: arm.levelMs + half }
}
