/** What is written and read by hand, held against the definitions in proto/gobgp as proto-loader reads them. */
import { fileURLToPath } from 'node:url'
import { loadSync } from '@grpc/proto-loader'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import { formatAddress } from '../../../src/bgp/address.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { Community, LargeCommunity } from '../../../src/bgp/community.ts'
import { type PathAttributes, attributesKey, sorted } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { codecV3 } from '../../../src/speaker/gobgp/codec-v3.ts'
import { codecV4 } from '../../../src/speaker/gobgp/codec-v4.ts'
import type { Codec } from '../../../src/speaker/gobgp/codec.ts'
import { decodeAttributes, encodeAttributes } from '../../../src/speaker/gobgp/path-attributes.ts'
import { PathDecoder, PathEncoder } from '../../../src/speaker/gobgp/path-message.ts'
import { addPathRequest, addPathStreamRequest, deletePathRequest } from '../../../src/speaker/gobgp/path-requests.ts'
import type { RibPath } from '../../../src/speaker/speaker.ts'

interface Definition {
  requestDeserialize(bytes: Buffer): object
  responseSerialize(message: object): Buffer
}

function definitions({ proto, service }: Codec): Readonly<Record<string, Definition>> {
  const file = fileURLToPath(new URL(`../../../proto/gobgp/${proto}`, import.meta.url))
  return loadSync(file, { keepCase: true, longs: Number, enums: String })[service] as never
}

const attributes: PathAttributes = {
  origin: 'igp',
  asPath: [65001 as Asn],
  nextHop: '192.0.2.1' as Address,
  med: 5,
  communities: ['65535:0' as Community],
  largeCommunities: ['65001:0:7' as LargeCommunity],
}
const key = attributesKey(attributes)
const nowMs = 1_700_000_000_999

describe.each([codecV3, codecV4])('$api', (codec) => {
  const methods = definitions(codec)
  const encoder = new PathEncoder(nowMs)
  const announced = encoder.announce({ prefix: '203.0.113.0/24' as Prefix, identifier: 300, attributes: key })
  const path = {
    family: { afi: 'AFI_IP', safi: 'SAFI_UNICAST' },
    identifier: 300,
    nlri_binary: Buffer.of(24, 203, 0, 113),
    pattrs_binary: encodeAttributes(key),
    age: { seconds: 1_700_000_000 },
  }
  const table_type = codec === codecV3 ? {} : { table_type: 'TABLE_TYPE_GLOBAL' }

  test('an announcement is the AddPath the definition has', () => {
    expect(methods['AddPath']?.requestDeserialize(addPathRequest(codec, announced))).toEqual({ ...table_type, path })
  })

  test('a stream message holds its paths in order', () => {
    const prefix = '2001:db8::/33' as Prefix
    const second = encoder.withdraw({ prefix, identifier: 0 })
    expect(methods['AddPathStream']?.requestDeserialize(addPathStreamRequest(codec, [announced, second]))).toEqual({
      ...table_type,
      paths: [
        path,
        {
          family: { afi: 'AFI_IP6', safi: 'SAFI_UNICAST' },
          is_withdraw: true,
          nlri_binary: Buffer.of(33, 0x20, 1, 0x0d, 0xb8, 0),
        },
      ],
    })
  })

  test('a withdrawal is a DeletePath that names family and path', () => {
    const withdrawn = encoder.withdraw({ prefix: '0.0.0.0/0' as Prefix, identifier: 4294967295 })
    expect(methods['DeletePath']?.requestDeserialize(deletePathRequest(codec, 'ipv4', withdrawn))).toEqual({
      ...table_type,
      family: { afi: 'AFI_IP', safi: 'SAFI_UNICAST' },
      path: {
        family: { afi: 'AFI_IP', safi: 'SAFI_UNICAST' },
        identifier: 4294967295,
        is_withdraw: true,
        nlri_binary: Buffer.of(0),
      },
    })
  })

  test('a delete without a path, which would empty the daemon, cannot be made', () => {
    expect(() => deletePathRequest(codec, 'ipv4', Buffer.alloc(0))).toThrow('a delete must name its path')
  })

  test('a listed destination is read with all its paths, the learned one with its neighbor', () => {
    const local = { ...path, best: true, neighbor_ip: codec === codecV3 ? '<nil>' : '' }
    const learned = { ...path, identifier: 0, neighbor_ip: '192.0.2.9', filtered: true }
    const response = { destination: { prefix: '203.0.113.0/24', paths: [local, learned] } }
    const paths: RibPath[] = []
    new PathDecoder().ribPaths(methods['ListPath']?.responseSerialize(response) ?? Buffer.alloc(0), paths)
    const common = { prefix: '203.0.113.0/24', attributes: key, sinceSeconds: 1_700_000_000 }
    expect(paths).toEqual([
      { ...common, identifier: 300, best: true, learnedFrom: undefined },
      { ...common, identifier: 0, best: false, learnedFrom: '192.0.2.9' },
    ])
  })

  test('IPv6 paths whose MP_REACH_NLRI differs by prefix alone share their attributes', () => {
    const mpReach = (...prefix: readonly number[]) => {
      const nextHop = Buffer.from('20010db8000000000000000000000001fe800000000000000000000000000001', 'hex')
      const value = Buffer.concat([Buffer.of(0, 2, 1, 32), nextHop, Buffer.of(0, ...prefix)])
      return Buffer.concat([Buffer.of(0x90, 14, 0, value.length), value])
    }
    const response = (prefix: string, reach: Buffer) =>
      methods['ListPath']?.responseSerialize({
        destination: {
          prefix,
          paths: [{ pattrs_binary: [Buffer.of(0x40, 1, 1, 0), reach, Buffer.of(0x80, 4, 4, 0, 0, 0, 9)] }],
        },
      }) ?? Buffer.alloc(0)
    const paths: RibPath[] = []
    const decoder = new PathDecoder()
    decoder.ribPaths(response('2001:db8:1::/48', mpReach(48, 0x20, 1, 0x0d, 0xb8, 0, 1)), paths)
    decoder.ribPaths(response('2001:db8:2::/48', mpReach(48, 0x20, 1, 0x0d, 0xb8, 0, 2)), paths)
    const expected = attributesKey({
      origin: 'igp',
      asPath: [],
      nextHop: '2001:db8::1' as Address,
      med: 9,
      communities: [],
      largeCommunities: [],
    })
    expect(paths.map((one) => one.attributes)).toEqual([expected, expected])
  })

  test('an answer that is cut short is an error, not a path', () => {
    const whole = methods['ListPath']?.responseSerialize({ destination: { prefix: '203.0.113.0/24', paths: [path] } })
    const bytes = whole ?? Buffer.alloc(0)
    for (let length = 1; length < bytes.length; length += 7)
      expect(() => new PathDecoder().ribPaths(bytes.subarray(0, length), [])).toThrow(RangeError)
  })
})

