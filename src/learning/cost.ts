/**
 * Cost of a batch, in milliseconds: median RTT + 10 ms for each percent of loss + half the jitter + price. The median of
 * the batch (three probes, as a rule) keeps a single late answer from counting at all.
 */
import type { ArmBatch } from './batch.ts'
import type { LearnerSettings } from './settings.ts'

export interface Cost {
  readonly costMs: number
  /** 0 to 1. */
  readonly lossRatio: number
}

/**
 * @param levelMs what the path used to cost, for a batch that nobody answered
 * @returns undefined where nothing was sent: unknown is not bad
 */
export function batchCost(arm: ArmBatch, levelMs: number | null, settings: LearnerSettings): Cost | undefined {
  if (arm.sent <= 0) return undefined
  const answered = Math.min(arm.sent, arm.rttsMs.length)
  const lossRatio = 1 - answered / arm.sent
  const lossMs = lossRatio * 100 * settings.lossCostMsPerPercent
  if (answered === 0) return levelMs === null ? undefined : { costMs: levelMs + lossMs, lossRatio }
  const jitterMs = (arm.jitterMs ?? 0) * settings.jitterShare
  return { costMs: median(arm.rttsMs) + lossMs + jitterMs + (arm.candidate.priceMs ?? 0), lossRatio }
}

function median(values: readonly number[]): number {
  if (values.length === 1) return values[0] as number
  const ordered = values.toSorted((a, b) => a - b)
  const middle = ordered.length >> 1
  const upper = ordered[middle] as number
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] as number) + upper) / 2
}
