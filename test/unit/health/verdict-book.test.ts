/** From samples to verdicts: counts, silence, quorum, windows, damping, suspicion; each with an explicit clock. */
import { describe, expect, test } from 'vitest'
import { allHealthGuards } from '../../../src/health/guards.ts'
import { defaultDamping, isDamped } from '../../../src/health/penalty.ts'
import type { Sample } from '../../../src/health/sample.ts'
import { type Verdict, verdictKey } from '../../../src/health/verdict.ts'
import { VerdictBook } from '../../../src/health/verdict-book.ts'
import type { WatchedTask } from '../../../src/health/watch.ts'
import { placeOf } from '../../../src/health/verdict.ts'
import { Feeder, service, watched } from '../../support/health-builders.ts'

/** One second a letter: `.` ok, `x` failed, `-` nothing comes, `?` the agent could not probe. */
class Timeline {
  readonly book: VerdictBook
  readonly feeder: Feeder
  nowMs = 0

  constructor(tasks: readonly WatchedTask[], guards = allHealthGuards) {
    this.book = new VerdictBook(defaultDamping, guards)
    this.book.configure(tasks, 0)
    this.feeder = new Feeder(this.book)
  }

  /** Agents' letters side by side, one second each. */
  play(task: WatchedTask, letters: Readonly<Record<string, string>>): Verdict {
    const seconds = Math.max(...Object.values(letters).map(({ length }) => length))
    for (let i = 0; i < seconds; i++) {
      this.nowMs += 1000
      for (const [agent, line] of Object.entries(letters)) this.#letter(task, agent, line[i] ?? '-')
      this.book.advance(this.nowMs)
    }
    return this.verdict(task)
  }

  verdict({ check, subject }: WatchedTask): Verdict {
    return this.book.all.get(verdictKey(check, placeOf(subject)))!
  }

  #letter(task: WatchedTask, agent: string, letter: string): void {
    if (letter === '-') {
      this.feeder.sample(task, agent, 'ok', this.nowMs)
      return
    }
    this.feeder.feed(task, agent, ({ '.': 'ok', x: 'fail', '?': 'unknown' } as const)[letter]!, this.nowMs)
  }
}

const dns = watched(service('fra'), ['fra'])

