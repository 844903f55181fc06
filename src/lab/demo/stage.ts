/** What every step of the demo works on, and what it looks at: packets of every client, routes of every router. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenLab } from '../namespaces/open-lab.ts'
import type { FlowReport } from '../traffic/flow-report.ts'
import type { RouteWatch } from '../traffic/route-watch.ts'
import type { Traffic } from '../traffic/traffic.ts'
import type { DemoHerald } from './herald.ts'
import type { Screen } from './screen.ts'

export interface Stage {
  readonly screen: Screen
  readonly lab: OpenLab
  readonly herald: DemoHerald
  readonly traffic: Traffic
  readonly routes: RouteWatch
}

/** Client → POP that answers it; undefined: nobody. */
export type Catchments = Readonly<Record<string, string | undefined>>

const lookBackMs = 400
/** Answers are here by then. */
const notYetMs = 150
const pollMs = 50

/** Who answers a client by a family now, by its packets; undefined where nobody or more than one POP does. */
export function answeredBy({ traffic }: Stage, client: string, flow: 'udp4' | 'udp6'): string | undefined {
  const log = traffic.logs.find((one) => one.client === client && one.flow === flow)
  const nowMs = Date.now()
  const pops = new Set(
    (log?.between(nowMs - lookBackMs, nowMs - notYetMs) ?? []).map(({ rttMs, pop }) =>
      rttMs === undefined ? '' : (pop ?? ''),
    ),
  )
  const [only] = pops
  return pops.size === 1 && only !== '' ? only : undefined
}

/** Resolves with whether packets came to go where they should within the time. */
export async function caught(
  stage: Stage,
  flow: 'udp4' | 'udp6',
  wanted: Catchments,
  withinMs: number,
): Promise<boolean> {
  const clients = Object.entries(wanted)
  return until(withinMs, () => clients.every(([client, pop]) => answeredBy(stage, client, flow) === pop))
}

/** Resolves with whether every client came to be answered by one of these POPs within the time. */
export async function reached(
  stage: Stage,
  flow: 'udp4' | 'udp6',
  pops: readonly string[],
  withinMs: number,
): Promise<boolean> {
  const clients = new Set(stage.traffic.logs.map(({ client }) => client))
  return until(withinMs, () => clients.values().every((client) => pops.includes(answeredBy(stage, client, flow) ?? '')))
}

async function until(withinMs: number, isSo: () => boolean): Promise<boolean> {
  const giveUpAt = performance.now() + withinMs
  while (!isSo()) {
    if (performance.now() > giveUpAt) return false
    await sleep(pollMs)
  }
  return true
}

/** What became of every client's UDP packets of one family in a stretch of time that is over. */
export async function flowsBetween(
  stage: Stage,
  flow: 'udp4' | 'udp6',
  fromMs: number,
  toMs: number,
): Promise<readonly FlowReport[]> {
  await stage.traffic.settled(toMs)
  return stage.traffic.report(fromMs, toMs).filter((report) => report.flow === flow)
}

/**
 * On a machine whose cores are shared, packets are lost between processes that do not get to run. More than one in a
 * hundred is not that.
 */
export function nearlyNone(lost: number, sent: number): boolean {
  return lost * 100 <= sent
}

export function lostOf(flows: readonly FlowReport[]): number {
  return flows.reduce((sum, { lost }) => sum + lost, 0)
}
