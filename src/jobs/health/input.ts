/** Gathers what a failover decision is made from: documents and RIBs as the planner has them, and what people said. */
import { countAnnouncements, failoverPrefixes } from '../../health/failover-prefixes.ts'
import type { FailoverInput, FailoverMemory, Traffic } from '../../health/failover-input.ts'
import type { TrafficFigure } from '../../health/traffic.ts'
import type { Verdicts } from '../../health/verdict.ts'
import { type Moment, frozenUntilMs } from '../../intent/compile.ts'
import type { Intent, NeighborId, PopId } from '../../intent/model.ts'
import type { Health } from '../../store/store.ts'
import type { PlannerView } from '../planner.ts'

export async function failoverInput(
  health: Health,
  { intent, epoch, nowMs: forOverlaysMs, announcedAt }: Pick<PlannerView, 'intent' | 'epoch' | 'nowMs' | 'announcedAt'>,
  verdicts: Verdicts,
  memory: FailoverMemory,
  down: ReadonlySet<NeighborId>,
  nowMs: number,
): Promise<FailoverInput> {
  const [goAtMs, figures] = await Promise.all([health.goAtMs(), health.traffic()])
  const moment = { epoch, nowMs: Math.max(nowMs, forOverlaysMs) }
  return {
    nowMs,
    prefixes: failoverPrefixes(intent, moment, announcedAt, down),
    verdicts,
    down,
    standing: intent.failovers.values(),
    memory,
    frozen: frozenUntilMs(intent, moment.nowMs) !== undefined,
    announcements: announcementsOf(intent, moment),
    traffic: trafficOf(intent, figures.pops),
    ...(goAtMs !== undefined && { goAtMs }),
  }
}

const counted = new WeakMap<Intent, number>()

/** A share of this is what G2 counts in: as of when the documents were last changed is near enough. */
function announcementsOf(intent: Intent, moment: Moment): number {
  let count = counted.get(intent)
  if (count === undefined) {
    count = countAnnouncements(intent, moment)
    counted.set(intent, count)
  }
  return count
}

/** Of POPs where both load and capacity are known. */
function trafficOf({ pops }: Intent, figures: ReadonlyMap<PopId, TrafficFigure>): ReadonlyMap<PopId, Traffic> {
  const traffic = new Map<PopId, Traffic>()
  for (const { id, capacity } of pops.values()) {
    const load = figures.get(id)?.amount
    if (load !== undefined && capacity !== undefined) traffic.set(id, { load, capacity: capacity.amount })
  }
  return traffic
}
