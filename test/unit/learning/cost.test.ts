import { describe, expect, test } from 'vitest'
import { batchCostMs } from '../../../src/learning/cost.ts'
import { type LossRun, addProbes, noLoss } from '../../../src/learning/loss.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { armBatch } from '../../support/learning.ts'

const cost = (arm: Parameters<typeof batchCostMs>[0], loss: LossRun = noLoss) => batchCostMs(arm, loss, defaultSettings)
const candidate = armBatch('a', 1).candidate

describe('the cost of a batch', () => {
  test('is the median RTT, so that one late answer of three costs nothing', () => {
    expect(cost({ candidate, sent: 3, rttsMs: [20, 900, 21] })).toBe(21)
  })

  test('takes the mean of the middle two where an even number answered', () => {
    expect(cost({ candidate, sent: 2, rttsMs: [20, 30] })).toBe(25)
  })

  test('adds half the jitter and the price', () => {
    expect(cost({ candidate: { ...candidate, priceMs: 5 }, sent: 1, rttsMs: [40], jitterMs: 8 })).toBe(49)
  })

  test('adds 10 ms for each percent that the path loses as a rule beyond 1 %', () => {
    expect(cost({ candidate, sent: 1, rttsMs: [40] }, { ...noLoss, ratio: 0.03 })).toBeCloseTo(60)
    expect(cost({ candidate, sent: 1, rttsMs: [40] }, { ...noLoss, ratio: 0.01 })).toBe(40)
  })

  test('adds 10 ms for each percent of the last twenty probes beyond two of them', () => {
    const lose = (lost: number) => addProbes(addProbes(noLoss, lost, 0), 20 - lost, 20 - lost)
    expect(cost({ candidate, sent: 1, rttsMs: [40] }, { ...lose(2), ratio: 0 })).toBe(40)
    expect(cost({ candidate, sent: 1, rttsMs: [40] }, { ...lose(4), ratio: 0 })).toBeCloseTo(140)
  })

  test('is unknown where nobody answered and where nothing was sent', () => {
    expect(cost({ candidate, sent: 3, rttsMs: [] })).toBeUndefined()
    expect(cost({ candidate, sent: 0, rttsMs: [] })).toBeUndefined()
  })
})
