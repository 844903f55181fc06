import { describe, expect, test } from 'vitest'
import { batchCost } from '../../../src/learning/cost.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { armBatch } from '../../support/learning.ts'

const cost = (arm: Parameters<typeof batchCost>[0], levelMs: number | null = null) =>
  batchCost(arm, levelMs, defaultSettings)
const candidate = armBatch('a', 1).candidate

describe('the cost of a batch', () => {
  test('is the median RTT, so that one late answer of three costs nothing', () => {
    expect(cost({ candidate, sent: 3, rttsMs: [20, 900, 21] })).toEqual({ costMs: 21, lossRatio: 0 })
  })

  test('takes the mean of the middle two where an even number answered', () => {
    expect(cost({ candidate, sent: 2, rttsMs: [20, 30] })?.costMs).toBe(25)
  })

  test('adds 10 ms for each percent of loss, half the jitter, and the price', () => {
    const arm = { candidate: { ...candidate, priceMs: 5 }, sent: 10, rttsMs: Array<number>(9).fill(40), jitterMs: 8 }
    expect(cost(arm)?.costMs).toBeCloseTo(40 + 100 + 4 + 5)
  })

  test('of a silent path is what it cost before and 100 % of loss', () => {
    expect(cost({ candidate, sent: 3, rttsMs: [] }, 40)).toEqual({ costMs: 1040, lossRatio: 1 })
  })

  test('is unknown where nothing was sent, and where a path never answered', () => {
    expect(cost({ candidate, sent: 0, rttsMs: [] }, 40)).toBeUndefined()
    expect(cost({ candidate, sent: 3, rttsMs: [] })).toBeUndefined()
  })
})
