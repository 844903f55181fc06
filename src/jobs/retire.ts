/**
 * Speakers whose documents are gone. What Herald did there is undone in order, each step seen done before the next:
 *   1. their paths are withdrawn, as the plan decides for every site that intent does not name;
 *   2. the neighbors that Herald added are deleted, and sessions that it shut down are opened;
 *   3. nothing is known of them any more, and nobody watches them.
 * One that never answers stays at its step until it does, or until a person says that it is gone for good.
 */
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { Intent, SpeakerId } from '../intent/model.ts'
import type { SpeakerState } from '../store/store.ts'
import type { Fleet } from './fleet.ts'

export interface Retirement {
  /** To be configured without neighbors. */
  readonly bare: readonly DesiredSpeaker[]
  readonly forget: readonly SpeakerId[]
}

export function retireSpeakers(
  intent: Intent,
  states: ReadonlyMap<SpeakerId, SpeakerState>,
  fleet: Pick<Fleet, 'holds'>,
): Retirement {
  const bare: DesiredSpeaker[] = []
  const forget: SpeakerId[] = []
  // An intent without a Network is taken for a loss, not for a wish (G4).
  if (intent.network === undefined) return { bare, forget }
  for (const [id, state] of states) {
    if (intent.speakers.has(id)) continue
    const { configured, decided, applied, added, shut, forsaken, status } = state
    if (forsaken) forget.push(id)
    else if (fleet.holds(id)) continue
    else if (Object.keys(added).length > 0 || Object.keys(shut).length > 0) {
      if (configured !== undefined && configured.neighbors.length > 0) bare.push(bareOf(configured))
    } else if (decided <= applied || status?.readAtMs === undefined) forget.push(id)
  }
  return { bare, forget }
}

function bareOf(configured: DesiredSpeaker): DesiredSpeaker {
  const { shut: _, ...rest } = configured
  return { ...rest, neighbors: [], treatments: [] }
}
