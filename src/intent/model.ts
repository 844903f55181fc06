/**
 * The model: documents that passed the schema, indexed. Everything the core decides is decided on an `Intent`.
 * Values are immutable; a changed intent is a new value that shares what did not change.
 */
import type { Address } from '../bgp/address.ts'
import type { Asn } from '../bgp/asn.ts'
import type { Community, LargeCommunity } from '../bgp/community.ts'
import type { Family } from '../bgp/family.ts'
import type { NeighborKind } from '../bgp/neighbor.ts'
import type { Origin } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type {
  Agent,
  AgentId,
  AlertMapping,
  AlertMappingId,
  Capacity,
  Check,
  CheckId,
  Collector,
  CollectorId,
  Failover,
  FailoverPolicy,
  Receiver,
} from './monitoring.ts'
import type { Rollout } from './rollout.ts'
import type { EntryGroup, EntryGroupId, EntryPreference } from './entry.ts'
import type { PathGroup, PathGroupId, Preference } from './steering.ts'

export type AreaId = string & { readonly __brand: 'AreaId' }
export type RegionId = string & { readonly __brand: 'RegionId' }
export type PopId = string & { readonly __brand: 'PopId' }
export type SpeakerId = string & { readonly __brand: 'SpeakerId' }
export type NeighborId = string & { readonly __brand: 'NeighborId' }
/** `all`, or the name of an area, a region or a POP; these share one namespace. */
export type Selector = string & { readonly __brand: 'Selector' }

/** The one Network document: who we are and how careful we are. */
export interface Network {
  readonly asn: Asn
  /** How long a site stays marked GRACEFUL_SHUTDOWN before a planned withdrawal, seconds. Default 2. */
  readonly drainSeconds: number
  /** G4: a revision that removes more than this share of all announcements, percent, must be confirmed. Default 10. */
  readonly shrinkPercent: number
  /** ASes that may stand beside ours in a path, other than those of neighbors; present: with these it is all of them. */
  readonly adjacent?: readonly Asn[]
}

export interface Area {
  readonly id: AreaId
}

export interface Region {
  readonly id: RegionId
  readonly area: AreaId
}

export interface Pop {
  readonly id: PopId
  readonly region: RegionId
  readonly capacity?: Capacity
}

export interface Speaker {
  readonly id: SpeakerId
  readonly pop: PopId
  /** gRPC address: `host:port` or `unix:///path`. */
  readonly endpoint: string
  readonly tls?: SpeakerTls
  /** Next hop announced where none is written; `self` (0.0.0.0 or ::) where the family is absent. */
  readonly nextHop: Readonly<Partial<Record<Family, Address>>>
  /** Present where Herald itself configures the daemon (StartBgp); absent where gobgpd has a file of its own. */
  readonly start?: SpeakerStart
}

/** Paths of PEM files on the hosts that run Herald workers. */
export interface SpeakerTls {
  readonly ca: string
  readonly certificate?: string
  readonly key?: string
  readonly serverName?: string
}

export interface SpeakerStart {
  readonly routerId: Address
  /** TCP port for BGP; -1 does not listen. Default 179. */
  readonly listenPort: number
  readonly listenAddresses: readonly Address[]
}

export interface Neighbor {
  readonly id: NeighborId
  readonly speaker: SpeakerId
  readonly address: Address
  readonly asn: Asn
  readonly kind: NeighborKind
  /** True: Herald adds this neighbor to the speaker (after its paths). False: gobgpd's own file has it. */
  readonly managed: boolean
  readonly families: readonly Family[]
  /** Only where managed. */
  readonly session: NeighborSession
  /** Attributes of everything announced to this neighbor, below those of prefix and POP. */
  readonly attributes: NeighborAttributes
  /** What the line carries, in bit/s. */
  readonly capacity?: Capacity
}

export interface NeighborSession {
  readonly localAddress?: Address
  readonly remotePort?: number
  readonly passive: boolean
  readonly password?: string
  readonly ebgpMultihop?: number
  readonly holdTimeSeconds: number
  readonly keepaliveSeconds: number
  readonly connectRetrySeconds: number
  /** 0 turns graceful restart (RFC 4724) off. */
  readonly gracefulRestartSeconds: number
  /** Single-hop BFD (RFC 5881): the line is down when `multiplier` packets in a row are missing. */
  readonly bfd?: { readonly intervalMs: number; readonly multiplier: number }
}

/** Owned address space: only prefixes inside a pool may be announced (G7). Pools never overlap. */
export interface Pool {
  readonly id: string
  readonly prefixes: readonly Prefix[]
  /** Other ASes that may originate it, beside our own: customers, or whoever cleans traffic for us. */
  readonly origins: readonly Asn[]
  /** Prefixes within it that other routers of our AS announce. */
  readonly elsewhere: readonly Prefix[]
}

/** What can be said for a whole prefix, or for a prefix at one POP. */
export interface SiteAttributes {
  /** Own AS prepended toward every neighbor, 0 to 3 times. */
  readonly prepend?: 0 | 1 | 2 | 3
  /** ORIGIN of the path; default igp. Not toward one neighbor. */
  readonly origin?: Origin
  readonly med?: number
  readonly localPref?: number
  readonly communities?: readonly Community[]
  readonly largeCommunities?: readonly LargeCommunity[]
  readonly nextHop?: Address
  /** False: not announced here (a POP) or anywhere (a prefix), without forgetting where. */
  readonly announce?: boolean
  /** True: marked GRACEFUL_SHUTDOWN. */
  readonly gracefulShutdown?: boolean
}

