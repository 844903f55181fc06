import { expect, test } from 'vitest'
import { forwardingText } from '../../../src/lab/scenario/forwarding.ts'

test('each router is told with what it forwards by now, and since when', () => {
  const changes = [
    { node: 't1', prefix: '203.0.113.0/24', atMs: 1000, via: ['fra'] },
    { node: 't2', prefix: '203.0.113.0/24', atMs: 1500, via: ['t1', 'ams'] },
    { node: 't1', prefix: '2001:db8:100::/48', atMs: 2000, via: ['fra'] },
    { node: 't2', prefix: '203.0.113.0/24', atMs: 4000, via: [] },
  ]
  expect(forwardingText(changes, 11_000)).toBe(
    '203.0.113.0/24: t1 by fra for 10.0 s, t2 by nobody for 7.0 s\n2001:db8:100::/48: t1 by fra for 9.0 s',
  )
})
