/** Who looks at our prefixes from outside, and which POP an answer names. */
import { describe, expect, test } from 'vitest'
import { popNamed, vantageTasks } from '../../../src/health/vantage-tasks.ts'
import type { Check } from '../../../src/intent/monitoring.ts'
import { agent, check, intent, pop } from '../../support/builders.ts'

const pops = [pop('fra'), pop('sin')]
const agents = [agent('fra-a', 'fra'), agent('lisbon', 'vantage'), agent('oslo', 'vantage')]

const looking = (...checks: readonly Check[]): readonly string[] =>
  vantageTasks(intent({ pops, agents, checks })).map(({ agent: who, target }) => `${who} ${target}`)

const http = (url: string, target?: string): Partial<Check> => ({
  probe: { kind: 'http', url, statuses: [200] },
  ...(target !== undefined && { target }),
})

describe('who looks', () => {
  test.each<[string, Partial<Check>, readonly string[]]>([
    [
      'every vantage point, at a target inside owned space',
      { from: 'vantage', at: ['fra' as never] },
      ['lisbon 203.0.113.1', 'oslo 203.0.113.1'],
    ],
    ['nobody at a POP: it is answered there whatever the Internet does', { from: 'local' }, []],
    [
      'only the vantage points among those named',
      { from: ['fra-a', 'oslo'] as never, at: ['sin' as never] },
      ['oslo 203.0.113.1'],
    ],
    ['nobody, at a target that is not ours', { from: 'vantage', target: '192.0.2.9' }, []],
  ])('%s', (_, parts, expected) => expect(looking(check('web', parts))).toEqual(expected))

  test('a URL with an address in it is a target, a name is not', () => {
    const { target: _, ...web } = check('web', { from: ['oslo'] as never, at: ['fra' as never] })
    expect(looking({ ...web, ...http('http://203.0.113.7/') })).toEqual(['oslo 203.0.113.7'])
    expect(looking({ ...web, ...http('http://[2001:db8::7]:8080/') })).toEqual(['oslo 2001:db8::7'])
    expect(looking({ ...web, ...http('http://www.example.net/') })).toEqual([])
  })
})

test.each([
  ['fra', 'fra'],
  ['FRA', 'fra'],
  ['fra-1', 'fra'], // a speaker
  ['fra-a', 'fra'], // an agent there
  ['fra12', 'fra'],
  ['ns2.sin.example.net', 'sin'],
  ['ns1-fra.example.net', undefined],
  ['fra.sin.example.net', undefined], // two of them
  ['lisbon', undefined], // a vantage point is no POP
  ['edge17', undefined],
  ['', undefined],
])('"%s" names %s', (answer, expected) => {
  expect(popNamed(intent({ pops, agents }), answer)).toBe(expected)
})