/** What can be said toward one neighbor; the export policy does it. */
export type NeighborAttributes = SiteAttributes

/** A Prefix document: one prefix and where and how it is announced. */
export interface Announcement {
  readonly prefix: Prefix
  readonly at: readonly Selector[]
  readonly except: readonly Selector[]
  /** G1: automation never leaves fewer POPs than this. Default: max(2, half of the intended POPs). */
  readonly floor?: number
  /** Most specific wins, attribute by attribute: neighbor over POP over prefix. Communities add up. */
  readonly attributes: SiteAttributes
  readonly pops: ReadonlyMap<PopId, SiteAttributes>
  readonly neighbors: ReadonlyMap<NeighborId, NeighborAttributes>
  /** `spec.adopt`: speakers where a foreign path of this prefix may be taken over (default none). */
  readonly adopt: ReadonlySet<SpeakerId>
  /** What automation may do when checks fail. Absent: nothing. */
  readonly failover?: FailoverPolicy
}

/** A time-limited operation on top of intent (DESIGN: overlay). Times are milliseconds since the epoch. */
interface OverlayBase {
  readonly id: string
  readonly startedAtMs: number
  readonly expiresAtMs?: number
}

export type DrainTarget =
  | { readonly kind: 'site'; readonly at: Selector }
  | { readonly kind: 'speaker'; readonly speaker: SpeakerId }
  | { readonly kind: 'neighbor'; readonly neighbor: NeighborId }

/** Marks GRACEFUL_SHUTDOWN for `graceSeconds`, then withdraws (site, speaker) or withholds (neighbor). */
export interface Drain extends OverlayBase {
  readonly target: DrainTarget
  readonly graceSeconds: number
  /** Stays marked until this, or `idleAtMs` is there. */
  readonly untilIdle?: UntilIdle
  /** When automation saw that its traffic is gone, ms since the epoch. */
  readonly idleAtMs?: number
  /** Once nothing is announced there, its sessions are shut down with this communication (RFC 9003). */
  readonly shutdown?: string
  /** A person accepted that floors (G1) are broken. */
  readonly forced: boolean
}

/** Below this, what is left of traffic is as good as none. */
export type IdleBound =
  /** Of what it was when the drain began, 0 to 1. */
  { readonly kind: 'share'; readonly share: number } | ({ readonly kind: 'amount' } & Capacity)

export interface UntilIdle {
  readonly below: IdleBound
  /** After the start of the drain; then it goes whatever its traffic. */
  readonly atMostSeconds: number
  /** Traffic when the drain began, by name of the POP or neighbor: what a share is a share of. */
  readonly from: ReadonlyMap<string, number>
}

/** Attributes laid over a prefix: everywhere, at some sites, or toward one neighbor. */
export interface Override extends OverlayBase {
  readonly prefix: Prefix
  readonly at?: readonly Selector[]
  readonly neighbor?: NeighborId
  readonly attributes: SiteAttributes
  readonly forced: boolean
}

/** Stops all automation (G11). Overlays do not expire while it lasts; people's own changes still pass. */
export interface Freeze extends OverlayBase {}

export interface Intent {
  readonly revision: number
  readonly network: Network | undefined
  readonly areas: ReadonlyMap<AreaId, Area>
  readonly regions: ReadonlyMap<RegionId, Region>
  readonly pops: ReadonlyMap<PopId, Pop>
  readonly speakers: ReadonlyMap<SpeakerId, Speaker>
  readonly neighbors: ReadonlyMap<NeighborId, Neighbor>
  readonly pools: ReadonlyMap<string, Pool>
  readonly prefixes: ReadonlyMap<Prefix, Announcement>
  readonly pathGroups: ReadonlyMap<PathGroupId, PathGroup>
  readonly entryGroups: ReadonlyMap<EntryGroupId, EntryGroup>
  readonly agents: ReadonlyMap<AgentId, Agent>
  readonly checks: ReadonlyMap<CheckId, Check>
  readonly collectors: ReadonlyMap<CollectorId, Collector>
  readonly receivers: ReadonlyMap<string, Receiver>
  readonly alertMappings: ReadonlyMap<AlertMappingId, AlertMapping>
  readonly drains: ReadonlyMap<string, Drain>
  readonly overrides: ReadonlyMap<string, Override>
  readonly failovers: ReadonlyMap<string, Failover>
  readonly preferences: ReadonlyMap<string, Preference>
  readonly entryPreferences: ReadonlyMap<string, EntryPreference>
  readonly rollouts: ReadonlyMap<string, Rollout>
  readonly freezes: ReadonlyMap<string, Freeze>
}

export const emptyIntent: Intent = {
  revision: 0,
  network: undefined,
  areas: new Map(),
  regions: new Map(),
  pops: new Map(),
  speakers: new Map(),
  neighbors: new Map(),
  pools: new Map(),
  prefixes: new Map(),
  pathGroups: new Map(),
  entryGroups: new Map(),
  agents: new Map(),
  checks: new Map(),
  collectors: new Map(),
  receivers: new Map(),
  alertMappings: new Map(),
  drains: new Map(),
  overrides: new Map(),
  failovers: new Map(),
  preferences: new Map(),
  rollouts: new Map(),
  entryPreferences: new Map(),
  freezes: new Map(),
}
