/**
 * Self-tuning, each night: the learner's own batches are decided again under other settings, and the hours of the day are
 * measured. What would have cost less becomes a challenger, which has to win in shadow (trial.ts) before it counts.
 *
 * 1. Fit priors to the log.
 * 2. For each setting of the grid: decide the log again, add up the cost of the paths it would have used, and a price for
 *    each change.
 * 3. The cheapest becomes the challenger, if it is cheaper than the present setting by a margin.
 */
import type { Batch } from './batch.ts'
import { stepLearner } from './learner.ts'
import { median } from './cost.ts'
import type { Priors } from './prior.ts'
import type { LearnerSettings } from './settings.ts'
import { type LearnerState, newLearner } from './state.ts'

export interface Tuning {
  readonly settings: LearnerSettings
  readonly priors: Priors | undefined
}

/** What a way of deciding would have cost over a log. */
export interface Account {
  readonly costMsMin: number
  readonly changes: number
  readonly minutes: number
}

/** Price of a change, as much as 75 samples of 1 ms at four minutes each. */
export const changePriceMsMin = 300
/** A challenger has to promise this much less than the present setting. */
const margin = 0.01

const factors = [0.7, 1, 1.4] as const
const deadbands = [0, 0.5, 1] as const

/** @param batches of one learner, in order; @returns undefined where nothing would have been clearly cheaper */
export function proposeTuning(start: LearnerState, batches: readonly Batch[], present: Tuning): Tuning | undefined {
  const steps = proposingTuning(start, batches, present)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same in steps of a few milliseconds: it may stand beside urgent work. */
export function* proposingTuning(
  start: LearnerState,
  batches: readonly Batch[],
  present: Tuning,
): Generator<undefined, Tuning | undefined, undefined> {
  const fitted = fitPriors(batches)
  yield
  let best: { readonly tuning: Tuning; readonly price: number } | undefined
  for (const factor of factors)
    for (const deadbandMs of deadbands)
      for (const priors of fitted === undefined ? [present.priors] : [present.priors, fitted]) {
        const tuning = { settings: scaled(present.settings, factor, deadbandMs), priors }
        const price = priceOf(yield* accounting(start, batches, tuning))
        if (best === undefined || price < best.price) best = { tuning, price }
      }
  const now = yield* accounting(start, batches, present)
  const atStake = excessOf(batches, now)
  if (best === undefined || priceOf(now) - best.price <= margin * atStake) return undefined
  return best.tuning
}

/** Night after night a threshold could else wander off to where nothing, or everything, moves. */
const thresholdBounds = { minMsMin: 60, maxMsMin: 1000 } as const

function scaled(settings: LearnerSettings, factor: number, deadbandMs: number): LearnerSettings {
  const { minMsMin, maxMsMin } = thresholdBounds
  const bounded = (msMin: number) => Math.max(minMsMin, Math.min(maxMsMin, msMin * factor))
  return {
    ...settings,
    deadbandMs,
    thresholdMsMin: bounded(settings.thresholdMsMin),
  }
}

export function priceOf({ costMsMin, changes }: Account): number {
  return costMsMin + changes * changePriceMsMin
}

/** Decides the batches again and adds up what the chosen paths cost. */
export function account(start: LearnerState, batches: readonly Batch[], tuning: Tuning): Account {
  const steps = accounting(start, batches, tuning)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

const batchesAtOnce = 100

function* accounting(
  start: LearnerState,
  batches: readonly Batch[],
  { settings, priors }: Tuning,
): Generator<undefined, Account, undefined> {
  let state = start
  let total: Account = { costMsMin: 0, changes: 0, minutes: 0 }
  for (const [i, batch] of batches.entries()) {
    if (i % batchesAtOnce === 0) yield
    const minutes = minutesOf(state, batch, settings)
    total = addBatch(total, batch, state.chosen, minutes)
    const step = stepLearner(state, batch, settings, priors)
    if (step.decision.kind === 'move') total = { ...total, changes: total.changes + 1 }
    state = step.state
  }
  return total
}

export function minutesOf(state: LearnerState, { atMs }: Batch, { longestBatchMs }: LearnerSettings): number {
  return state.atMs === null ? 0 : Math.max(0, Math.min(longestBatchMs, atMs - state.atMs)) / 60_000
}

/** A batch that nobody answered on the chosen path costs nothing here: the emergency lane is not tuned. */
export function addBatch(total: Account, batch: Batch, chosen: string | null, minutes: number): Account {
  const arm = batch.arms.find(({ candidate }) => candidate.path === chosen)
  if (arm === undefined || arm.rttsMs.length === 0) return total
  return {
    ...total,
    costMsMin: total.costMsMin + median(arm.rttsMs) * minutes,
    minutes: total.minutes + minutes,
  }
}

/** What the present setting paid above the best path of each batch: the part that tuning could change. */
function excessOf(batches: readonly Batch[], now: Account): number {
  let best = 0
  let beforeMs: number | undefined
  for (const { atMs, arms } of batches) {
    const minutes = beforeMs === undefined ? 0 : Math.min(10, (atMs - beforeMs) / 60_000)
    beforeMs = atMs
    const answered = arms.filter(({ rttsMs }) => rttsMs.length > 0).map(({ rttsMs }) => median(rttsMs))
    if (answered.length > 0) best += Math.min(...answered) * minutes
  }
  return Math.max(0, now.costMsMin - best) + now.changes * changePriceMsMin
}

const leastDays = 3
const dayMs = 86_400_000
/** Days of evidence after which half of what an hour shows is believed. */
const halfBelievedDays = 3

/** Deviation of each hour from the path's own mean, drawn toward zero where days are few; undefined before three days. */
export function fitPriors(batches: readonly Batch[]): Priors | undefined {
  const first = batches[0]
  const last = batches.at(-1)
  if (first === undefined || last === undefined || last.atMs - first.atMs < leastDays * dayMs) return undefined
  const days = (last.atMs - first.atMs) / dayMs
  const believed = days / (days + halfBelievedDays)
  const sums = new Map<string, { readonly sum: number[]; readonly count: number[] }>()
  for (const { atMs, arms } of batches) {
    const hour = Math.floor(atMs / 3_600_000) % 24
    for (const { candidate, rttsMs } of arms) {
      if (rttsMs.length === 0) continue
      const own = sums.get(candidate.path) ?? { sum: Array<number>(24).fill(0), count: Array<number>(24).fill(0) }
      sums.set(candidate.path, own)
      own.sum[hour] = (own.sum[hour] ?? 0) + median(rttsMs)
      own.count[hour] = (own.count[hour] ?? 0) + 1
    }
  }
  return Object.fromEntries(
    [...sums].map(([path, { sum, count }]) => {
      const mean = total(sum) / total(count)
      return [path, sum.map((value, hour) => (count[hour] === 0 ? 0 : believed * (value / (count[hour] ?? 1) - mean)))]
    }),
  )
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** Where the nightly replay of a log begins: nothing remembered, on the path that was in force. */
export function replayStart({ subject, chosen }: LearnerState): LearnerState {
  return { ...newLearner(subject), chosen }
}
