/**
 * What a flow's packets say about a stretch of time: who answered (the catchment), what was lost, the longest gap, and
 * round-trip times. Pure.
 */
import type { FlowName, LoggedPacket } from './packet-log.ts'

/** One POP answered from here to there, whatever was lost in between. */
export interface CatchmentSpan {
  readonly pop: string
  /** When the first and the last packet of it were sent, milliseconds since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  readonly packets: number
}

export interface FlowReport {
  readonly client: string
  readonly flow: FlowName
  readonly sent: number
  readonly lost: number
  readonly reordered: number
  /**
   * The longest time without service: from the sending of the first lost packet to that of the next answered one. 0 where
   * nothing was lost.
   */
  readonly gapMs: number
  readonly catchment: readonly CatchmentSpan[]
  readonly rttMs: { readonly p50: number; readonly p95: number; readonly max: number } | undefined
}

export interface ReportedFlow {
  readonly client: string
  readonly flow: FlowName
  readonly intervalMs: number
}

export function reportFlow({ client, flow, intervalMs }: ReportedFlow, packets: readonly LoggedPacket[]): FlowReport {
  const rtts = packets.flatMap(({ rttMs }) => (rttMs === undefined ? [] : [rttMs])).sort((one, other) => one - other)
  const quantile = (share: number): number => rtts[Math.min(rtts.length - 1, Math.floor(rtts.length * share))] ?? 0
  return {
    client,
    flow,
    sent: packets.length,
    lost: packets.length - rtts.length,
    reordered: packets.filter(({ reordered }) => reordered).length,
    gapMs: longestGapMs(packets, intervalMs),
    catchment: catchmentSpans(packets),
    rttMs: rtts.length === 0 ? undefined : { p50: quantile(0.5), p95: quantile(0.95), max: rtts.at(-1) ?? 0 },
  }
}

function longestGapMs(packets: readonly LoggedPacket[], intervalMs: number): number {
  let longestMs = 0
  let sinceMs: number | undefined
  for (const { sentAtMs, rttMs } of packets) {
    if (rttMs === undefined) sinceMs ??= sentAtMs
    else if (sinceMs !== undefined) {
      longestMs = Math.max(longestMs, sentAtMs - sinceMs)
      sinceMs = undefined
    }
  }
  const last = packets.at(-1)
  if (sinceMs === undefined || last === undefined) return longestMs
  return Math.max(longestMs, last.sentAtMs + intervalMs - sinceMs)
}

function catchmentSpans(packets: readonly LoggedPacket[]): readonly CatchmentSpan[] {
  const spans: CatchmentSpan[] = []
  for (const { sentAtMs, rttMs, pop = 'unnamed' } of packets) {
    if (rttMs === undefined) continue
    const last = spans.at(-1)
    if (last?.pop === pop) spans[spans.length - 1] = { ...last, toMs: sentAtMs, packets: last.packets + 1 }
    else spans.push({ pop, fromMs: sentAtMs, toMs: sentAtMs, packets: 1 })
  }
  return spans
}
