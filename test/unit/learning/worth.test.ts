import { describe, expect, test } from 'vitest'
import { type Arm, newArm } from '../../../src/learning/arm.ts'
import { type Hours, addToHour, habitOf, hoursKept, noHours } from '../../../src/learning/hours.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { worthOf } from '../../../src/learning/worth.ts'
import { random } from '../../bench/learner/group.ts'

const priceMsMin = 100
const week = (cost: (hour: number) => number): Hours =>
  Array.from({ length: hoursKept }, (_, hour) => cost(hour)).reduce(
    (hours, cost) => addToHour(hours, cost, 60),
    noHours,
  )

/** A spell of so many minutes in which the challenger saved `gainMs`. */
const gained = (gainMs: number, minutes: number) => ({
  statisticMsMin: gainMs * minutes,
  runMin: minutes,
  runSquaredMin: minutes * 4,
})
const arm = (path: string, hours: Hours, evidence: Arm['evidence'] = gained(0, 0)): Arm => ({
  ...newArm(path),
  hours,
  evidence,
})
const worth = (challenger: Arm, incumbent: Arm) => worthOf(challenger, incumbent, priceMsMin, defaultSettings)

const draw = random(1)
/** Differences that come and go by the hour, and such that stay for a day. */
const restless = week(() => 50 + 6 * draw())
const daily = week((hour) => (Math.floor(hour / 24) % 2 === 0 ? 50 : 53))
const quiet = week(() => 50)

describe('a move', () => {
  test('is worth little between paths whose differences do not last', () => {
    const { verdict, lastingMin } = worth(arm('b', restless, gained(4, 40)), arm('a', restless))
    expect([verdict, lastingMin]).toEqual(['too-little', 15])
  })

  test('is worth its price between paths whose differences stay for hours', () => {
    const { verdict, lastingMin, msMin } = worth(arm('b', daily, gained(2, 60)), arm('a', daily))
    expect(verdict).toBe('expected')
    expect(lastingMin).toBeGreaterThan(120)
    expect(msMin).toBeGreaterThan(2 * 120)
  })

  test('is worth its price for a gain that neither path has by itself', () => {
    expect(worth(arm('b', quiet, gained(3, 40)), arm('a', quiet)).verdict).toBe('new')
    expect(worth(arm('b', restless, gained(3, 40)), arm('a', restless)).verdict).toBe('too-little')
  })

  test('is worth its price once the gain has lasted, whatever the paths did before', () => {
    expect(worth(arm('b', restless, gained(4, 149)), arm('a', restless)).verdict).toBe('too-little')
    expect(worth(arm('b', restless, gained(4, 150)), arm('a', restless)).verdict).toBe('lasted')
  })

  test('is worth more toward the path that costs less as a rule', () => {
    const dear = week((hour) => 60 + (hour % 2))
    const cheap = week((hour) => 50 + (hour % 2))
    const toward = worth(arm('b', cheap, gained(1, 200)), arm('a', dear))
    const away = worth(arm('b', dear, gained(1, 200)), arm('a', cheap))
    expect(toward.verdict).toBe('expected')
    expect(toward.msMin - away.msMin).toBeGreaterThan(8 * 240)
  })

  test('is expected to be worth a quarter of an hour where no two hours were measured', () => {
    const { msMin, lastingMin } = worth(arm('b', noHours, gained(5, 40)), arm('a', noHours))
    expect([msMin, lastingMin]).toEqual([75, 15])
  })
})

describe('the hours of a path', () => {
  test('are whole hours, each a mean by the minutes that its samples stand for', () => {
    const hours = addToHour(addToHour(addToHour(noHours, 40, 20), 55, 30), 55, 10)
    expect(hours).toEqual({ minutes: 0, sumMsMin: 0, costsMs: [50] })
  })

  test('are kept for a week', () => {
    expect(addToHour(quiet, 99, 60).costsMs).toHaveLength(hoursKept)
    expect(addToHour(quiet, 99, 60).costsMs.at(-1)).toBe(99)
  })

  test('say how far the path strays, without the rare hours of an outage', () => {
    const rare = week((hour) => (hour % 50 === 0 ? 500 : 50 + (hour % 2)))
    expect(habitOf(rare).strayMs).toBeLessThan(1)
    expect(habitOf(rare).meanMs).toBeLessThan(51)
  })
})
