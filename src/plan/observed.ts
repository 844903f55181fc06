/**
 * Observed state: what speakers' RIBs hold, as last read. Unknown is not empty: a speaker nobody could read is
 * `unknown`, and nothing is concluded from it.
 */
import type { Address } from '../bgp/address.ts'
import type { AttributesKey } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { SpeakerId } from '../intent/model.ts'

/** How the RIB of one speaker has one prefix. */
export interface ObservedRoute {
  readonly attributes: AttributesKey
  readonly identifier: number
  /** `ours` by its mark and epoch, `other-epoch`: Herald's, decided by another Redis store, `foreign`: no mark. */
  readonly owner: 'ours' | 'other-epoch' | 'foreign'
}

/** A destination that a neighbor taught a speaker: a route in the global RIB, best or not. */
export interface Offer {
  /** Its address. */
  readonly neighbor: Address
  readonly nextHop: Address
  /** 100 where the route has none. */
  readonly localPref: number
}

export type SpeakerReach = 'up' | 'unknown'

/**
 * The standing decision about one prefix at one speaker, stored in Redis; workers make the RIB match it. No entry is
 * no decision: a worker leaves alone what has none, so that a lost or empty Redis withdraws nothing (G4, G9).
 */
export type Target = AnnounceTarget | WithdrawTarget

export interface AnnounceTarget {
  readonly kind: 'announce'
  readonly attributes: AttributesKey
  /** Intent revision that caused it. */
  readonly revision: number
  /** Since when it is marked GRACEFUL_SHUTDOWN on its way out, ms since the epoch. */
  readonly drainingSinceMs?: number
  /**
   * Present: a steering route, by the offer of the neighbor at this address. A worker pushes it only while the RIB has a
   * route of that neighbor, and it reaches no neighbor.
   */
  readonly via?: Address
}

export interface WithdrawTarget {
  readonly kind: 'withdraw'
  readonly revision: number
}

/** New decisions and dropped ones, per speaker: what a plan writes. */
export type TargetChanges = ReadonlyMap<
  SpeakerId,
  { readonly set: ReadonlyMap<Prefix, Target>; readonly forget: readonly Prefix[] }
>
