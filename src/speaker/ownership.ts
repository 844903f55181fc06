/**
 * From a RIB listing to observed state. Only local paths count: what a neighbor taught us is neither ours nor foreign.
 * Where several local paths of a prefix stand side by side, ours is the one observed, then one of another epoch, then a
 * foreign one; among equals the lowest identifier. Announcements and steering routes are ours, each by its own mark.
 */
import type { Asn } from '../bgp/asn.ts'
import { heraldEpoch } from '../bgp/mark.ts'
import { type AttributesKey, attributesOf } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { ObservedRoute } from '../plan/observed.ts'
import type { RibPath } from './speaker.ts'

type Owner = ObservedRoute['owner']

const precedence: Readonly<Record<Owner, number>> = { ours: 0, 'other-epoch': 1, foreign: 2 }

/** @param path a local one */
export function toObserved(path: RibPath, asn: Asn, epoch: number): ObservedRoute {
  const { attributes, identifier } = path
  return { attributes, identifier, owner: ownerOf(attributes, asn, epoch) }
}

/** What the RIB has of each prefix. Equal attributes are looked at once, so a table of 100,000 costs a map of it. */
export function observe(paths: readonly RibPath[], asn: Asn, epoch: number): ReadonlyMap<Prefix, ObservedRoute> {
  const owners = new Map<AttributesKey, Owner>()
  const observed = new Map<Prefix, ObservedRoute>()
  for (const { prefix, attributes, identifier, learnedFrom } of paths) {
    if (learnedFrom !== undefined) continue
    let owner = owners.get(attributes)
    if (owner === undefined) {
      owner = ownerOf(attributes, asn, epoch)
      owners.set(attributes, owner)
    }
    const route = { attributes, identifier, owner }
    const other = observed.get(prefix)
    if (other === undefined || comesFirst(route, other)) observed.set(prefix, route)
  }
  return observed
}

function ownerOf(attributes: AttributesKey, asn: Asn, epoch: number): Owner {
  const { largeCommunities } = attributesOf(attributes)
  const found = heraldEpoch(asn, largeCommunities)
  if (found === undefined) return 'foreign'
  return found === epoch ? 'ours' : 'other-epoch'
}

function comesFirst(a: ObservedRoute, b: ObservedRoute): boolean {
  const order = precedence[a.owner] - precedence[b.owner]
  return order === 0 ? a.identifier < b.identifier : order < 0
}
