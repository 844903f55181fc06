import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../src/learning/batch.ts'
import { stepLearner } from '../../../src/learning/learner.ts'
import { forecastMs } from '../../../src/learning/prior.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { type LearnerState, newLearner } from '../../../src/learning/state.ts'
import { judgeTrial, startTrial, stepTrial } from '../../../src/learning/trial.ts'
import { type Tuning, account, fitPriors, priceOf, proposeTuning, replayStart } from '../../../src/learning/tune.ts'
import { batch, minuteMs, subject } from '../../support/learning.ts'

const start = Date.UTC(2026, 0, 1)
const perDay = 360
const present: Tuning = { settings: defaultSettings, priors: undefined }

/** `days` of batches at four minutes; `cost` of each path by the hour. */
function log(days: number, cost: (hour: number, step: number) => Readonly<Record<string, number>>): readonly Batch[] {
  return Array.from({ length: days * perDay }, (_, step) => {
    const atMs = start + step * 4 * minuteMs
    return batch(atMs, cost(Math.floor(atMs / 3_600_000) % 24, step))
  })
}

/** For 24 minutes of each two hours `a` is dearer than `b`, else cheaper: less is to be gained than two changes cost. */
const flapping = log(6, (_, step) => ({ a: step % 30 < 6 ? 62 : 50, b: 53 }))
const daily = log(6, (hour) => ({ a: hour >= 18 ? 90 : 50, b: 60 }))

describe('the nightly replay', () => {
  test('prices what the chosen paths cost and each change', () => {
    const quiet = account(
      newLearner(subject),
      log(1, () => ({ a: 50, b: 60 })),
      present,
    )
    expect(quiet).toMatchObject({ changes: 0 })
    expect(priceOf({ ...quiet, changes: 2 }) - priceOf(quiet)).toBe(600)
    expect(quiet.costMsMin / quiet.minutes).toBeCloseTo(50)
  })

  test('proposes nothing where nothing would be cheaper', () => {
    expect(
      proposeTuning(
        newLearner(subject),
        log(4, () => ({ a: 50, b: 60 })),
        present,
      ),
    ).toBeUndefined()
  })

  test('proposes settings that would have cost less, changes included', () => {
    const eager = { settings: { ...defaultSettings, thresholdMsMin: 100 }, priors: undefined }
    expect(account(newLearner(subject), flapping, eager).changes).toBeGreaterThan(20)
    const tuning = proposeTuning(newLearner(subject), flapping, eager) as Tuning
    expect(tuning).toBeDefined()
    expect(priceOf(account(newLearner(subject), flapping, tuning))).toBeLessThan(
      priceOf(account(newLearner(subject), flapping, eager)),
    )
  })

  test('starts where the log starts, with nothing remembered', () => {
    expect(replayStart({ ...newLearner(subject), chosen: 'b', batches: 9 })).toEqual({
      ...newLearner(subject),
      chosen: 'b',
    })
  })
})

describe('priors', () => {
  test('are not made of less than three days', () => {
    expect(fitPriors(daily.slice(0, 2 * perDay))).toBeUndefined()
  })

  test('say which hours are dear, drawn toward zero while days are few', () => {
    const priors = fitPriors(daily) ?? {}
    expect(priors['a']?.[20]).toBeGreaterThan(15)
    expect(priors['a']?.[20]).toBeLessThan(30)
    expect(priors['a']?.[3]).toBeLessThan(0)
    expect(priors['b']?.every((deviation) => Math.abs(deviation) < 0.01)).toBe(true)
  })

  test('forecast the next three hours, and nothing for a path they do not know', () => {
    const priors = fitPriors(daily) ?? {}
    expect(forecastMs(priors, 'a', 'b', start + 18 * 3_600_000)).toBeGreaterThan(15)
    expect(forecastMs(priors, 'a', 'c', start)).toBe(0)
  })
})

describe('a trial', () => {
  const challenger: Tuning = {
    settings: { ...defaultSettings, thresholdMsMin: 100 },
    priors: undefined,
  }

  /** Both on the same batches, from the same state. */
  function run(batches: readonly Batch[], inForce: Tuning, tuning: Tuning) {
    let state: LearnerState = newLearner(subject)
    let trial = startTrial(state, tuning, start)
    for (const one of batches) {
      const step = stepLearner(state, one, inForce.settings, inForce.priors)
      trial = stepTrial(trial, one, state, step.decision.kind === 'move')
      state = step.state
    }
    return trial
  }
  const steps = log(2, (_, step) => ({ a: step % 180 < 90 ? 60 : 50, b: 55 }))

  test('runs for a day', () => {
    const trial = run(steps, present, challenger)
    expect(judgeTrial(trial, start + 23 * 3_600_000)).toBe('running')
    expect(judgeTrial(trial, start + 24 * 3_600_000)).not.toBe('running')
  })

  test('is won only by what would have cost less', () => {
    const slow: Tuning = {
      settings: {
        ...defaultSettings,
        thresholdMsMin: 3000,
      },
      priors: undefined,
    }
    const later = start + 24 * 3_600_000
    expect(judgeTrial(run(steps, slow, present), later)).toBe('promoted')
    expect(judgeTrial(run(steps, present, slow), later)).toBe('dropped')
    expect(judgeTrial(run(steps, present, present), later)).toBe('dropped')
  })

  test('that measured less than half a day is dropped', () => {
    expect(judgeTrial(run(steps.slice(0, 100), present, challenger), start + 25 * 3_600_000)).toBe('dropped')
  })
})
