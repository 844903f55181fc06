/**
 * The timeline of one change, from three witnesses with one clock: Herald's proof (accepted → planned → pushed → RIB →
 * adj-out), the kernels of the upstream routers, and the clients' packets (first at the new POP, last at the old one).
 * Pure.
 */
import type { ProofView } from '../../api/wire/revision.ts'
import type { CatchmentSpan, FlowReport } from './flow-report.ts'
import type { RouteChange } from './route-watch.ts'

/** When a router last changed its mind. Times are milliseconds after the change was accepted. */
export interface RouterMoment {
  readonly node: string
  readonly prefix: string
  readonly atMs: number
  /** Empty: the route is gone. */
  readonly via: readonly string[]
}

/** One flow that went over from one POP to another. */
export interface FlowMove {
  readonly client: string
  readonly flow: FlowReport['flow']
  readonly from: string
  readonly to: string
  readonly firstAtNewMs: number
  readonly lastAtOldMs: number
  /** Of all that was sent around the change. */
  readonly lost: number
  readonly gapMs: number
}

export interface Timeline {
  readonly revision: number
  readonly acceptedAtMs: number
  readonly plannedMs: number | undefined
  readonly doneMs: number | undefined
  readonly speakers: ProofView['speakers']
  readonly routers: readonly RouterMoment[]
  readonly moves: readonly FlowMove[]
}

/** @param flows reports over the time of the change; @param untilMs what happened later belongs to another change */
export function timelineOf(
  proof: ProofView,
  changes: readonly RouteChange[],
  flows: readonly FlowReport[],
  untilMs: number,
): Timeline {
  const acceptedAtMs = Date.parse(proof.acceptedAt)
  const moments = changes
    .filter(({ atMs }) => atMs >= acceptedAtMs && atMs < untilMs)
    .map(({ node, prefix, atMs, via }): RouterMoment => ({ node, prefix, atMs: atMs - acceptedAtMs, via }))
  const last = new Map(moments.map((moment) => [`${moment.node} ${moment.prefix}`, moment]))
  return {
    revision: proof.revision,
    acceptedAtMs,
    plannedMs: proof.plannedMs,
    doneMs: proof.doneMs,
    speakers: proof.speakers,
    routers: [...last.values()].sort((one, other) => one.atMs - other.atMs),
    moves: flows.flatMap((flow) => moveOf(flow, acceptedAtMs)),
  }
}

/** From the POP that answered first to the one that answered last; flapping in between shows as overlapping times. */
function moveOf(report: FlowReport, acceptedAtMs: number): readonly FlowMove[] {
  const { client, flow, catchment, lost, gapMs } = report
  const from = catchment[0]?.pop
  const to = catchment.at(-1)?.pop
  if (from === undefined || to === undefined || from === to) return []
  const first = catchment.find(({ pop }) => pop === to)
  const last = catchment.findLast(({ pop }) => pop === from)
  const after = (span: CatchmentSpan | undefined, edge: 'fromMs' | 'toMs'): number =>
    Math.round(((span?.[edge] ?? 0) - acceptedAtMs) * 10) / 10
  return [
    { client, flow, from, to, firstAtNewMs: after(first, 'fromMs'), lastAtOldMs: after(last, 'toMs'), lost, gapMs },
  ]
}
