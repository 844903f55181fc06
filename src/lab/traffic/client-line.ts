/**
 * The lines in which a client tells what became of its packets: one JSON array a flow and batch, short because there are
 * thousands of packets a second: `["udp4",[[sequence,sentAtMs,rttMs or -1,pop,reordered 0 or 1],…]]`.
 */
import type { FlowName, LoggedPacket } from './packet-log.ts'

type PackedPacket = readonly [number, number, number, string, 0 | 1]

export interface ClientBatch {
  readonly flow: FlowName
  readonly packets: readonly LoggedPacket[]
}

export function writeClientLine({ flow, packets }: ClientBatch): string {
  const packed = packets.map(({ sequence, sentAtMs, rttMs, pop, reordered }): PackedPacket => [
    sequence,
    hundredths(sentAtMs),
    rttMs === undefined ? -1 : hundredths(rttMs),
    pop ?? '',
    reordered ? 1 : 0,
  ])
  return JSON.stringify([flow, packed])
}

/** @throws where it is not a line of writeClientLine */
export function readClientLine(line: string): ClientBatch {
  const [flow, packed] = JSON.parse(line) as [FlowName, readonly PackedPacket[]]
  return {
    flow,
    packets: packed.map(([sequence, sentAtMs, rttMs, pop, reordered]) => ({
      sequence,
      sentAtMs,
      rttMs: rttMs < 0 ? undefined : rttMs,
      pop: pop === '' ? undefined : pop,
      reordered: reordered === 1,
    })),
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
