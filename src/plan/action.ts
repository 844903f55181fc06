/**
 * What a plan consists of. An action is a new standing decision about one prefix at one speaker; something held is a
 * decision that is wanted and not taken, with a named reason. The plan leaves the worker no choices.
 */
import type { AttributesKey } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { PopId, SpeakerId } from '../intent/model.ts'

export type ActionKind =
  | 'announce' // not announced there before
  | 'change' // other attributes, by implicit withdraw
  | 'adopt' // a foreign path, or one of another epoch, becomes ours with what neighbors see unchanged
  | 'repair' // the decision stands, the RIB differs
  | 'drain' // marked GRACEFUL_SHUTDOWN, on its way out
  | 'withdraw'
  | 'forget' // withdrawn and seen gone: the decision is dropped, nothing is sent

export interface Action {
  readonly kind: ActionKind
  readonly prefix: Prefix
  readonly speaker: SpeakerId
  readonly pop: PopId
  /** What the RIB has now, where known. */
  readonly from?: AttributesKey
  /** What it shall have; absent for withdraw and forget. */
  readonly to?: AttributesKey
  /** One sentence for people. */
  readonly because: string
}

/** Why something wanted is not done (yet). Each has a sentence in plan/reason.ts. */
export type HeldReason =
  | 'waiting-for-make' // make before break: the new sites are not all proved yet
  | 'draining' // marked, and the drain time is not over
  | 'reopening' // its sessions were shut down by a drain, and are not established again
  | 'floor' // G1
  | 'mass-withdrawal' // G4
  | 'frozen' // G11
  | 'foreign-path' // another program's path of this prefix is in the RIB; adopt it first
  | 'foreign-paths' // other paths of another program, which Herald's export policy would silence
  | 'speaker-unknown' // decided, but the speaker cannot be reached
  | 'speaker-refused' // GoBGP refused the path
  | 'adj-out' // G10: in the RIB, but a neighbor's adj-out says otherwise
  | 'not-offered' // the preferred neighbor does not offer the destination, so nothing is steered there
  | 'outranked' // another neighbor's route has a higher LOCAL_PREF: another relationship comes first
  | 'band' // G8
  | 'export' // G7
  | 'stray' // a path of another epoch that no intent names; never withdrawn by itself

export interface Held {
  readonly reason: HeldReason
  readonly prefix: Prefix
  readonly speaker: SpeakerId
  readonly pop: PopId
  /** What was wanted. */
  readonly wanted: 'announce' | 'change' | 'withdraw' | 'repair'
  /** One sentence: what is held, why, and what would release it. */
  readonly detail: string
}

/** Something that is done although it will have no effect, or less than its author may think. */
export interface Warning {
  readonly code: string
  readonly prefix: Prefix
  readonly speaker?: SpeakerId
  readonly message: string
}
