import { describe, expect, test } from 'vitest'
import { addEvidence, agreedMs, noEvidence } from '../../../src/learning/cusum.ts'

describe('the statistic', () => {
  test('takes the smaller difference of two batches that agree, and none of two that do not', () => {
    expect([agreedMs(5, 9), agreedMs(9, 5), agreedMs(-3, -8)]).toEqual([5, 5, -3])
    expect([agreedMs(-3, 900), agreedMs(900, -3), agreedMs(0, 5)]).toEqual([0, 0, 0])
  })

  test('grows by gain times minutes and remembers how long it has grown', () => {
    const once = addEvidence(noEvidence, 5, 4, 50)
    expect(addEvidence(once, 10, 2, 50)).toEqual({ statisticMsMin: 40, runMin: 6, runSquaredMin: 20 })
  })

  test('never goes below zero, where its run begins anew', () => {
    expect(addEvidence(addEvidence(noEvidence, 5, 4, 50), -10, 4, 50)).toBe(noEvidence)
  })

  test('counts no batch for more than the clip', () => {
    expect(addEvidence(noEvidence, 700, 4, 50).statisticMsMin).toBe(200)
  })
})
