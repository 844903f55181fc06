/**
 * The port to one BGP speaker. Backends: gobgp (v4, v3) and memory; one contract test suite runs against all.
 *
 * Every call takes a deadline in milliseconds and an optional AbortSignal, and fails with an OperationError
 * (`speaker-unreachable`, `speaker-timeout`, `speaker-refused`, …). Nothing here retries.
 */
import type { Address } from '../bgp/address.ts'
import type { Asn } from '../bgp/asn.ts'
import type { Family } from '../bgp/family.ts'
import type { AttributesKey, Path } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { ExportPolicy } from './export-policy.ts'

export interface CallOptions {
  readonly deadlineMs: number
  readonly signal?: AbortSignal
}

export interface PolicyOptions extends CallOptions {
  /** Asked before the policy is installed where there was none; what it throws leaves the daemon as it is. */
  readonly beforeInstall?: () => Promise<void>
}

export interface SpeakerGlobal {
  /** `gobgp v4`, `gobgp v3`, `memory`: which API answers. */
  readonly api: 'gobgp-v4' | 'gobgp-v3' | 'memory'
  /** undefined: the daemon runs but BGP is not started (GoBGP: asn 0). */
  readonly asn: Asn | undefined
  readonly routerId: string | undefined
}

export interface PathKey {
  readonly prefix: Prefix
  readonly identifier: number
}

/** A path in the global RIB. */
export interface RibPath extends Path {
  readonly best: boolean
  /** Address of the neighbor it was learned from; undefined for a local path. */
  readonly learnedFrom: Address | undefined
  /** Kept for a neighbor that is not there (stale, RFC 4724), or its next hop cannot be reached. */
  readonly unusable?: true
  /** Seconds since the epoch. */
  readonly sinceSeconds: number
}

export interface AdjOutPath {
  readonly prefix: Prefix
  /** As the neighbor is sent it, after the export policy. */
  readonly attributes: AttributesKey
}

export interface SpeakerNeighbor {
  readonly address: Address
  readonly asn: Asn
  readonly state: 'idle' | 'connect' | 'active' | 'open-sent' | 'open-confirm' | 'established'
  /** It is administratively shut down: by a person, or by Herald (`shutNeighbor`). */
  readonly adminDown: boolean
  /** The daemon closed it, because the neighbor sent more prefixes than its limit. */
  readonly prefixLimit: boolean
  /** The daemon restarts and holds back all that it has for this neighbor (RFC 4724, 4.1), whatever its adj-out says. */
  readonly deferring: boolean
  /** State of the BFD session (RFC 5880), where there is one. */
  readonly bfd?: 'up' | 'down' | 'admin-down' | 'init'
  /**
   * Prefixes received, accepted and advertised, where the daemon tells. `advertised` is 0 on GoBGP: it would compute
   * the adj-out of every neighbor to count it, seconds of its time at 100,000 paths.
   */
  readonly received: number
  readonly accepted: number
  readonly advertised: number
  readonly uptimeSeconds: number | undefined
}

export interface NeighborConfig {
  readonly address: Address
  readonly asn: Asn
  readonly localAddress?: Address
  readonly remotePort?: number
  readonly passive: boolean
  readonly password?: string
  readonly ebgpMultihop?: number
  readonly families: readonly Family[]
  readonly holdTimeSeconds: number
  readonly keepaliveSeconds: number
  readonly connectRetrySeconds: number
  /** 0: graceful restart off. */
  readonly gracefulRestartSeconds: number
  /** Single-hop BFD (RFC 5881); GoBGP 3 has none, and refuses it. */
  readonly bfd?: { readonly intervalMs: number; readonly multiplier: number }
  /** True right after a daemon restart, so that End-of-RIB comes after the injected paths (GOBGP facts). */
  readonly restarting: boolean
  /** True: added administratively shut down; the session comes up with `openNeighbor`. */
  readonly shut?: boolean
}

export interface GlobalConfig {
  readonly asn: Asn
  readonly routerId: Address
  readonly listenPort: number
  readonly listenAddresses: readonly Address[]
}

