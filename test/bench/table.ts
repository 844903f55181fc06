/** 100,000 IPv4 host routes as Herald announces them: one set of attributes, marked as ours. */
import type { Address } from '../../src/bgp/address.ts'
import type { Asn } from '../../src/bgp/asn.ts'
import { mark } from '../../src/bgp/mark.ts'
import { type Path, attributesKey } from '../../src/bgp/path.ts'
import type { Prefix } from '../../src/bgp/prefix.ts'

export const tableSize = 100_000
export const asn = 64500 as Asn
export const epoch = 1

export function table(size = tableSize): readonly Path[] {
  const attributes = attributesKey({
    origin: 'igp',
    asPath: [],
    nextHop: '192.0.2.1' as Address,
    med: 10,
    localPref: 1000,
    communities: [],
    largeCommunities: [mark(asn, 'owned', epoch)],
  })
  return Array.from({ length: size }, (_, i) => ({
    prefix: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}/32` as Prefix,
    identifier: 0,
    attributes,
  }))
}