const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const uint16 = fc.integer({ min: 0, max: 0xffff })
const words = (count: number) =>
  fc.array(uint16, { minLength: count, maxLength: count }).map((list) => formatAddress(Uint16Array.from(list)))
const anyAttributes: fc.Arbitrary<PathAttributes> = fc.record(
  {
    origin: fc.constantFrom('igp' as const, 'egp' as const, 'incomplete' as const),
    asPath: fc.array(
      uint32.map((n) => n as Asn),
      { maxLength: 600 },
    ),
    nextHop: fc.oneof(words(2), words(8)),
    med: uint32,
    localPref: uint32,
    communities: fc
      .array(
        fc.tuple(uint16, uint16).map((pair) => pair.join(':') as Community),
        { maxLength: 100 },
      )
      .map(sorted),
    largeCommunities: fc
      .array(
        fc.tuple(uint32, uint32, uint32).map((triple) => triple.join(':') as LargeCommunity),
        { maxLength: 50 },
      )
      .map(sorted),
  },
  { requiredKeys: ['origin', 'asPath', 'nextHop', 'communities', 'largeCommunities'] },
)

test('path attributes come back from their encoding as they went in', () => {
  fc.assert(
    fc.property(anyAttributes, (any) => {
      const one = attributesKey(any)
      expect(decodeAttributes(encodeAttributes(one))).toBe(one)
    }),
  )
})

test('an attribute that Herald has no word for is left out, an unknown ORIGIN is incomplete', () => {
  const unknown = [Buffer.of(0x40, 1, 1, 9), Buffer.of(0x40, 6, 0), Buffer.of(0xc0, 16, 8, 0, 2, 0, 1, 0, 0, 0, 1)]
  expect(decodeAttributes([...unknown, Buffer.of(0x40, 3, 4, 192, 0, 2, 1)])).toBe(
    attributesKey({
      origin: 'incomplete',
      asPath: [],
      nextHop: '192.0.2.1' as Address,
      communities: [],
      largeCommunities: [],
    }),
  )
})
