/**
 * Paths as GoBGP's messages have them: Path, Destination and the prefixes of a TableEvent. Both versions of the API
 * agree here as long as prefix and attributes travel in their binary form; what differs is in the codecs.
 *
 * Written for tables of 100,000 paths: equal attributes are encoded once and decoded once, recognised by their bytes.
 */
import type { Address } from '../../bgp/address.ts'
import type { AttributesKey, Path } from '../../bgp/path.ts'
import { type Prefix, prefixFamily } from '../../bgp/prefix.ts'
import type { AdjOutPath, PathKey, RibPath } from '../speaker.ts'
import { addressOctets, decodeAttributes, encodeAttributes, isMpReach, valueOffset } from './path-attributes.ts'
import { WireReader, lengthDelimited, varintField, writeVarint } from './wire.ts'

/** Field numbers of Path, the same in both versions. */
const pathField = {
  age: 3,
  best: 4,
  isWithdraw: 5,
  family: 9,
  stale: 13,
  neighborIp: 15,
  nexthopInvalid: 17,
  identifier: 18,
  nlriBinary: 20,
  pattrsBinary: 21,
} as const
const destinationField = { prefix: 1, paths: 2 } as const

/** AFI and SAFI unicast as a Family message (RFC 4760: IPv4 is 1, IPv6 is 2; unicast is 1). */
export const familyMessage = { ipv4: Buffer.of(8, 1, 16, 1), ipv6: Buffer.of(8, 2, 16, 1) } as const
const familyFields = {
  ipv4: lengthDelimited(pathField.family, familyMessage.ipv4),
  ipv6: lengthDelimited(pathField.family, familyMessage.ipv6),
} as const
const withdrawField = varintField(pathField.isWithdraw, 1)

/** More than this many different attributes at once: start the memory of them over. */
const internedUpTo = 50_000

/** Encodes paths; remembers attributes it encoded, so that equal ones cost a copy. One per call. */
export class PathEncoder {
  readonly #attributes = new Map<AttributesKey, Buffer>()
  readonly #age: Buffer

  /** @param nowMs becomes the age of the paths, ms since the epoch. GoBGP 4 takes it from the caller. */
  constructor(nowMs: number) {
    this.#age = lengthDelimited(pathField.age, varintField(1, Math.floor(nowMs / 1000)))
  }

