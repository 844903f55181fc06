/** What a vantage router's RIB says: whose path it is, what does not count, and since when it is so. */
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import { attributesKey } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { seenNow, seenPaths } from '../../../src/speaker/seen-paths.ts'
import type { RibPath } from '../../../src/speaker/speaker.ts'

const own = 64512 as Asn
const prefix = '203.0.113.0/24' as Prefix

function path(asPath: readonly number[], parts: Partial<RibPath> = {}): RibPath {
  const attributes = attributesKey({
    origin: 'igp',
    asPath: asPath as Asn[],
    nextHop: '192.0.2.1' as Address,
    communities: [],
    largeCommunities: [],
  })
  return {
    prefix,
    identifier: 0,
    attributes,
    best: true,
    learnedFrom: '192.0.2.9' as Address,
    sinceSeconds: 100,
    ...parts,
  }
}

const origins = (...paths: readonly RibPath[]) =>
  seenPaths(paths, own)
    .get(prefix)
    ?.paths.map(({ origin }) => origin)

describe('the origin', () => {
  test('is the last AS of the path', () => expect(origins(path([64496, 64497, 64500]))).toEqual([64500]))
  test('is the router’s own AS where the path is empty: local there, or of its own AS', () => {
    expect(origins(path([]))).toEqual([own])
  })
  test('is told of every path, best or not, in a fixed order', () => {
    const [a, b] = [path([64500]), path([64666], { best: false })]
    expect(origins(a, b)).toEqual(origins(b, a))
    expect(origins(a, b)).toHaveLength(2)
  })
})

test('what is kept for a neighbor that is not there is not seen', () => {
  expect(origins(path([64500], { unusable: true }))).toBeUndefined()
})

describe('since when', () => {
  const there = seenPaths([path([64500])], own).get(prefix)?.paths ?? []
  const other = seenPaths([path([64496, 64500])], own).get(prefix)?.paths ?? []
  test('it is there, and that it is there no more', () => {
    const first = seenNow(undefined, there, 1000)
    expect(first).toMatchObject({ sinceMs: 1000, changedAtMs: 1000 })
    expect(seenNow(first, [], 2000)).toEqual({ paths: [], sinceMs: 2000, changedAtMs: 2000 })
  })
  test('another path is a change and no new beginning; the same is nothing new', () => {
    const first = seenNow(undefined, there, 1000)
    expect(seenNow(first, other, 2000)).toMatchObject({ sinceMs: 1000, changedAtMs: 2000 })
    expect(seenNow(first, there, 2000)).toBeUndefined()
    expect(seenNow(undefined, [], 1000)).toBeUndefined()
  })
})
