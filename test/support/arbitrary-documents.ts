/** Arbitrary specs for property tests: inventories of any shape, selectors that fit them, attributes of all kinds. */
import fc from 'fast-check'
import type { Document } from '../../src/intent/document.ts'

export const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)

const community = fc.oneof(
  fc.tuple(fc.nat(65535), fc.nat(65535)).map((parts) => parts.join(':')),
  fc.constantFrom('graceful-shutdown', 'no-export', 'blackhole'),
)
const largeCommunity = fc.tuple(fc.nat(), fc.nat(), fc.nat()).map((parts) => parts.join(':'))

export const attributes = fc.record(
  {
    prepend: fc.constantFrom(0, 1, 2, 3),
    origin: fc.constantFrom('igp', 'egp', 'incomplete'),
    med: fc.nat(4294967295),
    localPref: fc.integer({ min: 1000, max: 1999 }),
    communities: fc.array(community, { maxLength: 4 }),
    largeCommunities: fc.array(largeCommunity, { maxLength: 4 }),
    announce: fc.boolean(),
    gracefulShutdown: fc.boolean(),
  },
  { requiredKeys: [] },
)

export interface World {
  readonly documents: readonly Document[]
  /** Everything that a selector may be. */
  readonly selectors: readonly string[]
}

const sizes = fc.record({
  areas: fc.integer({ min: 1, max: 3 }),
  regions: fc.integer({ min: 0, max: 6 }),
  pops: fc.integer({ min: 0, max: 10 }),
  salt: fc.nat(),
})

/** Areas, regions and POPs in a tree of any shape: empty areas, regions without POPs. */
export const world: fc.Arbitrary<World> = sizes.map(({ areas, regions, pops, salt }) => {
  const pick = (i: number, of: number) => (i * 7 + (salt >>> (i % 16))) % of
  const documents: Document[] = [
    { kind: 'Network', name: 'network', spec: { asn: 64496 } },
    { kind: 'Pool', name: 'pool', spec: { prefixes: ['203.0.113.0/24'] } },
  ]
  for (let i = 0; i < areas; i++) documents.push({ kind: 'Area', name: `a${i}`, spec: {} })
  for (let i = 0; i < regions; i++)
    documents.push({ kind: 'Region', name: `r${i}`, spec: { area: `a${pick(i, areas)}` } })
  if (regions > 0)
    for (let i = 0; i < pops; i++)
      documents.push({ kind: 'Pop', name: `p${i}`, spec: { region: `r${pick(i, regions)}` } })
  const placed = documents.filter(({ kind }) => kind === 'Area' || kind === 'Region' || kind === 'Pop')
  return { documents, selectors: ['all', ...placed.map(({ name }) => name)] }
})

/** A world with some of its selectors, several times. */
export function worldWith(lists: number): fc.Arbitrary<{ readonly world: World; readonly lists: readonly string[][] }> {
  return world.chain((one) =>
    fc
      .array(fc.subarray([...one.selectors], { maxLength: Math.min(5, one.selectors.length) }), {
        minLength: lists,
        maxLength: lists,
      })
      .map((chosen) => ({ world: one, lists: chosen })),
  )
}
