import { describe, expect, test } from 'vitest'
import type { AlarmView } from '../../../src/api/wire/alarm.ts'
import type { RevisionView } from '../../../src/api/wire/revision.ts'
import { type Measured, judge } from '../../../src/lab/scenario/judge.ts'
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
    ['apply the policy', 'case:3: "the" is no file to apply'],
    ['renew redis', 'case:3: only the controller starts anew'],
    ['expect check web at fra ill', 'case:3: "expect check web at fra ill" is no expectation'],
    ['expect alarm', 'case:3: "expect alarm" is no expectation'],
  ])('%j is refused with its place', (line, message) => {
    expect(() => parseScenario('case', head + line)).toThrow(message)
  })

  test('without a topology it is refused', () => {
    expect(() => parseScenario('case', 'herald status')).toThrow('say which topology it is for')
  })
})

describe('what is expected of monitoring', () => {
  const one = (line: string) => parseScenario('case', head + line, 'test/lab').steps[0]

  test('Herald starts anew, and a file beside the scenario is applied', () => {
    expect(one('renew controller')).toMatchObject({ kind: 'renew' })
    expect(one('apply failover.yaml --wait')).toMatchObject({ kind: 'apply', file: 'failover.yaml', words: ['--wait'] })
    expect(parseScenario('case', `${head}renew controller`, 'test/lab').folder).toBe('test/lab')
  })

  test('a line that loses all but BGP', () => {
    expect(one('impair fra:eth1 loss 100% except bgp')).toMatchObject({ impairment: { lossRatio: 1, exceptBgp: true } })
  })

  const any = { kind: undefined, place: undefined, saying: undefined }
  test.each([
    ['checks well', { kind: 'checks-well' }],
    ['check web at fra sick', { kind: 'check', check: 'web', place: 'fra', state: 'sick' }],
    ['refused floor at fra', { kind: 'refused', guard: 'floor', place: 'fra' }],
    ['refused correlation', { kind: 'refused', guard: 'correlation', place: undefined }],
    ['alarm breaker', { kind: 'alarm', match: { ...any, kind: 'breaker' }, open: true }],
    ['no alarm', { kind: 'alarm', match: any, open: false }],
    ['no alarm web at fra', { kind: 'alarm', match: { ...any, kind: 'web', place: 'fra' }, open: false }],
    [
      'alarm failover-refused at fra saying below its floor',
      { kind: 'alarm', match: { kind: 'failover-refused', place: 'fra', saying: 'below its floor' }, open: true },
    ],
  ])('%s', (text, expectation) => {
    expect(one(`expect ${text} within 3s`)).toEqual({
      line: 3,
      text: `expect ${text} within 3s`,
      kind: 'expect',
      expectation,
      withinMs: 3000,
    })
  })

  test('in a block an alarm with a time to wait for is looked at, and one without is judged', () => {
    const text = `${head}during it:\n  expect alarm web at fra within 3s\n  expect alarm web at fra\n`
    expect(parseScenario('case', text).steps[0]).toMatchObject({ steps: [{ kind: 'expect' }, { kind: 'judge' }] })
  })
})

