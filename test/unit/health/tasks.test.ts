/** Check documents, as the tasks of one agent. */
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import { tasksOf } from '../../../src/health/tasks.ts'
import type { Intent, NeighborId } from '../../../src/intent/model.ts'
import type { AgentId, Check } from '../../../src/intent/monitoring.ts'
import { agent, check, intent, neighbor, pop } from '../../support/builders.ts'

const isp = neighbor('fra-isp')
const ibgp = neighbor('fra-ibgp', { kind: 'internal' })
const pops = [pop('fra', { neighbors: [isp, ibgp] }), pop('sin', { neighbors: [neighbor('sin-ix', { kind: 'peer' })] })]
const agents = [agent('fra-a', 'fra'), agent('fra-b', 'fra'), agent('sin-a', 'sin'), agent('lisbon', 'vantage')]

const sinAgent = 'sin-a' as AgentId

function network(...checks: readonly Check[]): Intent {
  return intent({ pops, agents, checks })
}

const tasks = (of: Intent, id: string) => tasksOf(of, id as AgentId)
const ids = (of: Intent, id: string): readonly string[] => tasks(of, id).map((task) => task.id)

describe('who probes what', () => {
  test.each<[string, Partial<Check>, string, readonly string[]]>([
    ['an agent at a POP', {}, 'fra-a', ['dns/service/fra/dns']],
    ['every agent at the POP', {}, 'fra-b', ['dns/service/fra/dns']],
    ['a vantage point, when agents at the POPs do', {}, 'lisbon', []],
    ['a vantage point', { from: 'vantage' }, 'lisbon', ['dns/service/fra/dns', 'dns/service/sin/dns']],
    ['an agent at a POP, when vantage points do', { from: 'vantage' }, 'fra-a', []],
    ['a named agent', { from: [sinAgent] }, 'sin-a', ['dns/service/fra/dns', 'dns/service/sin/dns']],
    ['an agent where the service is not', { at: ['fra' as never] }, 'sin-a', []],
    ['an agent of an excepted POP', { except: ['fra' as never] }, 'fra-a', []],
    ['an agent that no document names', {}, 'stranger', []],
  ])('%s with %j', (_, parts, who, expected) => expect(ids(network(check('dns', parts)), who)).toEqual(expected))
})

describe('what it is about', () => {
  test('a path is called like its check', () =>
    expect(tasks(network(check('bb1', { subject: 'path' })), 'fra-a')[0]).toMatchObject({
      id: 'bb1/path/fra/bb1',
      check: 'bb1',
      subject: { kind: 'path', pop: 'fra', path: 'bb1' },
    }))
  test('each external line of the POP, at the address of the neighbor', () => {
    const line = check('line', { subject: 'neighbor', probe: { kind: 'icmp', count: 3 } })
    const { target: _, ...rest } = line
    expect(tasks(network(rest), 'fra-a')).toEqual([
      {
        id: 'line/neighbor/fra/fra-isp',
        check: 'line',
        subject: { kind: 'neighbor', pop: 'fra', neighbor: 'fra-isp' },
        probe: { kind: 'icmp', count: 3, address: '192.0.2.1' },
        intervalMs: 1000,
        timeoutMs: 1000,
      },
    ])
  })
  test('only the lines it names, or only of the kinds it names', () => {
    const line: Partial<Check> = { subject: 'neighbor' }
    expect(ids(network(check('l', { ...line, neighbors: ['fra-ibgp' as NeighborId] })), 'fra-a')).toEqual([
      'l/neighbor/fra/fra-ibgp',
    ])
    expect(ids(network(check('l', { ...line, neighborKinds: ['peer'] })), 'fra-a')).toEqual([])
    expect(ids(network(check('l', { ...line, neighborKinds: ['peer'] })), 'sin-a')).toEqual(['l/neighbor/sin/sin-ix'])
  })
})

describe('where it is sent', () => {
  const address = (text: string) => text as Address
  test('the target of the POP wins over the target', () => {
    const of = network(check('dns', { targets: new Map([['sin', address('198.51.100.1')]]), from: 'vantage' }))
    expect(tasks(of, 'lisbon').map(({ probe }) => 'address' in probe && probe.address)).toEqual([
      '203.0.113.1',
      '198.51.100.1',
    ])
  })
  test('a POP without any target is not probed', () => {
    const { target: _, ...rest } = check('dns', {
      targets: new Map([['sin', address('198.51.100.1')]]),
      from: 'vantage',
    })
    expect(ids(network(rest), 'lisbon')).toEqual(['dns/service/sin/dns'])
  })
  test('a URL is resolved by itself, or connected to where the check says', () => {
    const probe = { kind: 'http', url: 'https://{pop}.{region}.example.net/?via={neighbor}', statuses: [200] } as const
    const { target: _, ...rest } = check('web', { probe })
    expect(tasks(network(rest), 'fra-a')[0]?.probe).toEqual({
      ...probe,
      url: 'https://fra.fra-city.example.net/?via={neighbor}',
    })
    expect(tasks(network(check('web', { probe })), 'fra-a')[0]?.probe).toMatchObject({ address: '203.0.113.1' })
  })
  test('a name is asked for at the server', () => {
    const probe = { kind: 'dns', port: 53, name: '{pop}.example.net', type: 'TXT', identify: 'nsid' } as const
    expect(tasks(network(check('dns', { probe })), 'fra-a')[0]?.probe).toEqual({
      kind: 'dns',
      server: '203.0.113.1',
      port: 53,
      name: 'fra.example.net',
      type: 'TXT',
      identify: 'nsid',
    })
  })
  test('from an address that chooses the line', () => {
    const lines = check('line', { subject: 'neighbor', source: '{neighbor.localAddress}' })
    const of = network(lines)
    const local = { ...of.neighbors.get('fra-isp' as NeighborId)! }
    const session = { ...local.session, localAddress: address('192.0.2.9') }
    const neighbors = new Map(of.neighbors).set(local.id, { ...local, session })
    expect(tasks({ ...of, neighbors }, 'fra-a')[0]?.source).toBe('192.0.2.9')
    expect(tasks(of, 'fra-a')[0]).not.toHaveProperty('source')
    const sources = new Map([['fra', address('192.0.2.7')]])
    expect(tasks(network(check('dns', { sources, source: '192.0.2.8' })), 'fra-a')[0]?.source).toBe('192.0.2.7')
  })
})

test('what an agent has to do is a value: the same intent, the same tasks in the same order', () => {
  const of = network(check('b'), check('a'), check('c', { subject: 'neighbor' }))
  expect(ids(of, 'fra-a')).toEqual(['a/service/fra/a', 'b/service/fra/b', 'c/neighbor/fra/fra-isp'])
  expect(tasks(of, 'fra-a')).toEqual(tasks({ ...of, checks: new Map([...of.checks].toReversed()) }, 'fra-a'))
})
