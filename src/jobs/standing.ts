/** What speakers' RIBs say of a prefix, as the planner has them in memory. */
import type { Prefix } from '../bgp/prefix.ts'
import type { Standing } from '../health/visibility-input.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { Fleet } from './fleet.ts'

export function standingOf(fleet: Fleet): Standing {
  const holds = (speaker: SpeakerId, prefix: Prefix): boolean =>
    ['ours', 'other-epoch'].includes(fleet.observed(speaker, prefix)?.owner ?? 'none')
  return {
    isProved(prefix) {
      for (const speaker of fleet.siteSpeakers(prefix))
        if (
          fleet.speaker(speaker)?.reach === 'up' &&
          holds(speaker, prefix) &&
          fleet.unproved(speaker, prefix) === undefined
        )
          return true
      return false
    },
    isGone(prefix) {
      for (const speaker of fleet.speakers())
        if (fleet.speaker(speaker) === undefined || holds(speaker, prefix)) return false
      return true
    },
    isAnnounced(prefix) {
      for (const speaker of fleet.siteSpeakers(prefix))
        if (fleet.observed(speaker, prefix) !== undefined || fleet.target(speaker, prefix)?.target.kind === 'announce')
          return true
      return false
    },
    unread: () => [...fleet.speakers()].filter((speaker) => fleet.table(speaker) === undefined),
  }
}
