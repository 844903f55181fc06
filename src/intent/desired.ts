/**
 * Desired state: intent + overlays at one moment, compiled. Per prefix: which speakers announce which attributes.
 * Per speaker: what must be configured before paths go in.
 */
import type { Address } from '../bgp/address.ts'
import type { Asn } from '../bgp/asn.ts'
import type { Community, LargeCommunity } from '../bgp/community.ts'
import type { AttributesKey } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { SteeringScope } from './steering.ts'
import type { DocumentKey } from './document.ts'
import type { Neighbor, NeighborId, PopId, SpeakerId, SpeakerStart, SpeakerTls } from './model.ts'

/** One prefix, everywhere. */
export interface DesiredPrefix {
  readonly prefix: Prefix
  /** Speakers that announce it now; a speaker that is not here announces nothing. */
  readonly sites: ReadonlyMap<SpeakerId, DesiredSite>
  /** Sites that intent names and an overlay takes away. */
  readonly lost: ReadonlyMap<SpeakerId, LostSite>
  /** POPs that intent alone names, before overlays. Floors count from here. */
  readonly intended: ReadonlySet<PopId>
  /** POPs below which nothing but a forced change of a person may go. */
  readonly floor: number
  /** True where an overlay that a person forced takes it below the floor. */
  readonly floorForced: boolean
  /** When time alone changes this answer (an overlay expires, a grace period ends), ms since the epoch. */
  readonly changesAtMs?: number
}

export interface DesiredSite {
  readonly speaker: SpeakerId
  readonly pop: PopId
  readonly attributes: AttributesKey
  /** One sentence: which layer made it so (for explain). */
  readonly because: string
  /** True while a drain's grace time runs here or toward one of its neighbors: what was asked for is not there yet. */
  readonly draining: boolean
}

export interface LostSite {
  readonly speaker: SpeakerId
  readonly pop: PopId
  /** `Drain/fra-maintenance`, `Override/…`, `Failover/…`. */
  readonly overlay: DocumentKey
  /** A person accepted that the overlay breaks floors. */
  readonly forced: boolean
  /** The overlay's own grace time, marked GRACEFUL_SHUTDOWN, is over: no further drain stage is due. */
  readonly graced: boolean
  readonly because: string
}

/** What a speaker must have before its first path (policy) and after its last (neighbors). */
export interface DesiredSpeaker {
  readonly speaker: SpeakerId
  readonly pop: PopId
  readonly asn: Asn
  readonly endpoint: string
  readonly tls?: SpeakerTls
  readonly start?: SpeakerStart
  /** Every neighbor that the export policy must know, in id order. */
  readonly neighbors: readonly Neighbor[]
  /** In mark order. Only ever added to a live policy: a treatment without a path that carries its mark is inert. */
  readonly treatments: readonly Treatment[]
  /** Sessions that are kept shut down, by neighbor; absent where there are none. */
  readonly shut?: Readonly<Record<NeighborId, Shutdown>>
  /** What its watcher keeps an eye on beside announcements; absent where nothing is steered there. */
  readonly steering?: SteeringScope
}

/** A session that a drain has shut down. */
export interface Shutdown {
  /** `Drain/fra-maintenance` */
  readonly drain: DocumentKey
  /** What the other side is shown (RFC 9003). */
  readonly communication: string
  /** What is drained: all of the speaker, or this neighbor alone. */
  readonly scope: 'speaker' | 'neighbor'
}

/** Toward `neighbor`, a path with mark `ASN:5:<number>` is sent with these changes. */
export interface Treatment {
  readonly number: number
  readonly neighbor: NeighborId
  readonly med?: number
  readonly localPref?: number
  readonly nextHop?: Address
  readonly communities: readonly Community[]
  readonly largeCommunities: readonly LargeCommunity[]
}
