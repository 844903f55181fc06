/**
 * A week of a path's hourly costs: what the path does by itself. From it is learned how far it strays, what it costs as a
 * rule, and how much of a deviation is still there hours later.
 */
import { median } from './cost.ts'

/** Plain data. */
export interface Hours {
  /** Of the hour that is being measured. */
  readonly minutes: number
  readonly sumMsMin: number
  /** Mean cost of each whole hour that was measured, newest last, ms. */
  readonly costsMs: readonly number[]
}

export const noHours: Hours = { minutes: 0, sumMsMin: 0, costsMs: [] }

export const hoursKept = 168
const hourMin = 60

export function addToHour(hours: Hours, costMs: number, minutes: number): Hours {
  const whole = hours.minutes + minutes
  const sumMsMin = hours.sumMsMin + costMs * minutes
  if (whole < hourMin) return { ...hours, minutes: whole, sumMsMin }
  // Hundredths: it is stored with every batch.
  const meanMs = Math.round((sumMsMin / whole) * 100) / 100
  return { minutes: 0, sumMsMin: 0, costsMs: [...hours.costsMs, meanMs].slice(-hoursKept) }
}

/** What a week of hours says of a path. */
export interface Habit {
  readonly hours: number
  /** What the path costs as a rule; an hour counts by 3 ms of deviation at most. */
  readonly meanMs: number
  /** How far an hour is from the median hour: standard deviation, from the median distance, so that rare hours do not count. */
  readonly strayMs: number
  /** Mean squared deviation and mean product of deviations `lagHours` apart, ms², deviations up to 3 ms. */
  readonly variance: number
  readonly covariance: number
}

/** Hours after which a difference has to be there still to be called lasting. */
export const lagHours = 2
const largestDeviationMs = 3
/** Standard deviation of a normal distribution over its median distance. */
const normalFactor = 1.48

export function habitOf({ costsMs }: Hours): Habit {
  const hours = costsMs.length
  if (hours === 0) return { hours, meanMs: 0, strayMs: 0, variance: 0, covariance: 0 }
  const middleMs = median(costsMs)
  const strayMs = normalFactor * median(costsMs.map((costMs) => Math.abs(costMs - middleMs)))
  let [sum, squares, products] = [0, 0, 0]
  const deviations = costsMs.map((costMs) =>
    Math.max(-largestDeviationMs, Math.min(largestDeviationMs, costMs - middleMs)),
  )
  deviations.forEach((deviation, i) => {
    sum += deviation
    squares += deviation * deviation
    if (i >= lagHours) products += deviation * (deviations[i - lagHours] as number)
  })
  const pairs = Math.max(0, hours - lagHours)
  return {
    hours,
    meanMs: middleMs + sum / hours,
    strayMs,
    variance: squares / hours,
    covariance: pairs === 0 ? 0 : products / pairs,
  }
}