describe('one agent', () => {
  test.each([
    ['..', 'healthy'],
    ['.', 'unknown'],
    ['..xx', 'healthy'],
    ['..xxx', 'sick'],
    ['..xx.xx', 'healthy'],
    ['..xxx.', 'sick'],
    ['..xxx..', 'healthy'],
    ['..x-x-x', 'sick'],
    ['..x-x--', 'healthy'],
    ['..xx?x', 'sick'],
    ['..??????', 'unknown'],
    ['..------', 'unknown'],
    ['..xxx------', 'unknown'],
    ['..xx------x', 'unknown'],
    ['xxx', 'sick'],
  ])('%s is %s', (letters, state) => {
    const timeline = new Timeline([dns])
    expect(timeline.play(dns, { fra: letters }).state).toBe(state)
  })

  test('the verdict is made by the very sample that completes the count, and says so', () => {
    const timeline = new Timeline([dns])
    timeline.play(dns, { fra: '....xx' })
    const [verdict] = timeline.feeder.feed(dns, 'fra', 'fail', 7020)
    expect(verdict).toMatchObject({
      state: 'sick',
      sinceMs: 7020,
      reason: 'dns at fra fails for 1 of 1 agent (fra): 3 probes failed in a row',
      completedBy: { agent: 'fra', sequence: 7, sentAtMs: 7000, receivedAtMs: 7020 },
    })
  })

  test('samples doubled, or delivered in any order, make the same verdict', () => {
    const letters = ['ok', 'ok', 'fail', 'ok', 'fail', 'fail', 'fail'] as const
    const orders = [
      [0, 1, 2, 3, 4, 5, 6],
      [6, 5, 4, 3, 2, 1, 0],
      [2, 2, 4, 5, 0, 6, 6, 1, 3, 3],
    ]
    for (const order of orders) {
      const timeline = new Timeline([dns])
      const samples = letters.map((outcome, i) => timeline.feeder.sample(dns, 'fra', outcome, 20 + i * 100))
      timeline.book.ingest(
        order.map((i) => samples[i]!),
        1000,
      )
      expect(timeline.verdict(dns).state).toBe('sick')
    }
  })

  test('a good sample that comes late breaks a run of failures that was none', () => {
    const timeline = new Timeline([dns])
    timeline.play(dns, { fra: '..' })
    const [a, late, b, c] = (['fail', 'ok', 'fail', 'fail'] as const).map((outcome, i) =>
      timeline.feeder.sample(dns, 'fra', outcome, 3000 + i * 1000),
    ) as [Sample, Sample, Sample, Sample]
    timeline.book.ingest([a, b, late], 5000)
    timeline.book.ingest([c], 6000)
    expect(timeline.verdict(dns).state).toBe('healthy')
  })

  test('a backlog of an agent that was cut off is history, and makes no verdict', () => {
    const timeline = new Timeline([dns])
    timeline.play(dns, { fra: '..' })
    const backlog = Array.from({ length: 20 }, (_, i) => timeline.feeder.sample(dns, 'fra', 'fail', 3000 + i * 1000))
    const now = timeline.feeder.sample(dns, 'fra', 'ok', 60_000)
    timeline.book.advance(59_000)
    timeline.book.ingest([...backlog, now], 60_000)
    expect(timeline.verdict(dns).state).toBe('unknown')
  })

  test('an agent whose clock is an hour wrong is unknown for two minutes at most, then as good as any', () => {
    for (const wrongMs of [-3_600_000, 3_600_000]) {
      const timeline = new Timeline([dns])
      const feed = (nowMs: number, outcome: Sample['outcome']) =>
        timeline.book.ingest([timeline.feeder.sample(dns, 'fra', outcome, nowMs, { atMs: nowMs + wrongMs })], nowMs)
      for (let nowMs = 1000; nowMs <= 125_000; nowMs += 1000) feed(nowMs, 'ok')
      expect(timeline.verdict(dns).state).toBe('healthy')
      for (let nowMs = 126_000; nowMs <= 128_000; nowMs += 1000) feed(nowMs, 'fail')
      expect(timeline.verdict(dns).state).toBe('sick')
    }
  })

  test('an agent that started again counts from 1 and is heard at once', () => {
    const timeline = new Timeline([dns])
    timeline.play(dns, { fra: '.'.repeat(100) })
    for (let i = 1; i <= 3; i++) {
      const sample = timeline.feeder.sample(dns, 'fra', 'fail', 100_000 + i * 1000, { sequence: i })
      timeline.book.ingest([sample], 100_000 + i * 1000)
    }
    expect(timeline.verdict(dns).state).toBe('sick')
  })

  test('a subject that loses probes by itself needs a longer run to be sick', () => {
    const timeline = new Timeline([dns])
    const noisy = 'x'.padStart(100, '.')
    expect(timeline.play(dns, { fra: `${noisy.repeat(40)}.xxxx` }).state).toBe('healthy')
    expect(timeline.play(dns, { fra: 'x' }).state).toBe('sick')
    expect(timeline.verdict(dns).reason).toMatch(
      /5 probes failed in a row \(\d\.\d % of its probes fail by themselves\)/,
    )
  })
})

describe('a window', () => {
  const lossy = watched(service('fra'), ['fra'], { window: { lengthMs: 30_000, maxLossRatio: 0.1 } })

  test('says that a line with 30 % loss fails although it never loses three in a row', () => {
    const timeline = new Timeline([lossy])
    timeline.play(lossy, { fra: '.'.repeat(60) })
    const verdict = timeline.play(lossy, { fra: 'x..'.repeat(14) })
    expect(verdict.state).toBe('sick')
    expect(verdict.reason).toMatch(/% of packets lost in 30 s, more than 10 %/)
  })

  test('leaves only well below its limit, and after rise good ones', () => {
    const timeline = new Timeline([lossy])
    timeline.play(lossy, { fra: `${'.'.repeat(60)}${'x..'.repeat(14)}` })
    expect(timeline.play(lossy, { fra: '.'.repeat(5) }).state).toBe('sick')
    expect(timeline.play(lossy, { fra: '.'.repeat(30) }).state).toBe('healthy')
  })

  test('a median round trip above its limit is sick, one slow sample is not', () => {
    const slow = watched(service('fra'), ['fra'], { window: { lengthMs: 10_000, maxRttMs: 50 } })
    const timeline = new Timeline([slow])
    const feed = (rttMs: number) => {
      timeline.nowMs += 1000
      timeline.book.ingest([timeline.feeder.sample(slow, 'fra', 'ok', timeline.nowMs, { rttMs })], timeline.nowMs)
    }
    for (let i = 0; i < 20; i++) feed(i === 15 ? 900 : 20)
    expect(timeline.verdict(slow).state).toBe('healthy')
    for (let i = 0; i < 7; i++) feed(80)
    expect(timeline.verdict(slow).reason).toContain('the median round trip in 10 s is above 50 ms')
  })
})

