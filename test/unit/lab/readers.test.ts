import { describe, expect, test } from 'vitest'
import { asnIn, readTraceroute } from '../../../src/lab/trace.ts'
import { readClientLine, writeClientLine } from '../../../src/lab/traffic/client-line.ts'
import { readRouteLine } from '../../../src/lab/traffic/route-watch.ts'
import { timelineOf } from '../../../src/lab/traffic/timeline.ts'

describe('what ip monitor tells', () => {
  const atMs = Date.parse('2026-11-21T10:11:50.128Z') + 0.193
  test.each([
    ['203.0.113.0/24 via 10.0.0.3 dev eth1 ', '203.0.113.0/24', ['10.0.0.3']],
    ['203.0.113.0/24 nhid 5 via 10.0.0.4 dev eth1 proto bgp metric 20 ', '203.0.113.0/24', ['10.0.0.4']],
    ['203.0.113.0/24 via inet6 fe80::1 dev eth1 proto bgp', '203.0.113.0/24', ['fe80::1']],
    [
      '203.0.114.0/24 proto bgp \\\tnexthop via 10.0.0.2 dev eth1 weight 1 \\\tnexthop via 10.0.0.3 dev eth2 weight 1 ',
      '203.0.114.0/24',
      ['10.0.0.2', '10.0.0.3'],
    ],
    ['2001:db8:100::/48 via fd00::2 dev eth1 metric 1024 pref medium', '2001:db8:100::/48', ['fd00::2']],
    ['Deleted 203.0.113.0/24 via 10.0.0.3 dev eth1 ', '203.0.113.0/24', []],
  ])('%s', (text, prefix, via) => {
    const change = readRouteLine(`[2026-11-21T10:11:50.128193] ${text}`)
    expect(change).toMatchObject({ prefix, via })
    expect(change?.atMs).toBeCloseTo(atMs, 3)
  })

  test('routes to single hosts and other messages are left out', () => {
    expect(
      readRouteLine('[2026-11-21T10:11:50.128193] local fe80::1 dev eth1 table local proto kernel'),
    ).toBeUndefined()
    expect(readRouteLine('Timestamp: whatever')).toBeUndefined()
  })
})

describe('what traceroute tells', () => {
  test('hops with their round trips, and those that do not answer', () => {
    const output = `traceroute to 203.0.113.10 (203.0.113.10), 15 hops max, 60 byte packets
 1  10.0.1.1  0.061 ms  0.012 ms  0.009 ms
 2  * * *
 3  2001:db8:9::1  1.500 ms *  1.700 ms
`
    expect(readTraceroute(output)).toEqual([
      { number: 1, address: '10.0.1.1', rttsMs: [0.061, 0.012, 0.009] },
      { number: 2, address: undefined, rttsMs: [] },
      { number: 3, address: '2001:db8:9::1', rttsMs: [1.5, 1.7] },
    ])
  })
})

describe('the AS of a router', () => {
  test.each([
    ['frr defaults traditional\nrouter bgp 64496\n bgp router-id 10.0.0.1\n', 64496],
    ['protocol bgp fra {\n  local 192.0.2.1 as 64499;\n  neighbor 192.0.2.2 as 64500;\n}', 64499],
    ['[global.config]\n  as = 64500\n', 64500],
    ['! nothing here', undefined],
  ])('%s', (configuration, asn) => {
    expect(asnIn(configuration)).toBe(asn)
  })
})

test('a client’s line is read as it was written', () => {
  const packets = [
    { sequence: 7, sentAtMs: 1_795_255_910_128.19, rttMs: 1.25, pop: 'fra', reordered: true },
    { sequence: 8, sentAtMs: 1_795_255_910_133.2, rttMs: undefined, pop: undefined, reordered: false },
  ]
  expect(readClientLine(writeClientLine({ flow: 'udp6', packets }))).toEqual({ flow: 'udp6', packets })
})

test('a timeline puts proof, routers and packets on one clock', () => {
  const acceptedAtMs = Date.parse('2026-11-21T10:00:00.000Z')
  const proof = {
    revision: 7,
    state: 'done',
    acceptedAt: '2026-11-21T10:00:00.000Z',
    plannedMs: 5,
    doneMs: 50,
    held: [],
    speakers: [{ speaker: 'fra-1', pop: 'fra', announce: 1, withdraw: 0, pushedMs: 10, ribMs: 11, adjOutMs: 12 }],
    progress: '',
  } as const
  const route = { node: 't1-eu', prefix: '203.0.113.0/24' }
  const changes = [
    { ...route, atMs: acceptedAtMs - 20, via: ['sin'] },
    { ...route, atMs: acceptedAtMs + 13, via: ['ams'] },
    { ...route, atMs: acceptedAtMs + 14.5, via: ['fra'] },
    { ...route, atMs: acceptedAtMs + 2000, via: [] },
  ]
  const span = { packets: 1 }
  const udp = { client: 'client1', flow: 'udp4', sent: 9, lost: 0, reordered: 0, gapMs: 0, rttMs: undefined } as const
  const moved = [
    { ...span, pop: 'sin', fromMs: acceptedAtMs - 100, toMs: acceptedAtMs + 10 },
    { ...span, pop: 'fra', fromMs: acceptedAtMs + 15, toMs: acceptedAtMs + 900 },
  ]
  const stayed = moved.slice(1)
  const flows = [
    { ...udp, catchment: moved },
    { ...udp, client: 'client2', catchment: stayed },
  ]
  expect(
    timelineOf({ ...proof, speakers: [...proof.speakers], held: [] }, changes, flows, acceptedAtMs + 1000),
  ).toMatchObject({
    revision: 7,
    routers: [{ node: 't1-eu', atMs: 14.5, via: ['fra'] }],
    moves: [{ client: 'client1', from: 'sin', to: 'fra', firstAtNewMs: 15, lastAtOldMs: 10, lost: 0 }],
  })
})
