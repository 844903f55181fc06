import { describe, expect, test } from 'vitest'
import type { Kind } from '../../../src/intent/document.ts'
import { readDocument } from '../../../src/intent/schema.ts'

function canonical(kind: Kind, name: string, spec: unknown): unknown {
  const read = readDocument({ kind, name, spec })
  expect(read).toMatchObject({ ok: true })
  return read.ok ? read.document.spec : undefined
}

function problems(kind: Kind, name: string, spec: unknown): readonly string[] {
  const read = readDocument({ kind, name, spec })
  return read.ok ? [] : read.findings.map(({ pointer, message }) => `${pointer}: ${message}`)
}

test('a document says what its author did not', () => {
  expect(canonical('Network', 'network', { asn: 'AS65001' })).toEqual({
    asn: 65001,
    drainSeconds: 2,
    shrinkPercent: 10,
  })
  expect(canonical('Area', 'eu', undefined)).toEqual({})
  expect(
    canonical('Speaker', 'fra-1', { pop: 'fra', endpoint: 'FRA.example:50051', start: { routerId: '192.0.2.1' } }),
  ).toEqual({
    pop: 'fra',
    endpoint: 'fra.example:50051',
    nextHop: {},
    start: { routerId: '192.0.2.1', listenPort: 179, listenAddresses: [] },
  })
  expect(
    canonical('Neighbor', 'fra-a', { speaker: 'fra-1', address: '192.0.2.2', asn: 64511, kind: 'transit' }),
  ).toEqual({
    speaker: 'fra-1',
    address: '192.0.2.2',
    asn: 64511,
    kind: 'transit',
    managed: false,
    families: ['ipv4'],
    session: {
      passive: false,
      holdTimeSeconds: 90,
      keepaliveSeconds: 30,
      connectRetrySeconds: 10,
      gracefulRestartSeconds: 120,
    },
    attributes: {},
  })
  expect(canonical('Prefix', '203.0.113.0/24', { at: [] })).toEqual({
    at: [],
    except: [],
    attributes: {},
    pops: {},
    neighbors: {},
    adopt: [],
  })
})

describe('equal words become equal text', () => {
  test('a neighbor on IPv6 carries IPv6, and both families stand in one order', () => {
    const neighbor = { speaker: 's', address: '2001:db8::2', asn: 64511, kind: 'peer' }
    expect(canonical('Neighbor', 'n', neighbor)).toMatchObject({ families: ['ipv6'] })
    expect(canonical('Neighbor', 'n', { ...neighbor, families: ['ipv6', 'ipv4'] })).toMatchObject({
      families: ['ipv4', 'ipv6'],
    })
  })
  test('a short hold time has a short keepalive', () => {
    const neighbor = { speaker: 's', address: '192.0.2.2', asn: 64511, kind: 'peer', session: { holdTimeSeconds: 9 } }
    expect(canonical('Neighbor', 'n', neighbor)).toMatchObject({ session: { keepaliveSeconds: 3 } })
  })
  test('communities are sorted, doubles and what says nothing go', () => {
    const spec = {
      at: ['eu', 'fra', 'eu'],
      attributes: { communities: ['65001:20', 'no-export', '65001:3', '65001:20'], largeCommunities: [] },
      pops: { sin: {}, fra: { med: 1 }, ams: { med: 2 } },
    }
    const read = canonical('Prefix', '203.0.113.0/24', spec) as { pops: object }
    expect(read).toMatchObject({
      at: ['eu', 'fra'],
      attributes: { communities: ['65001:3', '65001:20', '65535:65281'] },
    })
    expect(Object.keys(read.pops)).toEqual(['ams', 'fra'])
  })
})

test('a drain whose grace time outlives it is refused', () => {
  const spec = { target: { at: 'fra' }, startedAtMs: 1000, expiresAtMs: 61_000, graceSeconds: 60 }
  expect(problems('Drain', 'd', spec)[0]).toMatch(/^\/spec\/graceSeconds: must end before the drain does/)
  expect(problems('Drain', 'd', { ...spec, graceSeconds: 59 })).toEqual([])
})

describe('names', () => {
  test.each(['a', '0', 'fra-1', 'a'.repeat(63), 'constructor'])('%s is one', (name) =>
    expect(problems('Area', name, {})).toEqual([]),
  )
  test.each(['', '-a', 'a-', 'A', 'a_b', 'a.b', 'a b', 'é', 'a'.repeat(64), '__proto__', '../a', 'a\n'])(
    '%j is none',
    (name) => expect(problems('Area', name, {})[0]).toMatch(/is not a name: write 1 to 63/),
  )
})

