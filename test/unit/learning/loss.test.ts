import { describe, expect, test } from 'vitest'
import { type LossRun, addProbes, deadlyStreak, noLoss, recentLossRatio } from '../../../src/learning/loss.ts'

const probes = (from: LossRun, ...batches: readonly (readonly [number, number])[]) =>
  batches.reduce((run, [sent, answered]) => addProbes(run, sent, answered), from)
const many = (from: LossRun, times: number, sent: number, answered: number) =>
  probes(from, ...Array.from({ length: times }, () => [sent, answered] as const))

describe('lost probes', () => {
  test('in a row are counted over batches, until one is answered', () => {
    expect(probes(noLoss, [3, 3], [3, 0], [3, 0]).streak).toBe(6)
    expect(probes(noLoss, [3, 0], [3, 1]).streak).toBe(0)
  })

  test('are a share of the last twenty, however they are batched', () => {
    expect(recentLossRatio(many(noLoss, 20, 1, 0))).toBe(1)
    expect(recentLossRatio(many(many(noLoss, 10, 1, 1), 10, 2, 1))).toBe(0.5)
    expect(recentLossRatio(many(many(noLoss, 20, 1, 0), 20, 1, 1))).toBe(0)
  })

  test('three in a row are deadly on a clean path, five on one that loses 3 % as a rule', () => {
    expect([deadlyStreak(0), deadlyStreak(0.002), deadlyStreak(0.01), deadlyStreak(0.03)]).toEqual([3, 3, 4, 5])
  })

  test('of an outage that goes on do not make themselves usual', () => {
    const clean = many(noLoss, 100, 1, 1)
    expect(many(clean, 50, 1, 0).ratio).toBe(clean.ratio)
  })

  test('now and then become usual, and are forgotten again', () => {
    const lossy = many(noLoss, 2000, 20, 19)
    expect(lossy.ratio).toBeCloseTo(0.05, 2)
    expect(many(lossy, 2000, 20, 20).ratio).toBeCloseTo(0.002, 3)
  })
})
