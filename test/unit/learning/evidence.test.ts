import { describe, expect, test } from 'vitest'
import { addEvidence, agreedMs, meanGainMs, noEvidence } from '../../../src/learning/evidence.ts'

describe('the statistic', () => {
  test('takes the smaller difference of two samples that agree, and none of two that do not', () => {
    expect([agreedMs(5, 9), agreedMs(9, 5), agreedMs(-3, -8)]).toEqual([5, 5, -3])
    expect([agreedMs(-3, 900), agreedMs(900, -3), agreedMs(0, 5)]).toEqual([0, 0, 0])
  })

  test('grows by gain times minutes and remembers how long it has grown', () => {
    const spell = addEvidence(addEvidence(noEvidence, 5, 4, 0), 10, 2, 0)
    expect(spell).toEqual({ statisticMsMin: 40, runMin: 6, runSquaredMin: 20 })
    expect(meanGainMs(spell)).toBeCloseTo(40 / 6)
  })

  test('of a step begins anew: a week of next to nothing before does not dilute it', () => {
    const week = addEvidence(noEvidence, 0.01, 7 * 24 * 60, 0)
    expect(addEvidence(week, 10, 4, 0)).toEqual({ statisticMsMin: 40, runMin: 4, runSquaredMin: 16 })
  })

  test('goes on where two samples do not agree, and dilutes its mean', () => {
    const spell = addEvidence(addEvidence(noEvidence, 5, 4, 0), 0, 4, 0)
    expect([spell.statisticMsMin, meanGainMs(spell)]).toEqual([20, 2.5])
  })

  test('ends with the spell: what came before the challenger was dearer again counts for nothing', () => {
    const long = addEvidence(addEvidence(noEvidence, 50, 4, 0), 50, 4, 0)
    expect(addEvidence(long, -0.1, 4, 0)).toBe(noEvidence)
  })

  test('does not begin below the deadband, and counts only what is above it', () => {
    expect(addEvidence(noEvidence, 1, 4, 2)).toBe(noEvidence)
    expect(addEvidence(noEvidence, 5, 4, 2).statisticMsMin).toBe(12)
  })
})
