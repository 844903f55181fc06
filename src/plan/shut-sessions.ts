/**
 * Which sessions of a speaker a worker keeps shut down. Routes come before sessions, in both directions:
 *
 *   1. a session is shut once nothing of ours is announced over it any more, by what was read back: closing it earlier
 *      would take a service away at once, and let neighbors keep stale routes to it (RFC 8538);
 *   2. one that is shut and is not to be any more stays so until all that was decided for the speaker is in its RIB, so
 *      that the other side hears everything before the End-of-RIB (RFC 4724);
 *   3. of a speaker that cannot be read nothing is known, and its sessions stay as they are.
 */
import type { Address } from '../bgp/address.ts'
import { wantedShutdowns } from '../intent/compile/shutdowns.ts'
import type { DesiredSpeaker, Shutdown } from '../intent/desired.ts'
import type { Intent, Neighbor, NeighborId, SpeakerId } from '../intent/model.ts'
import { neighborsOf } from '../intent/select.ts'
import { type SpeakerTable, stillAnnounced, stillSent } from './drained.ts'
import { type Guards, allGuards } from './guards.ts'

type Shut = NonNullable<DesiredSpeaker['shut']>

/**
 * @param table undefined: the speaker cannot be reached, or was never read
 * @param before as they were kept until now
 * @returns undefined where none is to be shut
 */
export function shutSessions(
  intent: Intent,
  speaker: SpeakerId,
  nowMs: number,
  table: SpeakerTable | undefined,
  before: Shut = {},
  guards: Guards = allGuards,
): Shut | undefined {
  if (table === undefined) return someOf(before)
  const { network } = intent
  if (network === undefined) return someOf(before)
  const wanted = wantedShutdowns(intent, speaker, nowMs)
  const shut: Record<NeighborId, Shutdown> = {}
  const left = wanted.size === 0 ? new Set() : stillAnnounced(table, network.asn)
  for (const [id, shutdown] of wanted) {
    const neighbor = intent.neighbors.get(id)
    if (neighbor === undefined) continue
    const isGone = shutdown.scope === 'speaker' ? left.size === 0 : stillSent(table, network.asn, neighbor).size === 0
    if (isGone || before[id] !== undefined || !guards.routesBeforeSessions) shut[id] = shutdown
  }
  const isOnItsWay = guards.routesBeforeSessions && !isApplied(table)
  for (const [id, shutdown] of Object.entries(before) as [NeighborId, Shutdown][])
    if (!wanted.has(id) && isOnItsWay) shut[id] = shutdown
  return someOf(shut)
}

/**
 * Neighbors whose sessions Herald has shut, and shall not be shut any more: they will hear what is announced.
 * @param noted addresses of sessions that Herald has shut and that are not established again
 */
export function reopening(
  intent: Intent,
  speaker: SpeakerId,
  noted: readonly Address[],
  nowMs: number,
): readonly Neighbor[] {
  if (noted.length === 0) return []
  const wanted = wantedShutdowns(intent, speaker, nowMs)
  return neighborsOf(intent, speaker).filter(({ id, address }) => noted.includes(address) && !wanted.has(id))
}

function isApplied({ targets, applied }: SpeakerTable): boolean {
  for (const { generation } of targets.values()) if (generation > applied) return false
  return true
}

function someOf(shut: Shut): Shut | undefined {
  return Object.keys(shut).length === 0 ? undefined : shut
}
