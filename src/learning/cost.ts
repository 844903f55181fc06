/**
 * Cost of a batch, in milliseconds: median RTT + 10 ms for each percent of loss + half the jitter + price. The median of
 * the batch (three probes, as a rule) keeps a single late answer from counting at all. Loss is not taken from the batch,
 * which could lose 0, 33, 67 or 100 % only: it is what the path loses as a rule beyond 1 %, plus what it lost of its last 20
 * probes beyond 10 %. A batch that nobody answered has no cost; silence is the emergency lane's affair.
 */
import type { ArmBatch } from './batch.ts'
import { type LossRun, recentLossRatio } from './loss.ts'
import type { LearnerSettings } from './settings.ts'

/** Fewer losses than these are chance, or not to be told from it by some hundred probes. */
const forgivenSteadyRatio = 0.01
const forgivenAcuteRatio = 0.1

/**
 * @param loss of the path, this batch included
 * @returns ms, or undefined where nobody answered or nothing was sent
 */
export function batchCostMs(arm: ArmBatch, loss: LossRun, settings: LearnerSettings): number | undefined {
  if (arm.sent <= 0 || arm.rttsMs.length === 0) return undefined
  const steady = Math.max(0, loss.ratio - forgivenSteadyRatio)
  const acute = loss.recent === 0 ? 0 : Math.max(0, recentLossRatio(loss) - forgivenAcuteRatio)
  const lossMs = (steady + acute) * 100 * settings.lossCostMsPerPercent
  return median(arm.rttsMs) + lossMs + (arm.jitterMs ?? 0) * settings.jitterShare + (arm.candidate.priceMs ?? 0)
}

export function median(values: readonly number[]): number {
  if (values.length === 1) return values[0] as number
  const ordered = values.toSorted((a, b) => a - b)
  const middle = ordered.length >> 1
  const upper = ordered[middle] as number
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] as number) + upper) / 2
}