/** What a watch tells. A prefix that is named has changed: look again. Events carry no state on purpose. */
export type SpeakerEvent =
  | { readonly kind: 'routes'; readonly prefixes: readonly Prefix[] }
  | { readonly kind: 'neighbor'; readonly address: Address; readonly state: SpeakerNeighbor['state'] }

/** A path that the speaker would not take, and its words. */
export interface RefusedPath {
  readonly prefix: Prefix
  readonly message: string
}

export interface WatchOptions {
  readonly signal: AbortSignal
  readonly opened: () => void
  /** Neighbors of which every route they send or take back is named, best or not. Others: best-path changes alone. */
  readonly neighbors?: readonly Address[]
}

/** What can be asked of any router, ours or not: nothing of it changes anything there. */
export interface RouterReads {
  global(options: CallOptions): Promise<SpeakerGlobal>
  /** Paths of the global RIB; all of both families, or only those of the exact prefixes given. */
  rib(prefixes: readonly Prefix[] | 'all', options: CallOptions): Promise<readonly RibPath[]>
  neighbors(options: CallOptions): Promise<readonly SpeakerNeighbor[]>
  /**
   * Names what changes from now on until the signal aborts (ends quietly) or the stream breaks (throws). Reads without
   * pause: a slow consumer gets merged events, never a stalled stream. `opened` is called once the daemon streams.
   */
  watch(options: WatchOptions): AsyncIterable<readonly SpeakerEvent[]>
  close(): void
}

/** A router that is not ours and is only asked: there is no call that writes to it. */
export interface CollectorRouter extends RouterReads {
  /**
   * Paths of these prefixes and of all that is more specific. GoBGP looks at its whole table for each of them, about
   * 0.6 s at 200,000 routes: ask seldom.
   */
  within(space: readonly Prefix[], options: CallOptions): Promise<readonly RibPath[]>
}

export interface Speaker extends RouterReads {
  /** Starts BGP on a daemon that has no global configuration; `speaker-refused` where BGP runs (GoBGP would empty it). */
  start(config: GlobalConfig, options: CallOptions): Promise<void>

  /**
   * Adds or replaces local paths, in order; bulk goes by stream. Resolves with the paths refused one by one; every
   * other path is in the RIB when it resolves.
   */
  announce(paths: readonly Path[], options: CallOptions): Promise<readonly RefusedPath[]>
  /** Deletes local paths by key. An empty list does nothing; a delete without a path cannot be expressed. */
  withdraw(paths: readonly PathKey[], options: CallOptions): Promise<void>

  /**
   * What one neighbor is sent. Empty where the session is not established. GoBGP computes the whole adj-out for
   * whatever is asked, about 6 ms for every 1,000 paths of its RIB, and does nothing else meanwhile: ask sparingly.
   */
  adjOut(neighbor: Address, prefixes: readonly Prefix[] | 'all', options: CallOptions): Promise<readonly AdjOutPath[]>

  addNeighbor(config: NeighborConfig, options: CallOptions): Promise<void>
  deleteNeighbor(address: Address, options: CallOptions): Promise<void>
  /**
   * Shuts the session down administratively until `openNeighbor`, with a communication that the other side is shown
   * (RFC 9003; at most 128 octets of UTF-8, GoBGP cuts what is longer). Its state follows a moment later. A daemon that
   * restarts has forgotten it.
   */
  shutNeighbor(address: Address, communication: string, options: CallOptions): Promise<void>
  /** Lets a session that was shut down come up again; GoBGP takes 5 to 14 s for that. */
  openNeighbor(address: Address, options: CallOptions): Promise<void>

  /**
   * Makes the export policy what is given, adding only what is missing: static parts once, treatments as they come.
   * Resolves with what it did, after reading it back.
   */
  ensureExportPolicy(policy: ExportPolicy, options: PolicyOptions): Promise<'installed' | 'extended' | 'unchanged'>

  /**
   * Rises whenever the connection may lead to another daemon than before. The same number before and after some calls:
   * one daemon answered them all.
   */
  incarnation(): number
}
