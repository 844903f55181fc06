import { expect, test } from 'vitest'
import { failoverPrefixes } from '../../../src/health/failover-prefixes.ts'
import type { PopId } from '../../../src/intent/model.ts'
import { announce, epoch, failoverPolicy, intent, neighbor, pop, serviceV4, serviceV6 } from '../../support/builders.ts'

test('the lines of a prefix are those that carry its family: the last of them is the POP, whatever other lines there are', () => {
  const neighbors = [
    neighbor('isp-v4', { families: ['ipv4'] }),
    neighbor('isp-v6', { families: ['ipv6'] }),
    neighbor('ix', { families: ['ipv4', 'ipv6'] }),
    neighbor('ibgp', { kind: 'internal', families: ['ipv4', 'ipv6'] }),
  ]
  const failover = failoverPolicy(['lines'])
  const of = intent({
    pops: [pop('fra', { neighbors })],
    prefixes: [announce(serviceV4, { failover }), announce(serviceV6, { failover })],
  })
  const states = failoverPrefixes(of, { epoch, nowMs: 0 }, () => new Set())
  expect(states.map(({ prefix, lines }) => [prefix, lines.get('fra' as PopId)])).toEqual([
    [serviceV6, ['isp-v6', 'ix']],
    [serviceV4, ['isp-v4', 'ix']],
  ])
})
