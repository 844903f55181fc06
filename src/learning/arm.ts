/** What the learner remembers of one path: its level, its noise, its hours, its losses, and the evidence that it beats the incumbent. */
import type { ArmBatch } from './batch.ts'
import { batchCostMs } from './cost.ts'
import { type BackOff, noBackOff, wearOff } from './back-off.ts'
import { type Evidence, noEvidence } from './evidence.ts'
import { type Hours, addToHour, noHours } from './hours.ts'
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
  /** Batches answered since the last sample was closed, and the sum of their costs. */
  readonly gathered: number
  readonly gatheredMs: number
  /** Mean cost of the latest sample; null before the first, and where nobody answered during it. */
  readonly sampleMs: number | null
  /** Slow means of a sample and of its distance from that mean; a sample moves them by a few noises at most. */
  readonly levelMs: number | null
  readonly spreadMs: number
  /** Mean difference between successive samples. */
  readonly noiseMs: number
  readonly samples: number
  readonly hours: Hours
  readonly loss: LossRun
  /** Against the incumbent; nothing for the incumbent itself. */
  readonly evidence: Evidence
  readonly backOff: BackOff
}

export function newArm(path: string): Arm {
  return {
    path,
    batches: 0,
    costMs: null,
    silent: 0,
    gathered: 0,
    gatheredMs: 0,
    sampleMs: null,
    levelMs: null,
    spreadMs: 0,
    noiseMs: 0,
    samples: 0,
    hours: noHours,
    loss: noLoss,
    evidence: noEvidence,
    backOff: noBackOff,
  }
}

const longestSilence = 3
const levelSamples = 15
const noiseSamples = 60
/** A jump is a change of level, not noise: it enters the noise as no more than this. */
const largestNoiseMs = 20
const largestStepMs = 30

/** Takes in one batch. */
export function observe(arm: Arm, batch: ArmBatch, elapsedMs: number, settings: LearnerSettings): Arm {
  const backOff = wearOff(arm.backOff, elapsedMs, settings)
  const loss = addProbes(arm.loss, batch.sent, Math.min(batch.sent, batch.rttsMs.length))
  const costMs = batchCostMs(batch, loss, settings)
  if (costMs === undefined) {
    const silent = arm.silent + 1
    return { ...arm, costMs: silent > longestSilence ? null : arm.costMs, silent, loss, backOff }
  }
  const [gathered, gatheredMs] = [arm.gathered + 1, arm.gatheredMs + costMs]
  return { ...arm, batches: arm.batches + 1, costMs, silent: 0, gathered, gatheredMs, loss, backOff }
}

/** The batches gathered become one sample of `minutes`; evidence is the learner's affair. */
export function closeSample(arm: Arm, minutes: number): Arm {
  if (arm.gathered === 0) return { ...arm, sampleMs: null }
  const sampleMs = arm.gatheredMs / arm.gathered
  return {
    ...arm,
    gathered: 0,
    gatheredMs: 0,
    sampleMs,
    ...statistics(arm, sampleMs),
    samples: arm.samples + 1,
    hours: addToHour(arm.hours, sampleMs, minutes),
  }
}

function statistics(arm: Arm, sampleMs: number): Pick<Arm, 'levelMs' | 'spreadMs' | 'noiseMs'> {
  const { levelMs, spreadMs, noiseMs } = arm
  if (levelMs === null) return { levelMs: sampleMs, spreadMs: 0, noiseMs: 0 }
  const samples = arm.samples + 1
  const share = 1 / Math.min(samples, levelSamples)
  const away = within(largestStepMs, sampleMs - levelMs)
  const step = arm.sampleMs === null ? noiseMs : Math.min(largestNoiseMs, Math.abs(sampleMs - arm.sampleMs))
  return {
    levelMs: levelMs + share * away,
    spreadMs: spreadMs + share * (Math.abs(away) - spreadMs),
    noiseMs: noiseMs + (step - noiseMs) / Math.min(samples, noiseSamples),
  }
}

function within(bound: number, value: number): number {
  return Math.max(-bound, Math.min(bound, value))
}

/** Level ± two standard errors: mean distance 0.8 σ, over the samples that the level remembers. */
export function interval(arm: Arm): { readonly lowMs: number; readonly highMs: number } | undefined {
  if (arm.levelMs === null) return undefined
  const half = (2 * 1.25 * arm.spreadMs) / Math.sqrt(Math.max(1, Math.min(arm.samples, levelSamples)))
  return { lowMs: arm.levelMs - half, highMs: arm.levelMs + half }
}
