/** Whose a path is, and which of several the observed route is. */
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { LargeCommunity } from '../../../src/bgp/community.ts'
import { type AttributesKey, attributesKey } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { observe, toObserved } from '../../../src/speaker/ownership.ts'
import type { RibPath } from '../../../src/speaker/speaker.ts'

const asn = 65001 as Asn
const epoch = 7
const prefix = '203.0.113.0/24' as Prefix

function marked(...largeCommunities: readonly string[]): AttributesKey {
  return attributesKey({
    origin: 'igp',
    asPath: [],
    nextHop: '0.0.0.0' as Address,
    communities: [],
    largeCommunities: largeCommunities as readonly LargeCommunity[],
  })
}

function local(attributes: AttributesKey, identifier = 0): RibPath {
  return { prefix, identifier, attributes, best: false, learnedFrom: undefined, sinceSeconds: 0 }
}

const ours = marked('65001:0:7')
const otherEpoch = marked('65001:0:8')
const foreign = marked('65002:0:7')

test.each([
  { what: 'our mark with our epoch', attributes: ours, owner: 'ours' },
  { what: 'our mark among others', attributes: marked('65001:1:7', '65001:0:7'), owner: 'ours' },
  { what: 'our mark with another epoch', attributes: otherEpoch, owner: 'other-epoch' },
  { what: "another AS's mark", attributes: foreign, owner: 'foreign' },
  { what: 'no mark', attributes: marked(), owner: 'foreign' },
  { what: 'an AS number that ends like ours', attributes: marked('165001:0:7'), owner: 'foreign' },
])('$what makes a path $owner', ({ attributes, owner }) => {
  expect(toObserved(local(attributes), asn, epoch)).toEqual({ attributes, identifier: 0, owner })
  expect(observe([local(attributes)], asn, epoch)).toEqual(new Map([[prefix, { attributes, identifier: 0, owner }]]))
})

describe('of several local paths of one prefix', () => {
  const all = [local(foreign, 0), local(otherEpoch, 1), local(ours, 3), local(ours, 2)]

  test('ours is observed, whatever the order; among equals the lowest identifier', () => {
    for (const paths of [all, all.toReversed()])
      expect(observe(paths, asn, epoch).get(prefix)).toEqual({ attributes: ours, identifier: 2, owner: 'ours' })
  })

  test('then one of another epoch, then a foreign one', () => {
    expect(observe(all.slice(0, 2).toReversed(), asn, epoch).get(prefix)?.owner).toBe('other-epoch')
    expect(observe(all.slice(0, 1), asn, epoch).get(prefix)?.owner).toBe('foreign')
  })
})

test('a learned path is neither ours nor foreign, whatever marks it carries', () => {
  const learned = [ours, foreign].map((attributes) => ({ ...local(attributes), learnedFrom: '192.0.2.9' as Address }))
  expect(observe(learned, asn, epoch).size).toBe(0)
})
