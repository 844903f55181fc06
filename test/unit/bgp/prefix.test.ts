import { describe, expect, test } from 'vitest'
import { type Address, parseAddress } from '../../../src/bgp/address.ts'
import { must } from '../../../src/bgp/parsed.ts'
import {
  type Prefix,
  contains,
  mostSpecific,
  overlaps,
  parsePrefix,
  prefixFamily,
  prefixLength,
  truncate,
} from '../../../src/bgp/prefix.ts'

const prefix = (text: string) => must(parsePrefix(text))

describe('a canonical prefix is taken as it is', () => {
  test.each([
    '0.0.0.0/0',
    '10.0.0.0/8',
    '203.0.113.0/24',
    '203.0.113.255/32',
    '255.255.255.255/32',
    '128.0.0.0/1',
    '::/0',
    '2001:db8::/32',
    '2001:db8:0:1::/64',
    '::1/128',
    'fe80::/10',
  ])('%s', (text) => expect(parsePrefix(text)).toEqual({ ok: true, value: text }))
})

describe('a prefix that is not canonical is refused, and the sentence has the right spelling', () => {
  test.each([
    ['203.0.113.1/24', '"203.0.113.1/24" has host bits set; the prefix is "203.0.113.0/24"'],
    ['10.0.0.1/31', '"10.0.0.1/31" has host bits set; the prefix is "10.0.0.0/31"'],
    ['128.0.0.0/0', '"128.0.0.0/0" has host bits set; the prefix is "0.0.0.0/0"'],
    ['2001:db8::1/64', '"2001:db8::1/64" has host bits set; the prefix is "2001:db8::/64"'],
    ['2001:DB8::/32', '"2001:DB8::/32" is not in canonical form; write "2001:db8::/32"'],
    ['2001:db8:0:0::/64', '"2001:db8:0:0::/64" is not in canonical form; write "2001:db8::/64"'],
    ['10.0.0.0/08', '"10.0.0.0/08" is not in canonical form; write "10.0.0.0/8"'],
    ['::ffff:192.0.2.0/120', '"::ffff:192.0.2.0/120" is not in canonical form; write "::ffff:c000:200/120"'],
  ])('%s', (text, problem) => expect(parsePrefix(text)).toEqual({ ok: false, problem }))
})

describe('what is no prefix at all is refused', () => {
  test.each([
    '',
    '/',
    '203.0.113.0',
    '203.0.113.0/',
    '203.0.113.0/33',
    '203.0.113.0/-1',
    '203.0.113.0/ 24',
    '203.0.113.0/24 ',
    ' 203.0.113.0/24',
    '203.0.113/24',
    '203.0.113.0.0/24',
    '203.0..0/24',
    '203.0.113.256/24',
    '0203.0.113.0/24',
    '203.0.113.0/1e1',
    '203.0.113.0/24/24',
    '2001:db8::/129',
    '2001:db8:::/48',
    '2001::db8::/48',
    '1:2:3:4:5:6:7/48',
    '1:2:3:4:5:6:7:8:9/48',
    '1:2:3:4:5:6:7::8:9/48',
    '2001:db8:/48',
    ':2001:db8::/48',
    '2001:db8::12345/128',
    '2001:db8::g/128',
    'fe80::1%eth0/128',
    'all',
  ])('%j', (text) => {
    const outcome = parsePrefix(text)
    expect(outcome.ok).toBe(false)
    expect(outcome).toHaveProperty('problem', expect.stringContaining(text))
  })
})

describe('an address', () => {
  test.each(['192.0.2.1', '0.0.0.0', '::', '::1', '2001:db8::1', '1:2:3:4:5:6:7:8', '1:0:0:2::3', '1::2:0:0:3:4'])(
    '%s is canonical',
    (text) => expect(parseAddress(text)).toEqual({ ok: true, value: text }),
  )
  test.each([
    ['2001:0db8::1', '2001:db8::1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
    ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'], // RFC 5952, 4.2.3: the first of the longest runs
    ['1::2:3:4:5:6:7', '1:0:2:3:4:5:6:7'], // RFC 5952, 4.2.2: one group is not shortened
    ['::192.0.2.1', '::c000:201'],
  ])('%s is refused with %s named', (text, canonical) =>
    expect(parseAddress(text)).toEqual({
      ok: false,
      problem: `"${text}" is not in canonical form; write "${canonical}"`,
    }),
  )
  test.each([
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.4::',
    '::1.2.3',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1:2:3:4:5:6:7:8',
    ':',
    ':::',
  ])('%s is refused', (text) =>
    expect(parseAddress(text)).toEqual({ ok: false, problem: `"${text}" is not an IP address` }),
  )
})

test('a prefix contains itself and its more-specifics, and nothing of the other family', () => {
  expect(contains(prefix('10.0.0.0/8'), prefix('10.0.0.0/8'))).toBe(true)
  expect(contains(prefix('10.0.0.0/8'), prefix('10.255.0.0/16'))).toBe(true)
  expect(contains(prefix('10.0.0.0/8'), prefix('11.0.0.0/16'))).toBe(false)
  expect(contains(prefix('10.1.0.0/16'), prefix('10.0.0.0/8'))).toBe(false)
  expect(contains(prefix('::/0'), prefix('10.0.0.0/8'))).toBe(false)
  expect(contains(prefix('2001:db8::/33'), prefix('2001:db8:8000::/33'))).toBe(false)
  expect(overlaps(prefix('10.1.0.0/16'), prefix('10.0.0.0/8'))).toBe(true)
})

test('a prefix knows its family, its length and what contains it', () => {
  expect(prefixFamily(prefix('2001:db8::/32'))).toBe('ipv6')
  expect(prefixLength(prefix('2001:db8::/32'))).toBe(32)
  expect(truncate(prefix('203.0.113.128/25'), 20)).toBe('203.0.112.0/20')
  expect(truncate(prefix('2001:db8:ffff::/48'), 33)).toBe('2001:db8:8000::/33')
  expect(truncate(prefix('10.0.0.0/8'), 0)).toBe('0.0.0.0/0')
})

test('an address belongs to the most specific prefix that contains it', () => {
  const prefixes = new Set(['203.0.112.0/23', '203.0.113.0/24', '2001:db8::/32'] as Prefix[])
  const of = (address: string) => mostSpecific(address as Address, (prefix) => prefixes.has(prefix))
  expect(of('203.0.113.9')).toBe('203.0.113.0/24')
  expect(of('203.0.112.9')).toBe('203.0.112.0/23')
  expect(of('2001:db8:1::1')).toBe('2001:db8::/32')
  expect(of('192.0.2.1')).toBeUndefined()
})
