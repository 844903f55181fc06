import { describe, expect, test } from 'vitest'
import { budgetLeft, recentChanges } from '../../../src/learning/budget.ts'
import { preferenceFor, sameBand } from '../../../src/learning/band.ts'
import type { PopId } from '../../../src/intent/model.ts'
import { type BatchOptions, LearnerRun, minuteMs } from '../../support/learning.ts'

/** The same step of 20 ms, which moves to `b` when no guard is in the way. */
function step(options: BatchOptions) {
  const run = new LearnerRun().settle({ a: 50, b: 50 })
  const moved = run.untilMove({ a: 70, b: 50 }, 20, options)
  return { moved: moved !== undefined, run }
}

describe('a guard', () => {
  test('is not in the way of a plain step', () => {
    expect(step({}).moved).toBe(true)
  })

  test.each([
    ['band', { kinds: { a: 'peer', b: 'transit' } }],
    ['load', { capacity: { b: { limitBps: 100, loadBps: 60 } }, demandBps: 21 }],
    ['frozen', { frozen: true }],
    ['waiting', { waiting: 'a move is being verified' }],
    ['budget', { budget: { pop: 0, fleet: 10 } }],
    ['budget', { budget: { pop: 2, fleet: 0 } }],
  ] as const)('%s stops it, says so once, and the learner goes on wanting it', (guard, options) => {
    const { moved, run } = step(options)
    expect(moved).toBe(false)
    expect(run.decisions).toMatchObject([{ kind: 'held', guard, wanted: 'b' }])
    expect(run.untilMove({ a: 70, b: 50 }, 2)).toBe(1)
  })

  test('measured stops a move to a path that lost two of its last twenty probes, however fast it is', () => {
    const run = new LearnerRun().settle({ a: 50, b: 50 })
    run.step({ a: 50, b: 'lost' }, { probes: 2 })
    expect(run.untilMove({ a: 70, b: 50 }, 8, { probes: 2 })).toBeUndefined()
    expect(run.decisions).toMatchObject([{ kind: 'held', guard: 'measured', wanted: 'b' }])
    expect(run.untilMove({ a: 70, b: 50 }, 8, { probes: 2 })).toBeDefined()
  })

  test('load lets a path be filled to 80 % of its capacity', () => {
    expect(step({ capacity: { b: { limitBps: 100, loadBps: 60 } }, demandBps: 20 }).moved).toBe(true)
  })

  test.each([
    ['an unknown load', { b: { limitBps: 100 } }, 1, /capacity of b is written and its load is not known/],
    [
      'a demand that nobody told, nor the load of the path in use',
      { b: { limitBps: 100, loadBps: 1 } },
      undefined,
      /how much would move is not known/,
    ],
    [
      'all that the path in use carries, where nobody told the demand',
      { a: { limitBps: 100, loadBps: 50 }, b: { limitBps: 100, loadBps: 40 } },
      undefined,
      /b would be at 90 % of its capacity, with all that a carries, above 80 %/,
    ],
  ] as const)('load takes %s for no room', (_, capacity, demandBps, words) => {
    const { moved, run } = step({ capacity, ...(demandBps !== undefined && { demandBps }) })
    expect(moved).toBe(false)
    expect(run.decisions).toMatchObject([
      { kind: 'held', guard: 'load', explanation: { sentence: expect.stringMatching(words) } },
    ])
  })

  test('load lets go where all that the path in use carries has room', () => {
    expect(step({ capacity: { a: { limitBps: 100, loadBps: 30 }, b: { limitBps: 100, loadBps: 40 } } }).moved).toBe(
      true,
    )
  })

  test('load does not keep traffic on a dead path for want of a figure, and never moves it onto one that is full', () => {
    const dying = (capacity: BatchOptions['capacity'] & object) =>
      new LearnerRun().settle({ a: 50, b: 50 }, 40, 1000).untilMove({ a: 'lost', b: 50 }, 60, { capacity }, 1000)
    expect(dying({ b: { limitBps: 100 } })).toBeDefined()
    expect(dying({ b: { limitBps: 100, loadBps: 70 } })).toBeDefined()
    expect(dying({ b: { limitBps: 100, loadBps: 81 } })).toBeUndefined()
  })

  test('freezes even the emergency lane', () => {
    const run = new LearnerRun().settle({ a: 50, b: 50 }, 40, 1000)
    expect(run.untilMove({ a: 'lost', b: 50 }, 60, { frozen: true }, 1000)).toBeUndefined()
  })

  test('shadow decides and explains, and says that nothing was carried out', () => {
    const { run } = step({ applied: false })
    expect(run.decisions).toMatchObject([{ kind: 'move', applied: false }])
  })
})

describe('the budget', () => {
  const pop = 'fra' as PopId
  const at = (minutes: number, where = 'fra') => ({ pop: where as PopId, atMs: minutes * minuteMs, applied: true })
  test('of a POP is two changes in any hour, of the fleet ten', () => {
    expect(budgetLeft([], { pop, applied: true }, 0)).toEqual({ pop: 2, fleet: 10 })
    expect(budgetLeft([at(0), at(30), at(40, 'sin')], { pop, applied: true }, 59 * minuteMs)).toEqual({
      pop: 0,
      fleet: 7,
    })
    expect(budgetLeft([at(0), at(30), at(40, 'sin')], { pop, applied: true }, 60 * minuteMs)).toEqual({
      pop: 1,
      fleet: 8,
    })
  })

  test('of what is decided in shadow is a separate one', () => {
    expect(budgetLeft([at(0), at(1)], { pop, applied: false }, minuteMs)).toEqual({ pop: 2, fleet: 10 })
  })

  test('forgets what is an hour old', () => {
    expect(recentChanges([at(0), at(30)], 60 * minuteMs)).toEqual([at(30)])
  })
})

describe('the band', () => {
  test('of a preference is that of the relationship, below every local service', () => {
    const localPref = (kind: 'transit' | 'peer' | 'internal') => preferenceFor({ path: 'a', kind }).localPref
    expect([localPref('transit'), localPref('peer'), localPref('internal')]).toEqual([199, 399, 99])
  })

  test('is left by no move', () => {
    expect([sameBand('peer', 'peer'), sameBand('peer', 'transit')]).toEqual([true, false])
  })
})
