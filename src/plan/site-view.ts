/** What is known of one prefix at one speaker: the standing decision and the RIB as last read. Unknown is not empty. */
import type { AttributesKey } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { Intent, PopId, SpeakerId } from '../intent/model.ts'
import type { FleetState } from './fleet-state.ts'
import type { ObservedRoute, Target } from './observed.ts'

export interface SiteView {
  readonly speaker: SpeakerId
  readonly pop: PopId
  /** False: what is observed may be old, and nothing is concluded from it. */
  readonly up: boolean
  /** False: its RIB was never read; what another program announces there may not be overwritten unseen. */
  readonly known: boolean
  readonly target: Target | undefined
  /** The worker has pushed the target and read it back; false where it is on its way. */
  readonly applied: boolean
  readonly observed: ObservedRoute | undefined
  /** False: its Speaker document is gone. */
  readonly documented: boolean
  /** Why the speaker could not be made right. */
  readonly trouble: string | undefined
}

export function viewSite(intent: Intent, fleet: FleetState, prefix: Prefix, speaker: SpeakerId): SiteView {
  const state = fleet.speaker(speaker)
  const standing = fleet.target(speaker, prefix)
  const observed = fleet.observed(speaker, prefix)
  return {
    speaker,
    // A speaker whose document is gone still has decisions; its own name is the best place name that is left.
    pop: intent.speakers.get(speaker)?.pop ?? (speaker as string as PopId),
    up: state?.reach === 'up',
    known: state !== undefined,
    target: standing?.target,
    applied: standing !== undefined && (state?.applied ?? 0) >= standing.generation,
    observed,
    documented: intent.speakers.has(speaker),
    trouble: state?.trouble,
  }
}

/** True where the decision is exactly this, not on its way out. */
export function isDecided(site: SiteView, attributes: AttributesKey): boolean {
  const { target } = site
  return target?.kind === 'announce' && target.attributes === attributes && target.drainingSinceMs === undefined
}

/** True where the speaker was asked after the decision and its RIB says just that. */
export function isProved(site: SiteView, attributes: AttributesKey): boolean {
  return site.up && site.applied && isDecided(site, attributes) && site.observed?.attributes === attributes
}

/** True where the speaker, asked, has a path of ours: the site serves, with whichever attributes. */
export function isStanding(site: SiteView): boolean {
  return site.up && site.observed?.owner === 'ours'
}

/** True where a decision waits for a speaker that cannot be made right, and nothing of ours is in its RIB: it never came. */
export function neverArrived({ up, applied, trouble, observed }: SiteView): boolean {
  return up && !applied && trouble !== undefined && observed?.owner !== 'ours'
}

/** True where the RIB holds a path that no Herald decided. */
export function hasForeignPath(site: SiteView): boolean {
  return site.observed?.owner === 'foreign'
}
