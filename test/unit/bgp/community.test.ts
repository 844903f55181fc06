import { describe, expect, test } from 'vitest'
import { isPrivateAsn, parseAsn } from '../../../src/bgp/asn.ts'
import { parseCommunity, parseLargeCommunity } from '../../../src/bgp/community.ts'
import { mark, markNumber, ownerEpoch } from '../../../src/bgp/mark.ts'
import { inBand, localPrefBands, serviceBand, serviceLocalPref } from '../../../src/bgp/neighbor.ts'
import { must } from '../../../src/bgp/parsed.ts'
import { attributesKey, attributesOf, sorted } from '../../../src/bgp/path.ts'
import { parseAddress } from '../../../src/bgp/address.ts'

const asn = must(parseAsn(65001))

describe('a community', () => {
  test.each([
    ['65001:100', '65001:100'],
    ['0:0', '0:0'],
    ['065001:0100', '65001:100'],
    ['no-export', '65535:65281'],
    ['graceful-shutdown', '65535:0'],
    ['blackhole', '65535:666'],
  ])('%s is %s', (text, value) => expect(parseCommunity(text)).toEqual({ ok: true, value }))
  test.each(['65536:1', '1', '1:2:3', ':', '1:', 'a:b', '-1:1', '1:1 ', 'toString', '__proto__', '1e3:1'])(
    '%s is refused',
    (text) => expect(parseCommunity(text).ok).toBe(false),
  )
})

describe('a large community', () => {
  test.each([
    ['65001:1:2', '65001:1:2'],
    ['4294967295:0:4294967295', '4294967295:0:4294967295'],
    ['01:02:03', '1:2:3'],
  ])('%s is %s', (text, value) => expect(parseLargeCommunity(text)).toEqual({ ok: true, value }))
  test.each(['4294967296:0:0', '1:2', '1:2:3:4', '1::2', 'no-export'])('%s is refused', (text) =>
    expect(parseLargeCommunity(text).ok).toBe(false),
  )
})

describe('an AS number', () => {
  test.each([
    [65001, 65001],
    ['65001', 65001],
    ['AS65001', 65001],
    ['as4294967295', 4294967295],
  ])('%s is %s', (text, value) => expect(parseAsn(text)).toEqual({ ok: true, value }))
  test.each([0, -1, 1.5, NaN, Infinity, 4294967296, '', 'AS', '1.10', '0x10', 23456, ' 1'])('%s is refused', (text) =>
    expect(parseAsn(text).ok).toBe(false),
  )
  test.each([
    [64511, false],
    [64512, true],
    [65535, true],
    [65536, false],
    [4199999999, false],
    [4200000000, true],
  ])('AS %i is for private use: %s', (number, isPrivate) =>
    expect(isPrivateAsn(must(parseAsn(number)))).toBe(isPrivate),
  )
})

test('the ownership mark tells the epoch, and only with our AS number in front', () => {
  expect(mark(asn, 'owned', 7)).toBe('65001:0:7')
  expect(ownerEpoch(asn, [mark(asn, 'withhold', 3), mark(asn, 'owned', 7)])).toBe(7)
  expect(ownerEpoch(asn, [mark(must(parseAsn(65002)), 'owned', 7)])).toBeUndefined()
  expect(ownerEpoch(must(parseAsn(5001)), [mark(asn, 'owned', 7)])).toBeUndefined()
})

test('the number of a neighbor in marks is FNV-1a, the same on every machine', () => {
  expect(markNumber('')).toBe(0x811c9dc5)
  expect(markNumber('a')).toBe(0xe40c292c)
  expect(markNumber('foobar')).toBe(0xbf9cf968)
})

test('LOCAL_PREF bands never overlap, and service routes stand above them all', () => {
  const bands = [...Object.values(localPrefBands), serviceBand].toSorted((a, b) => a.min - b.min)
  for (const [i, band] of bands.entries()) if (i > 0) expect(band.min).toBeGreaterThan(bands[i - 1]?.max ?? 0)
  expect(bands.at(-1)).toBe(serviceBand)
  expect(inBand(serviceBand, serviceLocalPref)).toBe(true)
  expect(inBand(serviceBand, 999)).toBe(false)
  expect(inBand(serviceBand, 2000)).toBe(false)
})

test('attributes come back from their key, and a key with MED 0 is not one without', () => {
  const attributes = {
    origin: 'igp',
    asPath: [],
    nextHop: must(parseAddress('192.0.2.1')),
    communities: sorted(['65001:20', '65001:3', '65001:20'].map((text) => must(parseCommunity(text)))),
    largeCommunities: [mark(asn, 'owned', 7)],
  } as const
  expect(attributes.communities).toEqual(['65001:3', '65001:20'])
  expect(attributesOf(attributesKey(attributes))).toEqual(attributes)
  expect(attributesKey({ ...attributes, med: 0 })).not.toBe(attributesKey(attributes))
})
