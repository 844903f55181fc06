/**
 * The proof of what automation did because of an alarm, as a waterfall: the last sample that a verdict needed was sent, then
 * it was taken, decided, pushed, out of the RIB, out of every adj-out. Pure.
 */
import type { ProofView } from '../../api/wire/revision.ts'

export const waterfallStages = ['taken', 'decided', 'pushed', 'rib', 'adj-out'] as const
export type WaterfallStage = (typeof waterfallStages)[number]

/** Milliseconds after that sample was sent; of several speakers the last one. Undefined: not there yet. */
export type Waterfall = Readonly<Record<WaterfallStage, number | undefined>>

/** Undefined for what no sample led to. */
export function waterfallOf({ detection, speakers }: ProofView): Waterfall | undefined {
  if (detection === undefined) return undefined
  const after = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms - detection.sentMs)
  const last = (stage: 'pushedMs' | 'ribMs' | 'adjOutMs'): number | undefined =>
    speakers.length === 0 || speakers.some((one) => one[stage] === undefined)
      ? undefined
      : after(Math.max(...speakers.map((one) => one[stage] ?? 0)))
  return {
    taken: after(detection.receivedMs),
    decided: after(detection.decidedMs),
    pushed: last('pushedMs'),
    rib: last('ribMs'),
    'adj-out': last('adjOutMs'),
  }
}

/** Every stage is there, and none before the one above it. */
export function isComplete(waterfall: Waterfall): boolean {
  let beforeMs = 0
  for (const stage of waterfallStages) {
    const ms = waterfall[stage]
    if (ms === undefined || ms < beforeMs) return false
    beforeMs = ms
  }
  return true
}

export function waterfallText(waterfall: Waterfall): string {
  return waterfallStages.map((stage) => `${stage} ${waterfall[stage] ?? '-'} ms`).join(', ')
}
