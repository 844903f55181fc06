/** Prefixes against an oracle: cidr-tools reads, normalises and compares the same texts. */
import { containsCidr, normalizeCidr, overlapCidr, parseCidr } from 'cidr-tools'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAddress } from '../../../src/bgp/address.ts'
import { parseAsn } from '../../../src/bgp/asn.ts'
import { parseCommunity, parseLargeCommunity } from '../../../src/bgp/community.ts'
import { must } from '../../../src/bgp/parsed.ts'
import { Space } from '../../../src/bgp/space.ts'
import { type Prefix, contains, overlaps, parsePrefix, prefixLength, truncate } from '../../../src/bgp/prefix.ts'

const ipv4Text = fc.ipV4().chain((address) => fc.integer({ min: 0, max: 32 }).map((length) => `${address}/${length}`))
const zeroRich = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((group) => group.toString(16)).join(':'))
const ipv6Text = fc
  .oneof(fc.ipV6(), zeroRich)
  .chain((address) => fc.integer({ min: 0, max: 128 }).map((length) => `${address}/${length}`))
const cidrText = fc.oneof(ipv4Text, ipv6Text)

/** The canonical prefix that the oracle makes of a text with host bits. */
function canonical(text: string): Prefix {
  const { cidr, start, prefix } = parseCidr(text)
  const network = normalizeCidr(`${cidr.slice(0, cidr.indexOf('/'))}/${prefix}`)
  expect(parseCidr(network).start).toBe(start)
  return must(parsePrefix(network))
}

test('every prefix in canonical form is taken, and the canonical form is the one the oracle names', () => {
  fc.assert(
    fc.property(cidrText, (text) => {
      const { start } = parseCidr(text)
      const read = parsePrefix(text)
      const network = read.ok ? read.value : (/"([^"]*)"$/.exec(read.problem)?.[1] ?? '')
      expect(parsePrefix(network)).toEqual({ ok: true, value: network })
      expect(parseCidr(network).start).toBe(start)
      expect(parseCidr(network).prefix).toBe(parseCidr(text).prefix)
      expect(normalizeCidr(network)).toBe(network)
    }),
    { numRuns: 2000 },
  )
})

test('containment and overlap agree with the oracle', () => {
  const near = cidrText.chain((text) => {
    const max = text.includes(':') ? 128 : 32
    return fc.tuple(fc.constant(text), fc.integer({ min: 0, max }))
  })
  fc.assert(
    fc.property(near, cidrText, ([text, length], other) => {
      const inner = canonical(text)
      for (const outer of [truncate(inner, Math.min(length, prefixLength(inner))), canonical(other)]) {
        expect(contains(outer, inner)).toBe(containsCidr(outer, inner))
        expect(contains(inner, outer)).toBe(containsCidr(inner, outer))
        expect(overlaps(outer, inner)).toBe(overlapCidr(outer, inner))
        expect(new Space([outer]).contains(inner)).toBe(containsCidr(outer, inner))
      }
    }),
    { numRuns: 2000 },
  )
})

test('no text makes a parser throw, and what is read is what was written', () => {
  const nearly = fc.oneof(
    fc.string({ maxLength: 60, unit: 'binary' }),
    fc.string({ maxLength: 50, unit: fc.constantFrom(...'0123456789abcdefABCDEF:./ -'.split('')) }),
    cidrText.chain((text) => fc.nat(text.length).map((at) => text.slice(0, at) + text.slice(at + 1))),
  )
  fc.assert(
    fc.property(nearly, (text) => {
      for (const parse of [parsePrefix, parseAddress, parseCommunity, parseLargeCommunity, parseAsn]) {
        const outcome = parse(text)
        if (!outcome.ok) expect(outcome.problem.length).toBeGreaterThan(0)
        else if (parse === parsePrefix || parse === parseAddress) expect(outcome.value).toBe(text)
      }
    }),
    { numRuns: 10_000 },
  )
})
