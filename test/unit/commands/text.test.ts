/** What the command line prints and reads, without a controller. */
import { describe, expect, test } from 'vitest'
import { durationSeconds, formatAge, formatDuration, parseDuration, parseWait } from '../../../src/commands/duration.ts'
import { resolveEndpoint } from '../../../src/commands/endpoint.ts'
import { documentsTable, kindOf } from '../../../src/commands/get.ts'
import { diffLines } from '../../../src/commands/line-diff.ts'
import { routesText } from '../../../src/commands/route-text.ts'
import { renderTable } from '../../../src/commands/table.ts'

describe('durations', () => {
  test.each([
    ['90s', 90],
    ['10m', 600],
    ['2h', 7200],
    ['1d', 86_400],
    ['1h30m', 5400],
  ])('%s is %d seconds', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds)
  })

  test.each(['', '90', 'h', '2 h', '1.5h', '-2h', '2h!', '2w'])('"%s" is no duration', (text) => {
    expect(durationSeconds(text)).toBeUndefined()
  })

  test('a grace time may be none at all; how long something lasts may not', () => {
    expect(['0', '0s', '5m'].map(parseWait)).toEqual([0, 0, 300])
    for (const read of [parseDuration, parseWait]) expect(() => read('x')).toThrow(/write a duration/)
    expect(() => parseDuration('0s')).toThrow(/write a duration/)
  })

  test('are printed in their two largest units', () => {
    expect([0, 59, 3600, 5400, 90_061].map(formatDuration)).toEqual(['0s', '59s', '1h', '1h30m', '1d1h'])
  })

  test('ages are printed as gobgp prints them', () => {
    expect([0, 72, 3661, 90_061].map(formatAge)).toEqual(['00:00:00', '00:01:12', '01:01:01', '1d 01:01:01'])
  })
})

describe('tables', () => {
  test('align their columns, colours or not, and end without blanks', () => {
    const table = renderTable(
      ['SPEAKER', 'REACH', 'PROBLEM'],
      [
        ['fra1', '\u001b[32mup\u001b[0m', ''],
        ['singapore1', 'unknown', 'no answer'],
      ],
    )
    expect(table.split('\n')).toEqual([
      'SPEAKER     REACH    PROBLEM',
      'fra1        \u001b[32mup\u001b[0m',
      'singapore1  unknown  no answer',
    ])
  })
})

test('documents in a table tell instants as times of day', () => {
  const drain = { kind: 'Drain', name: 'd', spec: { pop: 'fra', startedAtMs: 1_795_789_283_276 } } as const
  expect(documentsTable([drain]).split('\n')).toEqual(['NAME  POP  STARTED', 'd     fra  2026-11-27 14:21:23 UTC'])
})

describe('differences', () => {
  test('keep what is common and show the shortest change', () => {
    const shown = diffLines(['at:', '  - eu', 'floor: 2'], ['at:', '  - eu', '  - sin', 'floor: 3'])
    expect(shown.map(({ sign, line }) => sign + line)).toEqual([
      ' at:',
      '   - eu',
      '-floor: 2',
      '+  - sin',
      '+floor: 3',
    ])
  })

  test('of nothing to something are all new', () => {
    expect(diffLines([], ['a', 'b']).map(({ sign }) => sign)).toEqual(['+', '+'])
    expect(diffLines(['a'], ['a'])).toEqual([{ sign: ' ', line: 'a' }])
  })
})

describe('addresses of Herald', () => {
  test('are http, https or a unix socket', () => {
    expect(resolveEndpoint('unix:///run/herald.sock', '/nowhere')).toEqual({ kind: 'socket', path: '/run/herald.sock' })
    expect(resolveEndpoint('https://herald.example.net/', '/nowhere')).toEqual({
      kind: 'http',
      origin: 'https://herald.example.net',
    })
    expect(resolveEndpoint(undefined, '/nowhere')).toEqual({ kind: 'http', origin: 'http://127.0.0.1:7179' })
    for (const wrong of ['herald', 'unix:herald.sock', 'ftp://x'])
      expect(() => resolveEndpoint(wrong, '/nowhere')).toThrow(/is not an address of Herald/)
  })
})

describe('kinds', () => {
  test.each([
    ['prefix', 'Prefix'],
    ['prefixes', 'Prefix'],
    ['Pops', 'Pop'],
    ['NEIGHBOR', 'Neighbor'],
  ])('%s is %s', (word, kind) => {
    expect(kindOf(word)).toBe(kind)
  })

  test('an unknown one is refused with those there are', () => {
    expect(() => kindOf('peer')).toThrow(/not a kind of document; write one of network, area/)
  })
})

describe('routes', () => {
  const attributes = {
    origin: 'igp' as const,
    asPath: [64500, 64500],
    nextHop: '192.0.2.1',
    med: 50,
    communities: ['64500:77'],
    largeCommunities: [],
  }
  const route = { prefix: '203.0.113.0/24', speaker: 'fra1', pop: 'fra', reach: 'up' as const }

  test('live are printed in the columns of gobgp, with what each neighbor is sent', () => {
    const text = routesText([
      {
        ...route,
        target: { kind: 'announce', revision: 7, generation: 3, applied: true, attributes },
        intent: { attributes, because: 'intent names fra by "eu"' },
        rib: [{ best: true, identifier: 0, ageSeconds: 72, attributes }],
        adjOut: [
          { neighbor: 'isp-a', address: '192.0.2.10', attributes },
          { neighbor: 'isp-b', address: '192.0.2.11' },
        ],
      },
    ])
    expect(text.split('\n')).toEqual([
      'fra1 at fra: wanted, announce (revision 7)',
      '    Network         Next Hop   AS_PATH      Age       Attrs',
      '*>  203.0.113.0/24  192.0.2.1  64500 64500  00:01:12  [{Origin: i} {Med: 50} {Communities: 64500:77}]',
      '   to isp-a (192.0.2.10): next hop 192.0.2.1, path 64500 64500 [{Origin: i} {Med: 50} {Communities: 64500:77}]',
      '   to isp-b (192.0.2.11): not sent',
    ])
  })

  test('of a speaker that cannot be read are unknown, not absent', () => {
    expect(routesText([{ ...route, reach: 'unknown', problem: 'fra1 does not answer' }])).toBe(
      'fra1 at fra: not wanted, not decided\n   unknown: fra1 does not answer',
    )
  })
})