describe('addresses of speakers', () => {
  test.each([
    'h:1',
    'a.b.example:65535',
    '192.0.2.1:50051',
    '[2001:db8::1]:50051',
    'unix:///run/x.sock',
    'under_score:1',
  ])('%s is one', (endpoint) => expect(canonical('Speaker', 's', { pop: 'p', endpoint })).toMatchObject({ endpoint }))
  test.each([
    ':1',
    'h',
    'h:0',
    'h:65536',
    'h:x',
    '[192.0.2.1]:1',
    '[2001:DB8::1]:1',
    '2001:db8::1:1',
    'h:1/x',
    'dns:///h:1',
    'unix:x',
    'unix:///',
    '192.0.2.01:1',
    'a..b:1',
    `unix:///${'x'.repeat(107)}`,
  ])('%s is none', (endpoint) =>
    expect(problems('Speaker', 's', { pop: 'p', endpoint })[0]).toMatch(/^\/spec\/endpoint: /),
  )
})

test('a document of a kind that is not known is refused', () => {
  expect(readDocument({ kind: 'Prefixes' as Kind, name: 'x', spec: {} })).toMatchObject({
    findings: [{ pointer: '/kind', message: '"Prefixes" is not a kind of document; did you mean "Prefix"?' }],
  })
})

test('every problem of a document is told at once, name and spec', () => {
  expect(problems('Pop', 'FRA', { regoin: 'de' })).toEqual([
    '/metadata/name: "FRA" is not a name: write 1 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit',
    '/spec/region: "region" is missing',
    '/spec/regoin: unknown field "regoin"; did you mean "region"?',
  ])
})

test('too much is refused, and counted', () => {
  const at = Array.from({ length: 1001 }, (_, i) => `p${i}`)
  expect(problems('Prefix', '203.0.113.0/24', { at })).toEqual([
    '/spec/at: 1001 entries are too many: write at most 1000',
  ])
  const pops = Object.fromEntries(at.map((name) => [name, { med: 1 }]))
  expect(problems('Prefix', '203.0.113.0/24', { at: [], pops })).toEqual(['/spec/pops: write at most 1000 entries'])
})

describe('monitoring is written as people speak', () => {
  const check = { subject: 'service', target: '192.0.2.1', probe: { kind: 'tcp', port: 53 } }
  test('a check says what its author did not', () =>
    expect(canonical('Check', 'dns', check)).toEqual({
      ...check,
      at: ['all'],
      except: [],
      from: 'local',
      targets: {},
      sources: {},
      interval: '1s',
      timeout: '1s',
      fall: 3,
      rise: 5,
      holdDown: '1m',
      severity: 'critical',
    }))
  test('a fast check is not waited for longer than its interval', () =>
    expect(canonical('Check', 'dns', { ...check, interval: '200ms' })).toMatchObject({ timeout: '200ms' }))
  test.each([
    ['1000ms', '1s'],
    ['1500ms', '1500ms'],
    ['0h90s', '90s'],
    ['60s', '1m'],
    ['1h30m', '90m'],
    ['24h', '1d'],
    ['0ms', '0s'],
  ])('a duration of %s is stored as %s', (written, stored) =>
    expect(canonical('Check', 'dns', { ...check, holdDown: written })).toMatchObject({ holdDown: stored }),
  )
  test.each(['1', '1 s', '1.5s', '-1s', 's', '1y', '25h', '9999999999s'])('%j is no hold-down', (written) =>
    expect(problems('Check', 'dns', { ...check, holdDown: written })).toHaveLength(1),
  )
  test.each([
    ['40Gbit/s', '40 Gbit/s'],
    ['40000 Mbit/s', '40 Gbit/s'],
    ['2.5 Gbit/s', '2.5 Gbit/s'],
    ['900 requests/s', '900 requests/s'],
    ['20000requests/s', '20000 requests/s'],
  ])('a capacity of %s is stored as %s', (written, stored) => {
    expect(canonical('Pop', 'fra', { region: 'r', capacity: written })).toMatchObject({ capacity: stored })
    expect(canonical('Pop', 'fra', { region: 'r', capacity: stored })).toMatchObject({ capacity: stored })
  })
  test.each(['40', '0 bit/s', 'Gbit/s', '40 GBit/s', '40 GB/s', '20 krequests/s'])('%j is no capacity', (written) =>
    expect(problems('Pop', 'fra', { region: 'r', capacity: written })).toHaveLength(1),
  )
  test('a failover policy says what its author did not', () =>
    expect(canonical('Prefix', '203.0.113.0/24', { at: [], failover: { checks: ['dns'] } })).toMatchObject({
      failover: {
        checks: ['dns'],
        action: 'withdraw',
        neighborAction: 'withhold',
        backup: [],
        lease: { policy: 'hold' },
        return: { prepends: [3, 1], stage: '30s' },
      },
    }))
  test('a label may be one text or several', () =>
    expect(canonical('AlertMapping', 'm', { match: { b: ['y', 'x'], a: 'z' }, pop: '{site}' })).toEqual({
      match: { a: ['z'], b: ['y', 'x'] },
      pop: '{site}',
      severity: 'critical',
    }))
})