describe('several agents', () => {
  const three = watched(service('fra'), ['ams', 'lon', 'nyc'])
  test.each([
    ['more than half', { ams: '..xxx', lon: '..xxx', nyc: '.....' }, 'sick'],
    ['one that lies', { ams: '..xxx', lon: '.....', nyc: '.....' }, 'healthy'],
    ['one that fails and one that is dead', { ams: '.......xxx', lon: '..........', nyc: '..--------' }, 'unknown'],
    ['all dead', { ams: '..--------', lon: '..--------', nyc: '..--------' }, 'unknown'],
    ['two dead, one failing', { ams: '..--------', lon: '..--------', nyc: '..xxxxxxxx' }, 'unknown'],
    ['one dead, two well', { ams: '..--------', lon: '..........', nyc: '..........' }, 'healthy'],
  ] as const)('%s', (_, letters, state) => {
    const timeline = new Timeline([three])
    expect(timeline.play(three, letters).state).toBe(state)
  })

  test('sick, unknown for a while, sick again is one sickness', () => {
    const timeline = new Timeline([dns])
    const first = timeline.play(dns, { fra: '..xxx' })
    expect(timeline.play(dns, { fra: '-------' }).state).toBe('unknown')
    expect(timeline.play(dns, { fra: 'xxx' })).toMatchObject({
      state: 'sick',
      sinceMs: first.sinceMs,
      penalty: first.penalty,
    })
  })
})

describe('damping', () => {
  test('the third flap damps, until the penalty has decayed below the reuse limit', () => {
    const timeline = new Timeline([dns])
    const penalties = [1, 2, 3].map(() => timeline.play(dns, { fra: '...xxx' }).penalty)
    expect(penalties.map(({ suppressedUntilMs }) => suppressedUntilMs !== undefined)).toEqual([false, false, true])
    const last = penalties[2]!
    expect(isDamped(last, timeline.nowMs)).toBe(true)
    expect(last.suppressedUntilMs! - timeline.nowMs).toBeGreaterThan(400_000)
  })

  test('never for longer than the longest suppression', () => {
    const timeline = new Timeline([dns])
    const { penalty } = timeline.play(dns, { fra: '...xxx'.repeat(60) })
    expect(penalty.suppressedUntilMs! - timeline.nowMs).toBeLessThanOrEqual(defaultDamping.maxSuppressMs)
  })
})

describe('an agent that sees everything fail', () => {
  const tasks = ['fra', 'lon', 'nyc', 'sin'].map((pop) => watched(service(pop), ['far'], { quorum: 1 }))
  const everyone = (timeline: Timeline, letter: string) => {
    timeline.nowMs += 1000
    for (const task of tasks) timeline.feeder.feed(task, 'far', letter === 'x' ? 'fail' : 'ok', timeline.nowMs)
    timeline.book.advance(timeline.nowMs)
  }
  const states = (timeline: Timeline) => tasks.map((task) => timeline.verdict(task).state)

  test('is suspected itself, before any of its counts is complete', () => {
    const timeline = new Timeline(tasks)
    for (const letter of '....xxxxx') everyone(timeline, letter)
    expect(states(timeline)).toEqual(['unknown', 'unknown', 'unknown', 'unknown'])
    expect(timeline.book.suspectedAgents()).toMatchObject([{ agent: 'far', sinceMs: 5000 }])
    for (const letter of '..') everyone(timeline, letter)
    expect(timeline.book.suspectedAgents()).toEqual([])
    expect(states(timeline)).toEqual(['healthy', 'healthy', 'healthy', 'healthy'])
  })

  test('and without that guard, every POP would be called sick', () => {
    const timeline = new Timeline(tasks, { ...allHealthGuards, agent: false })
    for (const letter of '....xxx') everyone(timeline, letter)
    expect(states(timeline)).toEqual(['sick', 'sick', 'sick', 'sick'])
  })

  test('an agent of a POP that sees all of that POP fail is believed', () => {
    const own = ['dns', 'http', 'ntp'].map((name) => watched(service('fra', name), ['fra']))
    const timeline = new Timeline(own)
    for (let i = 1; i <= 5; i++)
      for (const task of own) timeline.feeder.feed(task, 'fra', i < 3 ? 'ok' : 'fail', i * 1000)
    expect(own.map((task) => timeline.verdict(task).state)).toEqual(['sick', 'sick', 'sick'])
  })
})

test('a watch that stays as it was keeps its verdict when others change', () => {
  const other = watched(service('lon'), ['lon'])
  const timeline = new Timeline([dns])
  timeline.play(dns, { fra: '..xxx' })
  timeline.book.configure([dns, other], timeline.nowMs)
  expect(timeline.verdict(dns).state).toBe('sick')
  expect(timeline.verdict(other).state).toBe('unknown')
  expect([...timeline.book.sick.keys()]).toEqual(['dns pop fra'])
})
