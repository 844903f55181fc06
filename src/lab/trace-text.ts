/** A trace for people: a line a hop. */
import { renderTable } from '../commands/table.ts'
import type { Hop, Trace } from './trace.ts'

export function traceText({ from, to, hops, reached }: Trace): string {
  const rows = hops.map((hop) => [
    String(hop.number),
    hop.node ?? (hop.address === undefined ? '*' : '?'),
    hop.interface ?? '-',
    hop.address ?? '-',
    hop.asn === undefined ? '-' : `AS${hop.asn}`,
    rttText(hop),
  ])
  const end = reached ? '' : `\n${to} was not reached`
  return `${from} to ${to}\n${renderTable(['HOP', 'NODE', 'INTERFACE', 'ADDRESS', 'AS', 'RTT'], rows)}${end}`
}

function rttText({ rttsMs }: Hop): string {
  if (rttsMs.length === 0) return '-'
  const rttMs = Math.min(...rttsMs)
  return `${rttMs.toFixed(rttMs < 1 ? 2 : 1)} ms`
}
