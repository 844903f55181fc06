/**
 * Which sessions of a speaker drains want shut down now: those of neighbors that are drained whole and have had their
 * grace time. Whether anything is still announced over them is not known here; the plan looks (plan/shut-sessions).
 */
import type { Shutdown } from '../desired.ts'
import { documentKey } from '../document.ts'
import type { Intent, NeighborId, SpeakerId } from '../model.ts'
import { inventoryOf } from './inventory.ts'
import { OverlayTime } from './overlay-time.ts'

/** Speakers where some drain asks for it at some time, in force or not. */
export function speakersWithShutdowns(intent: Intent): ReadonlySet<SpeakerId> {
  const speakers = new Set<SpeakerId>()
  for (const drain of intent.drains.values())
    if (drain.shutdown !== undefined)
      for (const speaker of inventoryOf(intent).drainedSpeakers(drain)) speakers.add(speaker)
  return speakers
}

/** By neighbor, of several drains the first by name. */
export function wantedShutdowns(intent: Intent, speaker: SpeakerId, nowMs: number): ReadonlyMap<NeighborId, Shutdown> {
  const wanted = new Map<NeighborId, Shutdown>()
  if (intent.drains.size === 0) return wanted
  const inventory = inventoryOf(intent)
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  for (const { id } of inventory.neighborsOf(speaker))
    for (const drain of [...inventory.siteDrains(speaker), ...inventory.neighborDrains(id)]) {
      if (drain.shutdown === undefined || wanted.has(id) || time.drainStage(drain) !== 'gone') continue
      const scope = drain.target.kind === 'neighbor' ? 'neighbor' : 'speaker'
      wanted.set(id, {
        drain: documentKey({ kind: 'Drain', name: drain.id }),
        communication: drain.shutdown,
        scope,
      })
    }
  return wanted
}
