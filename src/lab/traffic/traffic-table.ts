/** What traffic measured, for people: a line a client and family, and the timeline of a change. */
import type { Terminal } from '../../commands/terminal.ts'
import { renderTable } from '../../commands/table.ts'
import { paint } from '../../commands/terminal.ts'
import type { FlowReport } from './flow-report.ts'
import type { Timeline } from './timeline.ts'

/** @param reports UDP and HTTP flows of the same stretch of time */
export function trafficTable(terminal: Terminal, reports: readonly FlowReport[]): string {
  const rows = reports
    .filter(({ flow }) => flow.startsWith('udp'))
    .sort((one, other) => one.client.localeCompare(other.client) || one.flow.localeCompare(other.flow))
    .map((udp) => row(terminal, udp, httpOf(reports, udp)))
  const headers = ['CLIENT', 'FAMILY', 'ANSWERED BY', 'SENT', 'LOST', 'GAP', 'RTT P50', 'P95', 'MAX', 'HTTP']
  return renderTable(headers, rows)
}

function httpOf(reports: readonly FlowReport[], { client, flow }: FlowReport): FlowReport | undefined {
  return reports.find((one) => one.client === client && one.flow === flow.replace('udp', 'http'))
}

function row(terminal: Terminal, udp: FlowReport, http: FlowReport | undefined): readonly string[] {
  const { client, flow, sent, lost, gapMs, rttMs, catchment } = udp
  const rtts = rttMs === undefined ? ['-', '-', '-'] : [rttMs.p50, rttMs.p95, rttMs.max].map(fine)
  return [
    client,
    flow === 'udp6' ? 'IPv6' : 'IPv4',
    catchment.length === 0 ? paint(terminal, 'red', 'nobody') : shortPath(catchment.map(({ pop }) => pop)),
    String(sent),
    lost === 0 ? '0' : paint(terminal, 'red', `${lost} (${((100 * lost) / sent).toFixed(1)} %)`),
    gapMs === 0 ? '-' : paint(terminal, 'red', `${Math.round(gapMs)} ms`),
    ...rtts,
    http === undefined || http.sent === 0 ? '-' : `${http.sent - http.lost}/${http.sent}`,
  ]
}

/** `fra → ams`; where it flaps, the ends and how often it went over. */
function shortPath(pops: readonly string[]): string {
  if (pops.length <= 3) return pops.join(' → ')
  return `${pops[0]} → … ${pops.length - 2} × … → ${pops.at(-1)}`
}

export function timelineText(terminal: Terminal, timeline: Timeline, title: string): string {
  const { revision, acceptedAtMs, plannedMs, doneMs, speakers, routers, moves } = timeline
  const at = new Date(acceptedAtMs).toISOString().slice(11, 23)
  const rows: [atMs: number, who: string, what: string][] = []
  if (plannedMs !== undefined) rows.push([plannedMs, 'herald', 'planned'])
  for (const { pop, speaker, announce, withdraw, pushedMs, ribMs, adjOutMs } of speakers) {
    // What goes is announced once more before, marked GRACEFUL_SHUTDOWN.
    const what = withdraw > 0 ? 'withdraw' : announce > 0 ? 'announce' : 'no change'
    const stages = { pushed: pushedMs, 'in RIB': ribMs, 'in adj-out': adjOutMs }
    for (const [stage, stageMs] of Object.entries(stages))
      if (stageMs !== undefined) rows.push([stageMs, pop ?? speaker, `${what} ${stage}`])
  }
  for (const { node, prefix, atMs, via } of routers)
    rows.push([atMs, node, via.length === 0 ? `no route to ${prefix}` : `${prefix} by ${via.join(' and ')}`])
  for (const { client, flow, from, to, firstAtNewMs, lastAtOldMs, lost, gapMs } of moves) {
    if (flow.startsWith('http')) continue // two a second tell no moment
    const loss = lost === 0 ? '0 lost' : paint(terminal, 'red', `${lost} lost, gap ${Math.round(gapMs)} ms`)
    rows.push([firstAtNewMs, client, `${flow}: first packet answered by ${to}`])
    rows.push([lastAtOldMs, client, `${flow}: last packet answered by ${from}; ${loss}`])
  }
  if (doneMs !== undefined) rows.push([doneMs, 'herald', paint(terminal, 'green', 'proved')])
  rows.sort(([one], [other]) => one - other)
  const table = renderTable(
    ['AFTER', 'WHO', 'WHAT'],
    rows.map(([ms, who, what]) => [`${Math.round(ms)} ms`, who, what]),
  )
  return `${paint(terminal, 'bold', `revision ${revision}`)}: ${title}, accepted ${at}\n${table}`
}

function fine(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}
