/**
 * Herald's own large communities (RFC 8092), the language in which a path tells the static export policy of its
 * speaker what to do. They are stripped on export and never reach a neighbor.
 *
 *   ASN:0:<epoch>      this path is Herald's; the epoch names the Redis store that decided it
 *   ASN:1:<neighbor>   do not announce to that neighbor
 *   ASN:2|3|4:<n>      prepend our AS 1, 2 or 3 times toward that neighbor
 *   ASN:5:<treatment>  a treatment: MED, LOCAL_PREF, next hop or communities toward one neighbor
 *   ASN:6:<neighbor>   mark GRACEFUL_SHUTDOWN (RFC 8326) toward that neighbor
 *   ASN:7:<epoch>      a steering route of Herald's. It has no ASN:0 mark, so the export policy rejects it: it never leaves
 */
import type { Asn } from './asn.ts'
import type { LargeCommunity } from './community.ts'

export const markFunction = {
  owned: 0,
  withhold: 1,
  prepend1: 2,
  prepend2: 3,
  prepend3: 4,
  treatment: 5,
  gracefulShutdown: 6,
  steered: 7,
} as const

export type MarkFunction = keyof typeof markFunction

export function mark(asn: Asn, effect: MarkFunction, parameter: number): LargeCommunity {
  return `${asn}:${markFunction[effect]}:${parameter}` as LargeCommunity
}

/** The epoch in the ownership mark of a path, or undefined where the path is not Herald's. */
export function ownerEpoch(asn: Asn, largeCommunities: readonly LargeCommunity[]): number | undefined {
  return epochAfter(`${asn}:${markFunction.owned}:`, largeCommunities)
}

/** The epoch in the mark of a steering route, or undefined where the path is none. */
export function steeredEpoch(asn: Asn, largeCommunities: readonly LargeCommunity[]): number | undefined {
  return epochAfter(`${asn}:${markFunction.steered}:`, largeCommunities)
}

/** The epoch in whichever mark of Herald's a path carries; undefined: another program announces it. */
export function heraldEpoch(asn: Asn, largeCommunities: readonly LargeCommunity[]): number | undefined {
  return ownerEpoch(asn, largeCommunities) ?? steeredEpoch(asn, largeCommunities)
}

function epochAfter(start: string, largeCommunities: readonly LargeCommunity[]): number | undefined {
  const found = largeCommunities.find((community) => community.startsWith(start))
  return found === undefined ? undefined : Number(found.slice(start.length))
}

/**
 * 32-bit FNV-1a of a text: the number that stands for a neighbor or a treatment in a mark. Stable across edits and
 * processes; two neighbors of one speaker that collide are refused when they are written (intent/check).
 */
export function markNumber(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}

/**
 * The number that stands for a neighbor in a mark. The address is part of it: where a document's address is corrected,
 * the paths change too, and the daemon sends the right thing to the right neighbor.
 */
export function neighborNumber({ id, address }: { readonly id: string; readonly address: string }): number {
  return markNumber(`${id} ${address}`)
}
