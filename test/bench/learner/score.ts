/**
 * Gain as a share of the oracle's: 0 is a random static path, 1 is the oracle. Counted over the steps after the warm-up,
 * in two costs: `raw`, every row as it was measured, and `batch`, the median of three rows (the learner's own cost of a
 * batch of three probes), in which a single late answer is nobody's cost. A lost row costs what the row before did; the
 * share of lost rows that a policy met is given beside.
 */
import { type Group, stepsPerDay } from './group.ts'
import { oracle } from './oracle.ts'

export type Scoring = 'raw' | 'batch'
export const scorings: readonly Scoring[] = ['raw', 'batch']

export function costsOf(group: Group, scoring: Scoring): readonly Float64Array[] {
  return scoring === 'raw' ? group.rawMs : group.batchMs
}

export interface Reference {
  /** Mean cost a step, ms. */
  readonly staticMs: number
  readonly oracleMs: number
  readonly oracle: Uint8Array
}

export function reference(group: Group, scoring: Scoring): Reference {
  const costs = costsOf(group, scoring)
  const best = oracle(costs, group.warmUpSteps, group.steps)
  const each = costs.map((_, path) => meanMs(group, costs, new Uint8Array(group.steps).fill(path)))
  return {
    staticMs: each.reduce((sum, value) => sum + value, 0) / each.length,
    oracleMs: meanMs(group, costs, best),
    oracle: best,
  }
}

export interface GroupScore {
  readonly gain: number
  readonly changesPerDay: number
  readonly lostShare: number
}

export function scoreGroup(group: Group, scoring: Scoring, against: Reference, chosen: Uint8Array): GroupScore {
  const days = (group.steps - group.warmUpSteps) / stepsPerDay
  let changes = 0
  let lost = 0
  for (let step = group.warmUpSteps; step < group.steps; step++) {
    if (step > group.warmUpSteps && chosen[step] !== chosen[step - 1]) changes++
    lost += group.traces[chosen[step] as number]?.lost[step] as number
  }
  const costMs = meanMs(group, costsOf(group, scoring), chosen)
  return {
    gain: (against.staticMs - costMs) / (against.staticMs - against.oracleMs),
    changesPerDay: changes / days,
    lostShare: lost / (group.steps - group.warmUpSteps),
  }
}

export interface Summary {
  readonly gainMean: number
  readonly gainP5: number
  readonly gainWorst: number
  readonly changesPerDay: number
  readonly lostShare: number
}

export function summarise(scores: readonly GroupScore[]): Summary {
  const ordered = scores.map(({ gain }) => gain).sort((a, b) => a - b)
  const mean = (of: (score: GroupScore) => number) => scores.reduce((sum, one) => sum + of(one), 0) / scores.length
  return {
    gainMean: mean(({ gain }) => gain),
    gainP5: ordered[Math.floor(0.05 * ordered.length)] ?? NaN,
    gainWorst: ordered[0] ?? NaN,
    changesPerDay: mean(({ changesPerDay }) => changesPerDay),
    lostShare: mean(({ lostShare }) => lostShare),
  }
}

function meanMs(group: Group, costs: readonly Float64Array[], chosen: Uint8Array): number {
  let sum = 0
  for (let step = group.warmUpSteps; step < group.steps; step++) sum += costs[chosen[step] as number]?.[step] as number
  return sum / (group.steps - group.warmUpSteps)
}
