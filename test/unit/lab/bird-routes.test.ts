import { expect, test } from 'vitest'
import { readRoutes } from '../../../src/lab/bird-routes.ts'

const shown = `Table master4:
203.0.113.0/24       unicast [session_ipv4 2026-11-21] * (100) [AS64500i]
\tvia 192.0.2.1 on pop
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 64500 64500
\tBGP.next_hop: 192.0.2.1
\tBGP.med: 50
\tBGP.local_pref: 100
\tBGP.community: (65535,0) (64500,7)
\tBGP.large_community: (64500, 100, 1) (64500, 100, 2)
                     unreachable [other 2026-11-21] (100/-) [AS64499?]
\tType: BGP univ
\tBGP.as_path: 64499 {64510}
\tBGP.next_hop: 192.0.2.9

Table master6:
2001:db8:100::/48    unicast [session_ipv6 2026-11-21] * (100) [AS64500i]
\tBGP.as_path: 64500
\tBGP.next_hop: 2001:db8:ff00::2 fe80::1
`

test('reads prefix, path, next hop, MED and communities of every route that BIRD shows', () => {
  const [best, other, ipv6] = readRoutes(shown.split('\n'))
  expect(best).toEqual({
    prefix: '203.0.113.0/24',
    asPath: [64500, 64500],
    nextHop: '192.0.2.1',
    med: 50,
    communities: ['65535:0', '64500:7'],
    largeCommunities: ['64500:100:1', '64500:100:2'],
  })
  expect(other).toMatchObject({ prefix: '203.0.113.0/24', nextHop: '192.0.2.9', med: undefined, communities: [] })
  expect(ipv6).toMatchObject({ prefix: '2001:db8:100::/48', nextHop: '2001:db8:ff00::2', asPath: [64500] })
})

test('an AS set in a path is kept as its members', () => {
  expect(readRoutes(shown.split('\n'))[1]?.asPath).toEqual([64499, 64510])
})

test('no routes are no routes', () => {
  expect(readRoutes([''])).toEqual([])
})
