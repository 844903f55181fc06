/** What the learner remembers of one path: its level, its noise, its losses, and the evidence that it beats the incumbent. */
import type { ArmBatch } from './batch.ts'
import { type Cost, batchCost } from './cost.ts'
import { type Cusum, noEvidence } from './cusum.ts'
import { type LossRun, addProbes, noLoss } from './loss.ts'
import type { LearnerSettings } from './settings.ts'

/** Plain data: it survives a restart as JSON. */
export interface Arm {
  readonly path: string
  readonly batches: number
  /** Cost of the latest batch; null where that was unknown. */
  readonly costMs: number | null
  /** Slow means of cost and of its distance from that mean; a batch moves them by a few noises at most. */
  readonly levelMs: number | null
  readonly spreadMs: number
  /** Mean difference between successive costs. */
  readonly noiseMs: number
  readonly loss: LossRun
  /** Against the incumbent; nothing for the incumbent itself. */
  readonly evidence: Cusum
  /** Reverts not yet forgotten. */
  readonly backOff: number
}

export function newArm(path: string): Arm {
  return {
    path,
    batches: 0,
    costMs: null,
    levelMs: null,
    spreadMs: 0,
    noiseMs: 0,
    loss: noLoss,
    evidence: noEvidence,
    backOff: 0,
  }
}

const levelBatches = 15
const noiseBatches = 60
/** A jump is a change of level, not noise: it enters the noise as no more than this. */
const largestNoiseMs = 20
const largestStepMs = 30

/** Takes in one batch; evidence is the learner's affair. */
export function observe(arm: Arm, batch: ArmBatch, elapsedMs: number, settings: LearnerSettings): Arm {
  const cost = batchCost(batch, arm.levelMs, settings)
  const backOff = arm.backOff === 0 ? 0 : Math.max(0, arm.backOff - elapsedMs / settings.backOffMs)
  const loss = addProbes(arm.loss, batch.sent, Math.min(batch.sent, batch.rttsMs.length))
  if (cost === undefined) return { ...arm, costMs: null, loss, backOff }
  const batches = arm.batches + 1
  return {
    path: arm.path,
    batches,
    costMs: cost.costMs,
    ...statistics(arm, cost, batches),
    loss,
    evidence: arm.evidence,
    backOff,
  }
}

function statistics(arm: Arm, cost: Cost, batches: number): Pick<Arm, 'levelMs' | 'spreadMs' | 'noiseMs'> {
  if (cost.lossRatio === 1) return { levelMs: arm.levelMs, spreadMs: arm.spreadMs, noiseMs: arm.noiseMs }
  if (arm.levelMs === null) return { levelMs: cost.costMs, spreadMs: 0, noiseMs: 0 }
  const share = 1 / Math.min(batches, levelBatches)
  const away = Math.max(-largestStepMs, Math.min(largestStepMs, cost.costMs - arm.levelMs))
  const step = arm.costMs === null ? arm.noiseMs : Math.min(largestNoiseMs, Math.abs(cost.costMs - arm.costMs))
  return {
    levelMs: arm.levelMs + share * away,
    spreadMs: arm.spreadMs + share * (Math.abs(away) - arm.spreadMs),
    noiseMs: arm.noiseMs + (step - arm.noiseMs) / Math.min(batches, noiseBatches),
  }
}

/** Level ± two standard errors: mean distance 0.8 σ, over the batches that the level remembers. */
export function interval(arm: Arm): { readonly lowMs: number; readonly highMs: number } | undefined {
  if (arm.levelMs === null) return undefined
  const half = (2 * 1.25 * arm.spreadMs) / Math.sqrt(Math.max(1, Math.min(arm.batches, levelBatches)))
  return { lowMs: arm.levelMs - half, highMs: arm.levelMs + half }
}
