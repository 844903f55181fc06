import { describe, expect, test } from 'vitest'
import { random } from '../../bench/learner/group.ts'
import { LearnerRun, minuteMs } from '../../support/learning.ts'

const equal = { a: 50, b: 50, c: 50 }

describe('a cold start', () => {
  test("keeps BGP's choice", () => {
    const run = new LearnerRun()
    run.step({ a: 90, b: 50 }, { bgpChoice: 'a' })
    expect(run.state.chosen).toBe('a')
  })

  test('does not move before both paths were measured for the warm-up', () => {
    const run = new LearnerRun({ warmUpBatches: 8 })
    expect(run.untilMove({ a: 90, b: 50 }, 7)).toBeUndefined()
    expect(run.decisions).toMatchObject([{ kind: 'held', guard: 'warm-up', wanted: 'b' }])
    expect(run.untilMove({ a: 90, b: 50 }, 7)).toBe(1)
  })
})

describe('evidence', () => {
  test('of a step of 10 ms moves the path within five samples of four minutes', () => {
    expect(new LearnerRun().settle(equal).untilMove({ a: 60, b: 50, c: 50 }, 10)).toBeLessThanOrEqual(5)
  })

  test('of one late batch is none, however late it was', () => {
    const run = new LearnerRun().settle(equal)
    run.step({ a: 900, b: 50, c: 50 })
    expect(run.state.arms.map(({ evidence }) => evidence.statisticMsMin)).toEqual([0, 0, 0])
    expect(run.untilMove(equal, 20)).toBeUndefined()
  })

  test('takes the better of two better paths', () => {
    const run = new LearnerRun().settle(equal)
    run.untilMove({ a: 70, b: 55, c: 50 }, 10)
    expect(run.state.chosen).toBe('c')
  })

  test('of a small difference is gathered for as long as it takes', () => {
    const run = new LearnerRun().settle(equal)
    expect(run.untilMove({ a: 51, b: 50, c: 50 }, 200)).toBeGreaterThan(5)
    expect(run.state.chosen).not.toBe('a')
  })

  test('does not come from a path that was not measured', () => {
    const run = new LearnerRun().settle(equal)
    expect(run.untilMove({ a: 'unknown', b: 20, c: 20 }, 50)).toBeUndefined()
    expect(run.untilMove({ a: 50, b: 'unknown', c: 'unknown' }, 50)).toBeUndefined()
    expect(run.decisions).toEqual([])
  })

  test('is withheld while all paths leave their levels together', () => {
    const run = new LearnerRun().settle({ a: 50, b: 49.9, c: 50 })
    run.step({ a: 90, b: 80, c: 90 })
    run.step({ a: 90, b: 80, c: 90 })
    expect(run.state.arms.map(({ evidence }) => evidence.runMin)).toEqual([0, expect.any(Number), 0])
    expect(run.decisions).toEqual([])
  })
})

describe('a path that is gone', () => {
  test("is left for BGP's own choice, without evidence and without a learner's change", () => {
    const run = new LearnerRun().settle(equal)
    run.untilMove({ a: 90, b: 50, c: 60 }, 10)
    expect(run.state.chosen).toBe('b')
    expect(run.step({ a: 90, c: 60 })).toMatchObject({ kind: 'move', cause: 'gone', from: 'b', to: 'a' })
    expect(run.state.chosen).toBe('a')
  })
})

describe('a black hole', () => {
  const second = 1000
  test('is left within three probes at one probe a second', () => {
    const run = new LearnerRun().settle(equal, 60, second)
    expect(run.untilMove({ a: 'lost', b: 50, c: 51 }, 10, { probes: 1 }, second)).toBe(3)
    expect(run.decisions).toMatchObject([{ kind: 'move', cause: 'blackhole', from: 'a', to: 'b' }])
  })

  test('of every path at once moves nothing', () => {
    const run = new LearnerRun().settle(equal, 60, second)
    expect(run.untilMove({ a: 'lost', b: 'lost', c: 'lost' }, 60, {}, second)).toBeUndefined()
  })

  test('that swallows a third of the probes is left as well', () => {
    const run = new LearnerRun().settle(equal, 60, second)
    let moved = 0
    for (let i = 0; i < 40 && moved === 0; i++)
      if (run.step({ a: i % 3 === 0 ? 'lost' : 50, b: 50, c: 50 }, { probes: 1 }, second).kind === 'move') moved = i + 1
    expect(moved).toBeGreaterThan(0)
    expect(moved).toBeLessThanOrEqual(20)
  })
})

