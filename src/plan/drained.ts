/**
 * What is left of announcements where a drain took them away. A drain's grace time may be over and its place still serve,
 * because a floor, the make before the break, a silent daemon or a neighbor's adj-out holds it: only what was read back
 * counts as gone (G10).
 */
import { mark, neighborNumber, ownerEpoch } from '../bgp/mark.ts'
import type { Asn } from '../bgp/asn.ts'
import { attributesOf } from '../bgp/path.ts'
import { type Prefix, prefixFamily } from '../bgp/prefix.ts'
import type { Neighbor } from '../intent/model.ts'
import type { ObservedRoute, Target } from './observed.ts'

/** All that is decided and was read of one speaker. */
export interface SpeakerTable {
  /** Generation up to which its worker has pushed and read back. */
  readonly applied: number
  readonly targets: ReadonlyMap<Prefix, { readonly target: Target; readonly generation: number }>
  readonly observed: ReadonlyMap<Prefix, ObservedRoute>
  /** What adj-outs say instead, in words. */
  readonly unproved: ReadonlyMap<Prefix, string>
}

/** Prefixes that the speaker announces, or was not yet seen to have withdrawn. Steering routes are no announcements. */
export function stillAnnounced({ targets, observed }: SpeakerTable, asn: Asn): ReadonlySet<Prefix> {
  const left = new Set<Prefix>()
  for (const [prefix, { target }] of targets)
    if (target.kind === 'withdraw' || target.via === undefined) left.add(prefix)
  for (const [prefix, route] of observed) if (isOurs(route, asn)) left.add(prefix)
  return left
}

/** Of these, prefixes that the neighbor may still be sent. */
export function stillSent(table: SpeakerTable, asn: Asn, neighbor: Neighbor): ReadonlySet<Prefix> {
  const withheld = `"${mark(asn, 'withhold', neighborNumber(neighbor))}"`
  const left = new Set<Prefix>()
  for (const prefix of stillAnnounced(table, asn)) {
    if (!neighbor.families.includes(prefixFamily(prefix))) continue
    const standing = table.targets.get(prefix)
    const isWithheld =
      standing?.target.kind === 'announce' &&
      standing.generation <= table.applied &&
      standing.target.attributes.includes(withheld) &&
      table.observed.get(prefix)?.attributes === standing.target.attributes
    if (!isWithheld || table.unproved.get(prefix)?.includes(isStillSent) === true) left.add(prefix)
  }
  return left
}

function isOurs({ owner, attributes }: ObservedRoute, asn: Asn): boolean {
  return owner === 'ours' && ownerEpoch(asn, attributesOf(attributes).largeCommunities) !== undefined
}

/** In words about an adj-out, where some neighbor is sent what it should not be. */
export const isStillSent = ' is still sent '
