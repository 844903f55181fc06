/**
 * Path attributes as BGP itself encodes them (RFC 4271 4.3, AS numbers of 4 octets as RFC 6793 has them): the form
 * GoBGP takes and gives in `pattrs_binary`, the same in every version of its API and the cheapest to read.
 * Attributes that Herald has no word for are left out when read.
 */
import { type Address, formatAddress, readAddress } from '../../bgp/address.ts'
import type { Asn } from '../../bgp/asn.ts'
import type { Community, LargeCommunity } from '../../bgp/community.ts'
import {
  type AttributesKey,
  type Origin,
  type PathAttributes,
  attributesKey,
  attributesOf,
  sorted,
} from '../../bgp/path.ts'

/** Path attribute type codes of the IANA registry. */
const attributeType = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  med: 4,
  localPref: 5,
  communities: 8,
  mpReach: 14,
  largeCommunities: 32,
} as const

const flag = { optional: 0x80, transitive: 0x40, extendedLength: 0x10 } as const
const asSequence = 2
const origins = ['igp', 'egp', 'incomplete'] as const satisfies readonly Origin[]

/** One buffer per attribute. The next hop of either family goes as NEXT_HOP; GoBGP makes MP_REACH_NLRI of it. */
export function encodeAttributes(key: AttributesKey): readonly Buffer[] {
  const attributes = attributesOf(key)
  const { optional, transitive } = flag
  const encoded = [attribute(transitive, attributeType.origin, Buffer.of(origins.indexOf(attributes.origin)))]
  if (attributes.asPath.length > 0)
    encoded.push(attribute(transitive, attributeType.asPath, asPathSegments(attributes.asPath)))
  encoded.push(attribute(transitive, attributeType.nextHop, addressOctets(attributes.nextHop)))
  if (attributes.med !== undefined) encoded.push(attribute(optional, attributeType.med, uint32s([attributes.med])))
  if (attributes.localPref !== undefined)
    encoded.push(attribute(transitive, attributeType.localPref, uint32s([attributes.localPref])))
  if (attributes.communities.length > 0)
    encoded.push(attribute(optional | transitive, attributeType.communities, communityOctets(attributes.communities)))
  if (attributes.largeCommunities.length > 0) {
    const numbers = attributes.largeCommunities.flatMap((community) => community.split(':').map(Number))
    encoded.push(attribute(optional | transitive, attributeType.largeCommunities, uint32s(numbers)))
  }
  return encoded
}

/** Where the value of an encoded attribute starts, counted from its first octet. */
export function valueOffset(flags: number): number {
  return (flags & flag.extendedLength) === 0 ? 3 : 4
}

/** True for the attribute that holds the prefix itself beside the next hop (RFC 4760): it differs path by path. */
export function isMpReach(type: number): boolean {
  return type === attributeType.mpReach
}

/** The attributes of one path. Throws RangeError where an attribute is cut short. */
export function decodeAttributes(encoded: readonly Buffer[]): AttributesKey {
  const read: { -readonly [K in keyof PathAttributes]: PathAttributes[K] } = {
    origin: 'incomplete',
    asPath: [],
    nextHop: '' as Address,
    communities: [],
    largeCommunities: [],
  }
  for (const bytes of encoded) {
    const value = bytes.subarray(valueOffset(bytes.readUInt8(0)))
    switch (bytes.readUInt8(1)) {
      case attributeType.origin:
        read.origin = origins[value.readUInt8(0)] ?? 'incomplete'
        break
      case attributeType.asPath:
        read.asPath = asNumbers(value)
        break
      case attributeType.nextHop:
        read.nextHop = octetsAddress(value)
        break
      case attributeType.med:
        read.med = value.readUInt32BE(0)
        break
      case attributeType.localPref:
        read.localPref = value.readUInt32BE(0)
        break
      case attributeType.communities:
        read.communities = communities(value)
        break
      case attributeType.mpReach:
        read.nextHop = mpReachNextHop(value)
        break
      case attributeType.largeCommunities:
        read.largeCommunities = largeCommunities(value)
        break
      default:
    }
  }
  return attributesKey(read)
}

function attribute(flags: number, type: number, value: Buffer): Buffer {
  const header =
    value.length < 256
      ? Buffer.of(flags, type, value.length)
      : Buffer.of(flags | flag.extendedLength, type, value.length >> 8, value.length & 255)
  return Buffer.concat([header, value])
}

/** A segment counts its AS numbers in one octet. */
function asPathSegments(asPath: readonly Asn[]): Buffer {
  const segments: Buffer[] = []
  for (let from = 0; from < asPath.length; from += 255) {
    const part = asPath.slice(from, from + 255)
    segments.push(Buffer.of(asSequence, part.length), uint32s(part))
  }
  return Buffer.concat(segments)
}

function asNumbers(value: Buffer): readonly Asn[] {
  const numbers: Asn[] = []
  let at = 0
  while (at < value.length) {
    const count = value.readUInt8(at + 1)
    at += 2
    for (let i = 0; i < count; i++, at += 4) numbers.push(value.readUInt32BE(at) as Asn)
  }
  return numbers
}

function communityOctets(list: readonly Community[]): Buffer {
  return uint32s(
    list.map((community) => {
      const [high = 0, low = 0] = community.split(':').map(Number)
      return high * 65536 + low
    }),
  )
}

function communities(value: Buffer): readonly Community[] {
  const list: Community[] = []
  for (let at = 0; at < value.length; at += 4)
    list.push(`${value.readUInt16BE(at)}:${value.readUInt16BE(at + 2)}` as Community)
  return sorted(list)
}

function largeCommunities(value: Buffer): readonly LargeCommunity[] {
  const list: LargeCommunity[] = []
  for (let at = 0; at < value.length; at += 12) {
    const numbers = [value.readUInt32BE(at), value.readUInt32BE(at + 4), value.readUInt32BE(at + 8)]
    list.push(numbers.join(':') as LargeCommunity)
  }
  return sorted(list)
}

/** AFI (2), SAFI (1), length of the next hop (1), next hop; a link-local next hop after the global one is left out. */
function mpReachNextHop(value: Buffer): Address {
  const length = Math.min(value.readUInt8(3), 16)
  return octetsAddress(value.subarray(4, 4 + length))
}

/** Octets of an address in network order; throws where the text is not an address (a branded one always is). */
export function addressOctets(address: string): Buffer {
  const words = readAddress(address)
  if (words === undefined) throw new Error(`assertion: "${address}" was branded without parseAddress`)
  const octets = Buffer.alloc(words.length * 2)
  for (const [i, word] of words.entries()) octets.writeUInt16BE(word, i * 2)
  return octets
}

function octetsAddress(octets: Buffer): Address {
  return formatAddress(Uint16Array.from({ length: octets.length / 2 }, (_, i) => octets.readUInt16BE(i * 2)))
}

function uint32s(values: readonly number[]): Buffer {
  const octets = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) octets.writeUInt32BE(value, i * 4)
  return octets
}