describe('after a move', () => {
  test('what it brought is measured on both paths', () => {
    const run = new LearnerRun().settle(equal)
    run.untilMove({ a: 70, b: 50, c: 60 }, 10)
    run.settle({ a: 70, b: 50, c: 60 }, 5)
    expect(run.state.lastMove).toMatchObject({ from: 'a', to: 'b', realisedSumMs: 100, realisedBatches: 5 })
  })

  test('a gain that does not come true is reverted, and the path that disappointed is barred, longer each time', () => {
    const run = new LearnerRun().settle(equal)
    const disappoint = () => {
      while (run.state.chosen !== 'b') run.step({ a: 70, b: 50, c: 80 })
      run.untilMove({ a: 50, b: 75, c: 80 }, 10)
      expect(run.decisions.at(-1)).toMatchObject({ kind: 'move', cause: 'revert', from: 'b', to: 'a' })
      return run.atMs
    }
    const first = disappoint()
    for (let i = 0; i < 8; i++) run.step({ a: 70, b: 50, c: 80 })
    expect(run.decisions.at(-1)).toMatchObject({ kind: 'held', guard: 'back-off', wanted: 'b' })
    const second = disappoint()
    run.untilMove({ a: 70, b: 50, c: 80 }, 100)
    expect(second - first).toBeGreaterThanOrEqual(60 * minuteMs)
    expect(run.atMs - second).toBeGreaterThanOrEqual(120 * minuteMs)
  })

  test('the next one waits for the dwell', () => {
    const run = new LearnerRun({ dwellMs: 60 * minuteMs }).settle(equal)
    run.untilMove({ a: 70, b: 50, c: 80 }, 10)
    expect(run.untilMove({ a: 50, b: 75, c: 80 }, 14)).toBeUndefined()
    expect(run.decisions.at(-1)).toMatchObject({ kind: 'held', guard: 'dwell' })
    expect(run.untilMove({ a: 50, b: 75, c: 80 }, 5)).toBeDefined()
  })
})

describe('noise', () => {
  /** Of standard deviation 1 ms; `memory` is what is left of a deviation in the next sample. */
  function restless(memory: number, seed: number): () => number {
    const draw = random(seed)
    let deviation = 0
    return () => {
      const fresh = Math.sqrt(-2 * Math.log(draw() + 1e-12)) * Math.cos(2 * Math.PI * draw())
      deviation = memory * deviation + Math.sqrt(1 - memory * memory) * fresh
      return 50 + deviation
    }
  }

  test.each([0.5, 0.8, 0.9])(
    'that goes away by itself, %f of it left after four minutes, moves once a month at most',
    (memory) => {
      const run = new LearnerRun()
      const [a, b, c] = [restless(memory, 1), restless(memory, 2), restless(memory, 3)]
      for (let i = 0; i < 30 * 360; i++) run.step({ a: a(), b: b(), c: c() })
      expect(run.decisions.filter(({ kind }) => kind === 'move').length).toBeLessThanOrEqual(1)
    },
  )

  test('counts the same whether batches come every 10 seconds or every 4 minutes: they are samples of a minute', () => {
    const quick = new LearnerRun().settle(equal, 200, 10_000)
    const slow = new LearnerRun().settle(equal)
    const minutesTo = (run: LearnerRun, everyMs: number) =>
      ((run.untilMove({ a: 60, b: 50, c: 50 }, 500, {}, everyMs) ?? NaN) * everyMs) / minuteMs
    expect(minutesTo(quick, 10_000)).toBeLessThanOrEqual(minutesTo(slow, 4 * minuteMs))
    expect(minutesTo(new LearnerRun().settle(equal, 200, 10_000), 10_000)).toBeGreaterThan(13)
  })

  test('never moves between paths that cost the same', () => {
    const run = new LearnerRun()
    let seed = 1
    const noisy = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return 50 + (10 * seed) / 2147483648
    }
    for (let i = 0; i < 3600; i++) run.step({ a: noisy(), b: noisy(), c: noisy() })
    expect(run.decisions).toEqual([])
  })
})