describe('what is expected of the path learner', () => {
  const steps = (text: string) => parseScenario('case', `${head}${text}`).steps

  test('another node sends as clients do, and its packets have a round trip', () => {
    expect(steps('traffic fra to origin1\nexpect rtt fra < 10ms within 20s')).toMatchObject([
      { kind: 'traffic', from: 'fra', to: 'origin1' },
      { expectation: { kind: 'rtt', client: 'fra', bound: { operator: '<', value: 10 } }, withinMs: 20_000 },
    ])
  })

  test('a choice is looked at, in a block as well', () => {
    const learned = { kind: 'expect', expectation: { kind: 'learned', place: 'entry:t1-eu', choice: 'ams' } }
    expect(steps('expect learned entry:t1-eu ams within 1m')).toMatchObject([{ ...learned, withinMs: 60_000 }])
    expect(steps('during a while:\n  expect learned entry:t1-eu ams')).toMatchObject([{ steps: [learned] }])
  })

  test.each([
    ['traffic fra', 'case:3: "fra" is no traffic: traffic NODE to NODE'],
    ['expect rtt fra quick', 'case:3: "quick" is no duration'],
    ['expect learned fra/origin1', 'learned PLACE CHOICE'],
  ])('"%s" is refused with its line', (text, message) => {
    expect(() => steps(text)).toThrow(message)
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
  const nothing: Measured = {
    fromMs: Date.parse('2026-11-21T10:00:00Z'),
    toMs: Date.parse('2026-11-21T10:01:00Z'),
    flows: [],
    routeChanges: [],
    revisions: [],
    proofs: [],
    alarms: [],
    alarmDetails: [],
  }
  const measured = { ...nothing, flows: [flow, gone] }

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
    ['route changes t1 <= 2', true],
    ['make before break', false],
    ['failovers 0', true],
    ['no alarm', true],
    ['alarm web at fra', false],
    ['waterfall web at fra pushed < 1s', false],
  ])('%s: %s', (text, ok) => {
    expect(judge(parseJudgement(text) ?? never(text), measured).ok).toBe(ok)
  })

  test('moves holds where every family went that way', () => {
    expect(judge(parseJudgement('moves client1 fra -> ams') ?? never(''), { ...measured, flows: [flow] }).ok).toBe(true)
  })

  test('a route that changed is told', () => {
    const routeChanges = [{ node: 't1', prefix: '203.0.113.0/24', atMs: 0, via: ['ams'] }]
    const judged = (text: string) => judge(parseJudgement(text) ?? never(text), { ...measured, routeChanges })
    expect(judged('no route changes')).toEqual({ ok: false, measured: '1: t1: 203.0.113.0/24 by ams' })
    expect([judged('route changes t1 1').ok, judged('route changes t2 0').ok]).toEqual([true, true])
  })

  test('failovers are the revisions of automation alone', () => {
    const revision = (author: string): RevisionView => ({
      revision: 7,
      at: '2026-11-21T10:00:03Z',
      author,
      reason: 'sick',
      command: 'failover a',
      forced: [],
      removes: 1,
      changes: [],
    })
    const revisions = [revision('herald:failover'), revision('anna')]
    expect(judge(parseJudgement('failovers 1') ?? never(''), { ...nothing, revisions })).toEqual({
      ok: true,
      measured: '1\n7: failover a',
    })
  })

  const alarm: AlarmView = {
    id: 'web/service/fra/web',
    state: 'resolved',
    severity: 'critical',
    kind: 'web',
    subject: 'service/fra/web',
    message: 'web at fra fails: connection refused',
    labels: { pop: 'fra' },
    source: 'herald',
    startedAt: '2026-11-21T10:00:03Z',
    firedAt: '2026-11-21T10:00:03Z',
    resolvedAt: '2026-11-21T10:00:30Z',
    pendingMs: 0,
    firingMs: 27_000,
  }

  test.each([
    ['alarm web at fra', alarm, true],
    ['alarm web at fra saying refused', alarm, true],
    ['alarm web at fra saying timeout', alarm, false],
    ['alarm web at ams', alarm, false],
    ['alarm web at fra resolved', alarm, true],
    ['no alarm web', alarm, false],
    ['no alarm breaker', alarm, true],
    ['alarm web at fra', { ...alarm, firedAt: '2026-11-21T09:59:59Z' }, false], // it was there before
    ['no alarm', { ...alarm, firedAt: '2026-11-21T09:59:59Z' }, true],
    ['alarm web at fra resolved', { ...alarm, state: 'firing' as const, resolvedAt: undefined }, false],
  ])('%s', (text, one, ok) => {
    const { resolvedAt, ...rest } = one
    const alarms = [{ ...rest, ...(resolvedAt !== undefined && { resolvedAt }) }]
    expect(judge(parseJudgement(text) ?? never(text), { ...nothing, alarms }).ok).toBe(ok)
  })

  describe('of a waterfall', () => {
    const fall = (adjOutMs: number | undefined, decidedMs = -2) => ({
      ...alarm,
      revisions: [
        {
          revision: 9,
          at: '2026-11-21T10:00:03Z',
          command: 'failover',
          reason: 'sick',
          proof: {
            ...proof(1, 1),
            detection: { alarm: alarm.id, sentMs: -60, receivedMs: -5, decidedMs },
            speakers: [
              {
                speaker: 'fra-1',
                announce: 0,
                withdraw: 1,
                pushedMs: 40,
                ribMs: 44,
                ...(adjOutMs !== undefined && { adjOutMs }),
              },
            ],
          },
        },
      ],
    })

    test.each([
      ['adj-out < 250ms', fall(90), true],
      ['adj-out < 100ms', fall(90), false],
      ['pushed <= 100ms', fall(90), true],
      ['decided < 100ms', fall(90), true],
      ['decided < 100ms', fall(undefined), false], // not proved to its end
      ['adj-out < 250ms', fall(90, 41), false], // decided after it was pushed: no time line
    ])('%s', (text, detail, ok) => {
      const judgement = parseJudgement(`waterfall web at fra ${text}`) ?? never(text)
      expect(judge(judgement, { ...nothing, alarmDetails: [detail] }).ok).toBe(ok)
    })

    test('it is told from the last sample that was needed', () => {
      const judgement = parseJudgement('waterfall web at fra adj-out < 1s') ?? never('')
      expect(judge(judgement, { ...nothing, alarmDetails: [fall(90)] }).measured).toBe(
        'taken 55 ms, decided 58 ms, pushed 100 ms, rib 104 ms, adj-out 150 ms',
      )
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
