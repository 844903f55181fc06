/** What is said of catchments: who moved, who did not, and what nobody can tell. */
import { describe, expect, test } from 'vitest'
import type { CatchmentProofView, CatchmentView } from '../../../src/api/wire/catchment.ts'
import { catchmentText, moveText, moveWords } from '../../../src/commands/catchment-text.ts'
import { quietTerminal } from '../../support/quiet-terminal.ts'

const terminal = quietTerminal()
const prefix = '203.0.113.0/24'
const change = (state: CatchmentProofView['state'], left: string[], joined: string[]): CatchmentProofView => ({
  state,
  prefixes: [{ prefix, left, joined, state }],
  vantages: [
    { prefix, vantage: 'v1', target: '203.0.113.9', before: 'fra', after: 'ams', lastOldMs: -30, firstNewMs: 170 },
    { prefix, vantage: 'v2', target: '203.0.113.9', before: 'fra', after: 'fra', lastOldMs: 900 },
    { prefix, vantage: 'v3', target: '203.0.113.9', before: 'ams', after: 'ams' },
  ],
})

describe('a move', () => {
  test('names who is still answered by what was taken away', () => {
    expect(moveWords(change('not-moved', ['fra'], ['ams']))).toBe('not moved: still answered are v2 by fra')
    expect(moveWords(change('watching', ['fra'], []))).toBe('watched: still answered are v2 by fra')
  })
  test('names POPs that nobody is answered by', () => {
    const unmoved = (joined: string[]) => {
      const { vantages, ...rest } = change('not-moved', [], joined)
      return { ...rest, vantages: vantages.filter(({ before, after }) => before === after) }
    }
    expect(moveWords(unmoved(['sin']))).toBe('not moved: no vantage point is answered by sin')
    expect(moveWords(unmoved([]))).toBe('not moved: no vantage point is answered by another POP than before')
  })
  test('says who moved already, where it is not settled yet', () => {
    const { vantages, ...rest } = change('watching', ['fra'], [])
    const settling = { ...rest, vantages: vantages.filter(({ after }) => after !== 'fra') }
    expect(moveWords(settling)).toBe('watched: 1 vantage point moved, and may still go back')
    expect(moveWords(change('watching', [], []))).toBe('watched: 1 vantage point moved, and may still go back')
  })
  test('claims nothing that nobody can tell', () => {
    expect(moveText(terminal, { state: 'untold', prefixes: [], vantages: [] })).toBe(
      'catchment unknown: no vantage point names the POP that answers',
    )
    expect(moveWords({ ...change('moved', ['sin'], []) })).toBe('as it was: no vantage point had to move')
  })
  test('lists whoever moved or is still where it was, and nobody else', () => {
    expect(moveText(terminal, { ...change('moved', ['fra'], ['ams']), movedMs: 170 }).split('\n')).toEqual([
      'catchment moved 170 ms after it was accepted',
      '  VANTAGE  PREFIX          ANSWERED BY  LAST OLD  FIRST NEW',
      '  v1       203.0.113.0/24  fra → ams    -30 ms    170 ms',
      '  v2       203.0.113.0/24  fra → fra    900 ms    -',
    ])
  })
})

test('the catchment as it is, with shares of those that are told', () => {
  const at = (vantage: string, parts: object) => ({ vantage, target: '203.0.113.9', state: 'named' as const, ...parts })
  const view: CatchmentView = {
    prefixes: [
      {
        prefix,
        shares: [{ pop: 'fra', share: 1, vantages: 1 }],
        vantages: [
          at('v1', { pop: 'fra', region: 'lisbon', since: new Date(0).toISOString() }),
          at('v2', { state: 'unanswered', pop: 'ams' }),
          at('v3', { state: 'unnamed', name: 'edge17' }),
          at('v4', { state: 'silent' }),
        ],
      },
    ],
  }
  expect(catchmentText(terminal, view, 60_000).split('\n')).toEqual([
    '203.0.113.0/24, 4 views: fra 100 % (1)',
    'VANTAGE  WHERE   TARGET       ANSWERED BY                    FOR',
    'v1       lisbon  203.0.113.9  fra                            1m',
    'v2               203.0.113.9  nobody, last by ams',
    'v3               203.0.113.9  "edge17", no POP of that name',
    'v4               203.0.113.9  not heard of',
  ])
  expect(catchmentText(terminal, { prefixes: [] }, 0)).toContain('No vantage point looks at an announced prefix')
})