  announce(path: Path): Buffer {
    let attributes = this.#attributes.get(path.attributes)
    if (attributes === undefined) {
      const fields = encodeAttributes(path.attributes).map((bytes) => lengthDelimited(pathField.pattrsBinary, bytes))
      attributes = Buffer.concat([this.#age, ...fields])
      this.#attributes.set(path.attributes, attributes)
    }
    return encodePath(path, attributes)
  }

  withdraw(path: PathKey): Buffer {
    return encodePath(path, withdrawField)
  }
}

/** Scratch space for the part of a path that is its own: family, identifier, prefix. */
const own = Buffer.alloc(64)

function encodePath({ prefix, identifier }: PathKey, rest: Buffer): Buffer {
  const family = familyFields[prefixFamily(prefix)]
  own.set(family, 0)
  let at = family.length
  if (identifier !== 0) at = writeVarint(own, writeVarint(own, at, pathField.identifier * 8), identifier)
  at = writeVarint(own, at, pathField.nlriBinary * 8 + 2)
  at = writePrefix(at, prefix)
  const bytes = Buffer.allocUnsafe(at + rest.length)
  bytes.set(own.subarray(0, at), 0)
  bytes.set(rest, at)
  return bytes
}

/** Length of the NLRI, then the NLRI: prefix length in bits and as many octets as it takes (RFC 4271 4.3). */
function writePrefix(at: number, prefix: Prefix): number {
  const slash = prefix.indexOf('/')
  const bits = Number(prefix.slice(slash + 1))
  const octets = prefix.includes(':') ? addressOctets(prefix.slice(0, slash)) : ipv4Octets(prefix, slash)
  const length = Math.ceil(bits / 8)
  own[at] = length + 1
  own[at + 1] = bits
  for (let i = 0; i < length; i++) own[at + 2 + i] = octets[i] ?? 0
  return at + 2 + length
}

const quad = new Uint8Array(4)

/** The address of a prefix, known to be canonical: no checks, no garbage. */
function ipv4Octets(prefix: string, slash: number): Uint8Array {
  let octet = 0
  let index = 0
  for (let i = 0; i < slash; i++) {
    const code = prefix.charCodeAt(i)
    if (code === 46) {
      quad[index++] = octet
      octet = 0
    } else octet = octet * 10 + code - 48
  }
  quad[index] = octet
  return quad
}

/** Reads listed paths; remembers attributes it decoded by their bytes. One per connection. */
export class PathDecoder {
  readonly #attributes = new Map<string, AttributesKey>()

  /** Appends the paths of one ListPathResponse. */
  ribPaths(response: Buffer, into: RibPath[]): void {
    eachPath(response, (prefix, path) => into.push(this.#ribPath(prefix, path)))
  }

  adjOutPaths(response: Buffer, into: AdjOutPath[]): void {
    eachPath(response, (prefix, path) => into.push({ prefix, attributes: this.#ribPath(prefix, path).attributes }))
  }

  #ribPath(prefix: Prefix, path: WireReader): RibPath {
    let best = false
    let unusable: true | undefined
    let identifier = 0
    let sinceSeconds = 0
    let learnedFrom: Address | undefined
    let bytes = ''
    let unread = -1
    let read = 0
    while (path.next())
      switch (path.field) {
        case pathField.age:
          sinceSeconds = timestampSeconds(path.message())
          break
        case pathField.best:
          best = path.varint() === 1
          break
        case pathField.stale:
        case pathField.nexthopInvalid:
          if (path.varint() === 1) unusable = true
          break
        case pathField.neighborIp:
          learnedFrom = neighborAddress(path.text())
          break
        case pathField.identifier:
          identifier = path.varint()
          break
        case pathField.pattrsBinary:
          path.range()
          if (unread < 0) unread = path.from
          read = path.to
          if (isMpReach(path.bytes[path.from + 1] ?? 0)) {
            bytes += path.bytes.toString('latin1', unread, path.from) + sharedByEqualPaths(path)
            unread = path.to
          }
          break
        default:
          path.skip()
      }
    bytes += path.bytes.toString('latin1', unread, read)
    const attributes = this.#intern(bytes, path)
    return {
      prefix,
      identifier,
      attributes,
      best,
      learnedFrom,
      sinceSeconds,
      ...(unusable !== undefined && { unusable }),
    }
  }

  #intern(bytes: string, path: WireReader): AttributesKey {
    let key = this.#attributes.get(bytes)
    if (key === undefined) {
      key = decodeAttributes(encodedAttributes(path))
      if (this.#attributes.size >= internedUpTo) this.#attributes.clear()
      this.#attributes.set(bytes, key)
    }
    return key
  }
}

function encodedAttributes({ bytes, start, end }: WireReader): readonly Buffer[] {
  const encoded: Buffer[] = []
  const path = new WireReader(bytes, start, end)
  while (path.next())
    if (path.field === pathField.pattrsBinary) {
      path.range()
      encoded.push(bytes.subarray(path.from, path.to))
    } else path.skip()
  return encoded
}

/** Prefix and paths of the Destination in a ListPathResponse. */
function eachPath(response: Buffer, take: (prefix: Prefix, path: WireReader) => void): void {
  const reader = new WireReader(response)
  while (reader.next()) {
    const destination = reader.message()
    let prefix = '' as Prefix
    while (destination.next())
      if (destination.field === destinationField.prefix) prefix = destination.text() as Prefix
      else if (destination.field === destinationField.paths) take(prefix, destination.message())
      else destination.skip()
  }
}

/** MP_REACH_NLRI without the prefix at its end (RFC 4760 3): AFI, SAFI, length of the next hop, next hop. */
function sharedByEqualPaths({ bytes, from }: WireReader): string {
  const value = from + valueOffset(bytes[from] ?? 0)
  return bytes.toString('latin1', value, value + 4 + (bytes[value + 3] ?? 0))
}

function timestampSeconds(timestamp: WireReader): number {
  let seconds = 0
  while (timestamp.next())
    if (timestamp.field === 1) seconds = timestamp.varint()
    else timestamp.skip()
  return seconds
}

/** Local paths have no neighbor address on GoBGP 4 and `<nil>` on 3. */
function neighborAddress(text: string): Address | undefined {
  return text === '' || text === '<nil>' || text === 'invalid IP' ? undefined : (text as Address)
}
