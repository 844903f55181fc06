/** What the verdict book watches, as documents change. */
import { describe, expect, test } from 'vitest'
import { watchedTasks } from '../../../src/health/watches.ts'
import type { Announcement, Intent, Selector } from '../../../src/intent/model.ts'
import type { AgentId, Check } from '../../../src/intent/monitoring.ts'
import { agent, announce, check, intent, rollout } from '../../support/builders.ts'

const agents = [agent('fra', 'fra'), agent('sin', 'sin'), agent('lisbon', 'vantage')]
const fra = ['fra' as Selector]
const lisbon = 'lisbon' as AgentId

function network(one: Check, ...prefixes: readonly Announcement[]): Intent {
  return intent({ pops: ['fra', 'sin'], agents, checks: [one], prefixes })
}

const watched = (of: Intent): readonly string[] => watchedTasks(of).map(({ task }) => task)

describe('what is seen from outside', () => {
  const seen = check('seen', { from: 'vantage', at: fra, target: '203.0.113.1' })

  test.each<[string, readonly Announcement[], readonly string[]]>([
    ['no prefix', [], []],
    ['a prefix that is nowhere', [announce('203.0.113.0/24', { at: [] })], []],
    ['another prefix', [announce('198.51.100.0/24')], []],
    ['its prefix', [announce('203.0.113.0/24')], ['seen/service/fra/seen']],
    ['its prefix elsewhere', [announce('203.0.113.0/24', { at: ['sin'] })], ['seen/service/fra/seen']],
  ])('is watched while its address is announced somewhere: %s', (_, prefixes, tasks) => {
    expect(watched(network(seen, ...prefixes))).toEqual(tasks)
  })

  test('is watched at once when its prefix is published, and no longer when it is withdrawn', () => {
    const before = network(seen)
    const published = { ...before, prefixes: network(seen, announce('203.0.113.0/24')).prefixes }
    expect([watched(before), watched(published), watched(before)]).toEqual([[], ['seen/service/fra/seen'], []])
    expect(watchedTasks(published)).toBe(watchedTasks({ ...published, prefixes: new Map(published.prefixes) }))
  })

  test('is watched until the last stage of its withdrawal is out, though the document says nowhere from the first', () => {
    const [was, nowhere] = [announce('203.0.113.0/24'), announce('203.0.113.0/24', { at: [] })]
    const at = (stage: number) => {
      const leaving = rollout(was, [['fra'], ['sin']], { stage })
      return { ...network(seen, nowhere), rollouts: new Map([[leaving.id, leaving]]) }
    }
    expect([watched(at(1)), watched(at(2))]).toEqual([['seen/service/fra/seen'], []])
  })

  test('is watched by named agents of which one is outside', () => {
    const named = check('seen', { from: [lisbon], at: fra, target: '203.0.113.1' })
    expect(watched(network(named))).toEqual([])
  })

  test('is watched whatever is announced where the address is not ours', () => {
    const others = check('seen', { from: 'vantage', at: fra, target: '192.0.2.1' })
    expect(watched(network(others))).toEqual(['seen/service/fra/seen'])
  })
})

test('what agents of POPs see is watched whatever is announced: it must be known before that', () => {
  expect(watched(network(check('dns', { at: fra, target: '203.0.113.1' })))).toEqual(['dns/service/fra/dns'])
})
