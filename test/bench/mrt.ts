/**
 * A table dump in MRT format (RFC 6396, TABLE_DUMP_V2) with one peer, so that `gobgp mrt inject` can be given exactly
 * the paths that Herald is given.
 */
import { attributesOf, type Path } from '../../src/bgp/path.ts'
import { prefixLength, prefixWords } from '../../src/bgp/prefix.ts'
import { readAddress } from '../../src/bgp/address.ts'

const tableDumpV2 = 13
const peerIndexTable = 1
const ribIpv4Unicast = 2

/** IPv4 paths only; ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF and large communities are written. */
export function mrtTable(paths: readonly Path[]): Buffer {
  const records = [record(peerIndexTable, peerIndex())]
  for (const [sequence, path] of paths.entries()) records.push(record(ribIpv4Unicast, rib(sequence, path)))
  return Buffer.concat(records)
}

function record(subtype: number, body: Buffer): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt32BE(1_700_000_000, 0)
  header.writeUInt16BE(tableDumpV2, 4)
  header.writeUInt16BE(subtype, 6)
  header.writeUInt32BE(body.length, 8)
  return Buffer.concat([header, body])
}

/** One IPv4 peer with a 4-octet AS number: 10.0.0.1, AS 64500. */
function peerIndex(): Buffer {
  const body = Buffer.alloc(6 + 2 + 1 + 4 + 4 + 4)
  body.writeUInt32BE(0x0a000001, 0) // collector
  body.writeUInt16BE(0, 4) // no view name
  body.writeUInt16BE(1, 6) // one peer
  body.writeUInt8(2, 8) // IPv4, 32-bit AS
  body.writeUInt32BE(0x0a000001, 9) // its BGP id
  body.writeUInt32BE(0x0a000001, 13)
  body.writeUInt32BE(64500, 17)
  return body
}

function rib(sequence: number, { prefix, attributes }: Path): Buffer {
  const length = prefixLength(prefix)
  const attribute = pathAttributes(attributesOf(attributes))
  const octets = ipv4Octets(prefixWords(prefix)).subarray(0, Math.ceil(length / 8))
  const head = Buffer.alloc(5)
  head.writeUInt32BE(sequence, 0)
  head.writeUInt8(length, 4)
  const entry = Buffer.alloc(10)
  entry.writeUInt16BE(1, 0) // entry count
  entry.writeUInt16BE(0, 2) // peer index
  entry.writeUInt32BE(1_700_000_000, 4)
  entry.writeUInt16BE(attribute.length, 8)
  return Buffer.concat([head, octets, entry, attribute])
}

function pathAttributes(attributes: ReturnType<typeof attributesOf>): Buffer {
  const nextHop = readAddress(attributes.nextHop) ?? Uint16Array.of(0, 0)
  const parts = [attribute(0x40, 1, Buffer.of(0)), attribute(0x40, 2, Buffer.alloc(0))]
  parts.push(attribute(0x40, 3, ipv4Octets(nextHop)))
  if (attributes.med !== undefined) parts.push(attribute(0x80, 4, uint32(attributes.med)))
  if (attributes.localPref !== undefined) parts.push(attribute(0x40, 5, uint32(attributes.localPref)))
  if (attributes.largeCommunities.length > 0) {
    const words = attributes.largeCommunities.flatMap((community) => community.split(':').map(Number))
    parts.push(attribute(0xc0, 32, Buffer.concat(words.map(uint32))))
  }
  return Buffer.concat(parts)
}

function attribute(flags: number, type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(flags, type, value.length), value])
}

function ipv4Octets(words: Uint16Array): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt16BE(words[0] ?? 0, 0)
  octets.writeUInt16BE(words[1] ?? 0, 2)
  return octets
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
