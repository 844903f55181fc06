/**
 * What vantage routers see of our space: plain data, as a collector's watcher stores it. Unknown is not unseen: what a
 * collector that cannot be read, or that nobody tells anything, does not show says nothing.
 */
import type { Address } from '../bgp/address.ts'
import type { Asn } from '../bgp/asn.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { CollectorId } from '../intent/monitoring.ts'

/** One path of a prefix in a collector's RIB. */
export interface SeenPath {
  /** Last AS of the path; the collector's own where the path is empty. */
  readonly origin: Asn
  readonly asPath: readonly Asn[]
  /** Communities and large communities. */
  readonly communities: readonly string[]
  /** Neighbor of the collector that told it; absent: local there. */
  readonly from?: Address
  readonly best: boolean
}

/** Times are ms since the epoch, by the clock of the worker that watches. */
export interface SeenPrefix {
  /** In a fixed order; empty: it was there once and is not now. */
  readonly paths: readonly SeenPath[]
  /** Since when it is there, or not there. */
  readonly sinceMs: number
  /** When its paths last changed. */
  readonly changedAtMs: number
}

/** One collector, as far as is known. */
export interface CollectorView {
  readonly id: CollectorId
  readonly seenWithinMs: number
  /** `up`: its whole view of our space was read on this connection, and is followed. */
  readonly reach: 'up' | 'unknown'
  /** Since when, ms since the epoch; absent: it was never tried. */
  readonly sinceMs?: number
  /** Why it is unknown. */
  readonly problem?: string
  /** Established sessions of it; one without any is told nothing, and so sees nothing. */
  readonly established: number
  /** Of our space. */
  readonly seen: ReadonlyMap<Prefix, SeenPrefix>
}

/** It can be told from it what is not there. */
export function isInformed({ reach, established }: CollectorView): boolean {
  return reach === 'up' && established > 0
}

/**
 * Whether a collector sees a prefix, originated by one of these ASes. `unknown`: it is not there, and nobody can tell
 * whether that means anything.
 */
export function sightOf(
  collector: CollectorView,
  prefix: Prefix,
  origins: ReadonlySet<Asn>,
): 'seen' | 'not-seen' | 'unknown' {
  if (collector.reach !== 'up') return 'unknown'
  if (collector.seen.get(prefix)?.paths.some(({ origin }) => origins.has(origin)) === true) return 'seen'
  return isInformed(collector) ? 'not-seen' : 'unknown'
}
