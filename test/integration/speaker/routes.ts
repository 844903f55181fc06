/** Builders for paths; a test names only what it is about. */
import { type Address, parseAddress } from '../../../src/bgp/address.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import { parseCommunity, parseLargeCommunity } from '../../../src/bgp/community.ts'
import { type MarkFunction, mark } from '../../../src/bgp/mark.ts'
import { must } from '../../../src/bgp/parsed.ts'
import { type Path, type PathAttributes, attributesKey, sorted } from '../../../src/bgp/path.ts'
import { type Prefix, parsePrefix } from '../../../src/bgp/prefix.ts'
import { asn } from './backend.ts'

export const epoch = 7

export function prefix(text: string): Prefix {
  return must(parsePrefix(text))
}

interface Wanted {
  readonly asPath?: readonly number[]
  readonly nextHop?: string
  readonly med?: number
  readonly localPref?: number
  readonly origin?: PathAttributes['origin']
  readonly communities?: readonly string[]
  /** Beside the ownership mark. */
  readonly largeCommunities?: readonly string[]
  /** False: a path without our ownership mark. */
  readonly owned?: boolean
}

/** Attributes with our ownership mark. */
export function attributes(of: Wanted = {}): PathAttributes {
  const owned = of.owned === false ? [] : [mark(asn, 'owned', epoch)]
  const largeCommunities = (of.largeCommunities ?? []).map((text) => must(parseLargeCommunity(text)))
  return {
    origin: of.origin ?? 'igp',
    asPath: (of.asPath ?? []) as readonly Asn[],
    nextHop: must(parseAddress(of.nextHop ?? '0.0.0.0')),
    ...(of.med !== undefined && { med: of.med }),
    ...(of.localPref !== undefined && { localPref: of.localPref }),
    communities: sorted((of.communities ?? []).map((text) => must(parseCommunity(text)))),
    largeCommunities: sorted([...owned, ...largeCommunities]),
  }
}

export function path(text: string, of: Wanted = {}, identifier = 0): Path {
  return { prefix: prefix(text), identifier, attributes: attributesKey(attributes(of)) }
}

export function marked(effect: MarkFunction, number: number): { readonly largeCommunities: readonly string[] } {
  return { largeCommunities: [mark(asn, effect, number)] }
}

export function address(text: string): Address {
  return must(parseAddress(text))
}
