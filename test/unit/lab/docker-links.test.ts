/** Ends of a link are found by their subnet, whatever engine named the interfaces. */
import { describe, expect, test } from 'vitest'
import { type Interface, farEnds, onlyLinks } from '../../../src/lab/docker/links.ts'
import { netemCommand } from '../../../src/lab/docker/netem.ts'

const at = (ifname: string, ...addresses: readonly string[]): Interface => ({
  ifname,
  addr_info: addresses.map((text) => {
    const [local = '', length] = text.split('/')
    return { local, prefixlen: Number(length), scope: 'global' }
  }),
})

const fra = [at('lo', '203.0.113.10/32'), at('eth0', '10.0.1.0/31'), at('eth1', '172.29.2.11/24')]

const nodes: ReadonlyMap<string, readonly Interface[]> = new Map([
  ['fra', [at('eth1', '10.0.1.0/31'), at('eth2', '10.0.4.0/31')]],
  ['t1', [at('eth1', '10.0.1.1/31'), at('eth2', '10.0.3.0/31')]],
  ['svc-fra', [at('eth1', '10.0.4.1/31')]],
  ['ix-rs', [at('eth1'), at('br0', '10.0.80.1/24')]],
])

describe('links of containers', () => {
  test('the other end of a link is the interface in its subnet', () => {
    expect(farEnds(nodes, { node: 'fra', interface: 'eth1' })).toEqual([{ node: 't1', interface: 'eth1' }])
    expect(farEnds(nodes, { node: 'svc-fra', interface: 'eth1' })).toEqual([{ node: 'fra', interface: 'eth2' }])
  })

  test('neighbors in an address plan, in other subnets, are no ends', () => {
    expect(farEnds(nodes, { node: 't1', interface: 'eth2' })).toEqual([])
  })

  test('a port of a bridge has no address, and no end that could be found', () => {
    expect(farEnds(nodes, { node: 'ix-rs', interface: 'eth1' })).toEqual([])
  })

  test('loopback and the management network are no links, whatever it is called', () => {
    expect(onlyLinks(fra, '172.29.2.11').map(({ ifname }) => ifname)).toEqual(['eth0'])
  })

  test('an interface that is not there is an error', () => {
    expect(() => farEnds(nodes, { node: 'fra', interface: 'eth9' })).toThrow('fra has no interface eth9')
  })
})

describe('netem', () => {
  test('says delay, jitter and loss as tc wants them', () => {
    expect(netemCommand('eth1', { delayMs: 20, jitterMs: 5, lossRatio: 0.05 }).join(' ')).toBe(
      'tc qdisc replace dev eth1 root netem delay 20ms 5ms loss 5% limit 100000',
    )
  })

  test('a silent link loses everything', () => {
    expect(netemCommand('eth1', { silent: true }).join(' ')).toContain('loss 100%')
  })

  test('no impairment removes it', () => {
    expect(netemCommand('eth1', undefined)).toContain('delete')
  })
})
