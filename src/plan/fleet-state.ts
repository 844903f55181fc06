/** What a plan may ask about the fleet. The planner job keeps it in memory; tests simulate it. */
import type { Address } from '../bgp/address.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { ObservedRoute, Offer, SpeakerReach, Target } from './observed.ts'

export interface FleetState {
  /** Undefined: its RIB was never read, so nothing is decided about it. */
  speaker(
    id: SpeakerId,
  ): { readonly reach: SpeakerReach; readonly applied: number; readonly trouble?: string | undefined } | undefined
  target(speaker: SpeakerId, prefix: Prefix): { readonly target: Target; readonly generation: number } | undefined
  /** As last read; of an unknown speaker it may be old. */
  observed(speaker: SpeakerId, prefix: Prefix): ObservedRoute | undefined
  /** The speaker's words, where it refused the target as it stands. */
  refused(speaker: SpeakerId, prefix: Prefix): string | undefined
  /** In words, where a neighbor's adj-out last disagreed with the target as it stands. */
  unproved(speaker: SpeakerId, prefix: Prefix): string | undefined
  /** Which neighbors offer a destination, as last read; kept for destinations that something steers. */
  offers(speaker: SpeakerId, prefix: Prefix): readonly Offer[]
  /** Addresses of neighbors whose sessions Herald shut down, and that are not established again. */
  shutSessions(speaker: SpeakerId): readonly Address[]
  /** Speakers that have a target or an observed route of the prefix. */
  siteSpeakers(prefix: Prefix): Iterable<SpeakerId>
  /** Standing announce targets of the whole fleet, steering routes not counted. */
  readonly announcements: number
  /** True where a person lets Herald take over the foreign path of this prefix at this speaker. */
  adopting(prefix: Prefix, speaker: SpeakerId): boolean
}
