/** What is said of vantage routers: what they see, by whom, and what none of them can tell. */
import { describe, expect, test } from 'vitest'
import type { RouterProofView } from '../../../src/api/wire/collector.ts'
import { routersText, routersWords, seenText } from '../../../src/commands/seen-text.ts'
import { quietTerminal } from '../../support/quiet-terminal.ts'

const terminal = quietTerminal()
const prefix = '203.0.113.0/24'

function proof(
  state: RouterProofView['state'],
  ...now: readonly RouterProofView['routers'][number]['now'][]
): RouterProofView {
  return {
    state,
    prefixes: [{ prefix, wanted: state !== 'gone' && state !== 'still-seen', state }],
    routers: now.map((one, i) => ({ prefix, collector: `rrc${i + 1}`, now: one })),
  }
}

describe('a proof by routers', () => {
  test.each([
    [{ ...proof('seen', 'seen', 'seen', 'unknown'), atMs: 83 }, 'seen by 2 of 2, the last after 83 ms'],
    [proof('seen', 'seen', 'not-seen'), 'seen by 1 of 2'],
    [proof('not-seen', 'not-seen', 'unknown'), 'not seen: rrc1 could tell'],
    [{ ...proof('gone', 'not-seen', 'not-seen'), atMs: 310 }, 'gone at 2 routers, the last after 310 ms'],
    [proof('still-seen', 'not-seen', 'seen'), 'still seen by rrc2'],
    [proof('watching', 'seen', 'not-seen'), 'watched, 1 of 2 see it'],
    [proof('untold', 'unknown'), 'unknown: none of them can tell'],
  ])('%#: %s', (view, expected) => expect(routersWords(view)).toBe(expected))

  test('tells when each noticed', () => {
    const view = proof('seen', 'seen', 'seen')
    const routers = view.routers.map((one, i) => (i === 0 ? { ...one, seenMs: 40 } : { ...one, changedMs: 83 }))
    expect(routersText(terminal, { ...view, routers, atMs: 83 }).split('\n')).toEqual([
      'vantage routers: seen by 2 of 2, the last after 83 ms',
      '  COLLECTOR  PREFIX          NOW   AFTER',
      '  rrc1       203.0.113.0/24  seen  40 ms',
      '  rrc2       203.0.113.0/24  seen  83 ms',
    ])
  })
})

test('every path is a line, and one by an AS that may not is told', () => {
  const path = (asPath: number[], best: boolean, wrongOrigin = false) => {
    return { asPath, origin: asPath.at(-1) ?? 0, wrongOrigin, communities: [], best }
  }
  const since = new Date(0).toISOString()
  const collectors = [
    {
      collector: 'rrc1',
      sight: 'seen' as const,
      since,
      paths: [path([64496, 64500], true), path([64666], false, true)],
    },
    { collector: 'rrc2', sight: 'not-seen' as const, since, paths: [] },
    { collector: 'rrc3', sight: 'unknown' as const, paths: [] },
  ]
  const text = seenText(terminal, { prefixes: [{ prefix, documented: true, collectors }], truncated: false }, 60_000)
  expect(text.split('\n')).toEqual([
    '    Network         Collector  AS_PATH                      For',
    '*>  203.0.113.0/24  rrc1       64496 64500                  1m',
    '*   203.0.113.0/24  rrc1       64666 (AS64666 is not ours)  1m',
    '    203.0.113.0/24  rrc2       not seen                     1m',
    '    203.0.113.0/24  rrc3       unknown',
  ])
})

test('a prefix that no document names is told as such', () => {
  const paths = [{ asPath: [64666, 64500], origin: 64500, wrongOrigin: false, communities: [], best: true }]
  const collectors = [{ collector: 'rrc1', sight: 'seen' as const, since: new Date(0).toISOString(), paths }]
  const half = { prefix: '203.0.113.128/25', documented: false, collectors }
  expect(seenText(terminal, { prefixes: [half], truncated: false }, 60_000).split('\n')[1]).toBe(
    '*>  203.0.113.128/25 (no document)  rrc1       64666 64500  1m',
  )
})
