/**
 * What one path carries. Attributes are interned as a canonical text, the attributes key: equal attributes have equal
 * keys, so that comparing a table of 100,000 paths compares strings, and equal paths share one object (and, on GoBGP 4,
 * one UPDATE).
 */
import type { Address } from './address.ts'
import type { Asn } from './asn.ts'
import type { Community, LargeCommunity } from './community.ts'
import type { Prefix } from './prefix.ts'

export type Origin = 'igp' | 'egp' | 'incomplete'

export interface PathAttributes {
  readonly origin: Origin
  /** AS_PATH as injected, without the speaker's own AS; a flat AS_SEQUENCE. */
  readonly asPath: readonly Asn[]
  /** `0.0.0.0` or `::` stands for the address of the session it is announced over. */
  readonly nextHop: Address
  /** MULTI_EXIT_DISC, 0 to 2^32-1. Absent is 0 to most neighbors. */
  readonly med?: number
  /** LOCAL_PREF, 0 to 2^32-1; never crosses eBGP. */
  readonly localPref?: number
  /** Sorted, no doubles. */
  readonly communities: readonly Community[]
  /** Sorted, no doubles. */
  readonly largeCommunities: readonly LargeCommunity[]
}

export interface Path {
  readonly prefix: Prefix
  /** Path identifier (RFC 7911) within the speaker, 0 to 2^32-1. */
  readonly identifier: number
  readonly attributes: AttributesKey
}

/** Canonical text of path attributes: equal attributes, equal key. */
export type AttributesKey = string & { readonly __brand: 'AttributesKey' }

export function attributesKey(attributes: PathAttributes): AttributesKey {
  return JSON.stringify([
    attributes.origin,
    attributes.asPath,
    attributes.nextHop,
    attributes.med ?? null,
    attributes.localPref ?? null,
    attributes.communities,
    attributes.largeCommunities,
  ]) as AttributesKey
}

/** The attributes a key stands for. Throws where the text was not made by {@link attributesKey}. */
export function attributesOf(key: AttributesKey): PathAttributes {
  const [origin, asPath, nextHop, med, localPref, communities, largeCommunities] = JSON.parse(key) as [
    Origin,
    Asn[],
    Address,
    number | null,
    number | null,
    Community[],
    LargeCommunity[],
  ]
  return {
    origin,
    asPath,
    nextHop,
    ...(med !== null && { med }),
    ...(localPref !== null && { localPref }),
    communities,
    largeCommunities,
  }
}

/** Communities in the one order that attributes keys use: by their numbers, from left to right. */
export function sorted<T extends string>(communities: Iterable<T>): readonly T[] {
  return [...new Set(communities)].sort(byNumbers)
}

/** Of two numbers without leading zeros the longer is the greater. By hand: a locale's collation took most of a plan. */
function byNumbers(a: string, b: string): number {
  let start = 0
  for (let i = 0; ; i++) {
    const inA = i < a.length && a.charCodeAt(i) !== colon
    const inB = i < b.length && b.charCodeAt(i) !== colon
    if (inA && inB) continue
    if (inA !== inB) return inA ? 1 : -1
    for (let at = start; at < i; at++)
      if (a.charCodeAt(at) !== b.charCodeAt(at)) return a.charCodeAt(at) - b.charCodeAt(at)
    if (i >= a.length || i >= b.length) return a.length - b.length
    start = i + 1
  }
}

const colon = 58
