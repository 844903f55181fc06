import { describe, expect, test } from 'vitest'
import { judge } from '../../../src/lab/scenario/judge.ts'
import { parseJudgement } from '../../../src/lab/scenario/expectation.ts'
import { parseScenario } from '../../../src/lab/scenario/script.ts'
import type { FlowReport } from '../../../src/lab/traffic/flow-report.ts'

const head = '# Shows something.\ntopology anycast-2pop\n'

describe('a scenario', () => {
  test('is a line a step; what is indented under during is measured', () => {
    const text = `# A move loses nothing,
# by either family.
topology anycast-2pop

herald publish 203.0.113.0/24 --at fra --reason "two words"   # a comment
expect catchment client1 fra within 4s
fail process fra gobgpd
impair t1:eth1 delay 20ms jitter 5ms loss 5%
during the move:
  herald publish 203.0.113.0/24 --at ams --only
  wait 200ms
  expect catchment client1 ams
  expect lost all 0
  expect gap client1 < 4s
  expect moves client1 fra -> ams
heal process fra gobgpd
`
    expect(parseScenario('move', text)).toMatchObject({
      about: 'A move loses nothing, by either family.',
      topology: 'anycast-2pop',
      steps: [
        { kind: 'herald', words: ['publish', '203.0.113.0/24', '--at', 'fra', '--reason', 'two words'], line: 5 },
        { kind: 'expect', expectation: { kind: 'catchment', client: 'client1', pop: 'fra' }, withinMs: 4000 },
        { kind: 'fail', failure: { kind: 'process', node: 'fra', process: 'gobgpd' } },
        { kind: 'impair', endpoint: 't1:eth1', impairment: { delayMs: 20, jitterMs: 5, lossRatio: 0.05 } },
        {
          kind: 'during',
          name: 'the move',
          steps: [
            { kind: 'herald' },
            { kind: 'wait', forMs: 200 },
            { kind: 'expect' },
            { kind: 'judge', judgement: { kind: 'lost', client: undefined, bound: { operator: '=', value: 0 } } },
            { kind: 'judge', judgement: { kind: 'gap', client: 'client1', bound: { operator: '<', value: 4000 } } },
            { kind: 'judge', judgement: { kind: 'moves', client: 'client1', pops: ['fra', 'ams'] } },
          ],
        },
        { kind: 'heal' },
      ],
    })
  })

  test.each([
    ['publish 203.0.113.0/24', 'case:3: "publish" is no step'],
    ['  herald status', 'case:3: only what stands under "during …:" is indented'],
    ['fail everything', 'case:3: "everything" is no failure'],
    ['fail node fra ams', 'case:3: "node fra ams" is no failure'],
    ['impair t1:eth1 faster', 'case:3: "faster" is no impairment'],
    ['wait long', 'case:3: "long" is no duration'],
    ['expect lost all 0', 'case:3: "expect lost all 0" is no expectation'],
    ['during it:\n  expect lost all many', 'case:4: "many" is no count'],
    ['eventually status', 'case:3: write the command as an operator does: herald'],
  ])('%j is refused with its place', (line, message) => {
    expect(() => parseScenario('case', head + line)).toThrow(message)
  })

  test('without a topology it is refused', () => {
    expect(() => parseScenario('case', 'herald status')).toThrow('say which topology it is for')
  })
})

describe('a judgement', () => {
  const flow: FlowReport = {
    client: 'client1',
    flow: 'udp4',
    sent: 100,
    lost: 0,
    reordered: 0,
    gapMs: 0,
    catchment: [
      { pop: 'fra', fromMs: 0, toMs: 1, packets: 50 },
      { pop: 'ams', fromMs: 2, toMs: 3, packets: 50 },
    ],
    rttMs: undefined,
  }
  const gone: FlowReport = { ...flow, flow: 'udp6', lost: 3, gapMs: 15, catchment: flow.catchment.slice(0, 1) }
  const proof = (announced: number, withdrawn: number) => ({
    revision: 7,
    state: 'done' as const,
    acceptedAt: '2026-11-21T10:00:00.000Z',
    held: [],
    progress: '',
    speakers: [
      { speaker: 'ams-1', announce: 1, withdraw: 0, pushedMs: 10, adjOutMs: announced },
      { speaker: 'fra-1', announce: 1, withdraw: 1, pushedMs: withdrawn, adjOutMs: withdrawn + 9 },
    ],
  })
  const measured = { flows: [flow, gone], routeChanges: [], proofs: [] }

  test.each([
    ['lost all 0', false],
    ['lost all 3', true],
    ['lost all <= 3', true],
    ['lost client2 0', false], // nothing of it was sent, which proves nothing
    ['requests lost all 0', false],
    ['gap all < 15ms', false],
    ['gap client1 <= 15ms', true],
    ['moves client1 fra -> ams', false],
    ['no route changes', true],
    ['make before break', false],
  ])('%s: %s', (text, ok) => {
    expect(judge(parseJudgement(text) ?? never(text), measured).ok).toBe(ok)
  })

  test('moves holds where every family went that way', () => {
    expect(judge(parseJudgement('moves client1 fra -> ams') ?? never(''), { ...measured, flows: [flow] }).ok).toBe(true)
  })

  test('a route that changed is told', () => {
    const routeChanges = [{ node: 't1', prefix: '203.0.113.0/24', atMs: 0, via: ['ams'] }]
    expect(judge({ kind: 'no-route-changes' }, { ...measured, routeChanges })).toEqual({
      ok: false,
      measured: 't1: 203.0.113.0/24 by ams',
    })
  })

  test.each([
    [30, 1030, true],
    [1030, 30, false],
  ])('announced after %s ms, withdrawn after %s ms: make before break %s', (announced, withdrawn, ok) => {
    const proofs = [proof(announced, withdrawn)]
    expect(judge({ kind: 'make-before-break' }, { ...measured, proofs }).ok).toBe(ok)
  })
})

function never(text: string): never {
  throw new Error(`no judgement: ${text}`)
}
