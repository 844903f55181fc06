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

const duration = fc
  .tuple(fc.integer({ min: 1, max: 59 }), fc.constantFrom('s', 'm'))
  .map(([count, unit]) => `${count}${unit}`)

export const failoverPolicy = fc.record(
  {
    checks: fc.array(label, { minLength: 1, maxLength: 3 }),
    action: fc.constantFrom('withdraw', 'drain', 'prepend'),
    neighborAction: fc.constantFrom('withhold', 'prepend'),
    backup: fc.array(label, { maxLength: 2 }),
    cover: fc.constantFrom('203.0.112.0/22', '0.0.0.0/0', '2001:db8::/32'),
    lease: fc.oneof(
      fc.constant({ policy: 'hold' }),
      duration.map((after) => ({ policy: 'withdraw', after: `1h${after}` })),
    ),
    holdDown: duration,
    return: fc.record(
      { prepends: fc.array(fc.constantFrom(1, 2, 3), { maxLength: 3 }), stage: duration },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['checks'] },
)

const probe = fc.oneof(
  fc.record({ kind: fc.constant('icmp'), count: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: ['kind'] }),
  fc.record({ kind: fc.constant('tcp'), port: fc.integer({ min: 1, max: 65535 }) }),
  fc.record(
    {
      kind: fc.constant('http'),
      url: fc.constantFrom('https://{pop}.example.net/', 'http://192.0.2.1:8080/{region}'),
      statuses: fc.array(fc.integer({ min: 100, max: 599 }), { minLength: 1, maxLength: 3 }),
      tlsDaysLeft: fc.nat(90),
    },
    { requiredKeys: ['kind', 'url'] },
  ),
  fc.record(
    {
      kind: fc.constant('dns'),
      name: fc.constantFrom('example.net', '{neighbor}.example.net'),
      type: fc.constantFrom('A', 'AAAA', 'TXT'),
      identify: fc.constantFrom('nsid', 'id.server'),
    },
    { requiredKeys: ['kind', 'name'] },
  ),
  fc.record(
    { kind: fc.constant('udp'), port: fc.constant(862), packets: fc.integer({ min: 1, max: 50 }) },
    { requiredKeys: ['kind', 'port'] },
  ),
)

const address = fc.constantFrom('192.0.2.1', '203.0.113.53', '2001:db8::53')

/** A Check that the schema takes, about places and agents of any name. */
export const checkDocument: fc.Arbitrary<Document> = fc
  .tuple(
    label,
    fc.record(
      {
        subject: fc.constantFrom('service', 'neighbor', 'path'),
        at: fc.array(label, { maxLength: 3 }),
        except: fc.array(label, { maxLength: 2 }),
        from: fc.oneof(fc.constantFrom('local', 'vantage'), fc.array(label, { minLength: 1, maxLength: 3 })),
        probe,
        target: address,
        targets: fc.dictionary(label, address, { maxKeys: 3 }),
        source: address,
        interval: duration,
        fall: fc.integer({ min: 1, max: 10 }),
        rise: fc.integer({ min: 1, max: 10 }),
        window: fc.record({ length: duration, maxLossPercent: fc.nat(99) }, { requiredKeys: ['maxLossPercent'] }),
        quorum: fc.integer({ min: 1, max: 5 }),
        holdDown: duration,
      },
      { requiredKeys: ['subject', 'probe', 'target'] },
    ),
  )
  .map(([name, spec]) => ({ kind: 'Check', name, spec }))

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
