/**
 * Gain as a share of the oracle's: 0 is a random static path, 1 is the oracle. Counted over the steps after the warm-up, as
 * anybody can count it from the decisions:
 *
 * - `raw`: every row as it was measured. A row that one of the paths lost counts for nobody: what it would have cost there
 *   is not known. This is what is meant where nothing else is said.
 * - `carried`: the same, but a lost row costs what the row before did. A policy that leaves a dead path pays for it here.
 * - `batch`: the median of three rows, the learner's own cost of a batch of three probes, in which a single late answer is
 *   nobody's cost. Which path it is that jumps for one row, nobody can know before; here, nobody has to.
 *
 * The share of lost rows that a policy met is given beside.
 */
import { type Group, stepsPerDay } from './group.ts'
import { oracle } from './oracle.ts'

export type Scoring = 'raw' | 'carried' | 'batch'
export const scorings: readonly Scoring[] = ['raw', 'carried', 'batch']

export function costsOf(group: Group, scoring: Scoring): readonly Float64Array[] {
  switch (scoring) {
    case 'raw':
      return answeredBy(group)
    case 'carried':
      return group.rawMs
    case 'batch':
      return group.batchMs
  }
}

/** Rows that a path lost cost nothing on any. */
function answeredBy({ rawMs, traces, steps }: Group): readonly Float64Array[] {
  const lost = Uint8Array.from({ length: steps }, (_, step) => (traces.some((trace) => trace.lost[step] === 1) ? 1 : 0))
  return rawMs.map((costs) => costs.map((cost, step) => (lost[step] === 1 ? 0 : cost)))
}

export interface Reference {
  readonly costs: readonly Float64Array[]
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
    costs,
    staticMs: each.reduce((sum, value) => sum + value, 0) / each.length,
    oracleMs: meanMs(group, costs, best),
    oracle: best,
  }
}

export interface GroupScore {
  /** Share of the oracle's gain. */
  readonly gain: number
  /** ms·steps, the policy's and the oracle's. */
  readonly gainedMs: number
  readonly gainableMs: number
  readonly changes: number
  readonly days: number
  readonly lostShare: number
}

export function scoreGroup(group: Group, against: Reference, chosen: Uint8Array): GroupScore {
  let changes = 0
  let lost = 0
  for (let step = group.warmUpSteps; step < group.steps; step++) {
    if (step > group.warmUpSteps && chosen[step] !== chosen[step - 1]) changes++
    lost += group.traces[chosen[step] as number]?.lost[step] as number
  }
  const steps = group.steps - group.warmUpSteps
  const gainedMs = (against.staticMs - meanMs(group, against.costs, chosen)) * steps
  const gainableMs = (against.staticMs - against.oracleMs) * steps
  return {
    gain: gainedMs / gainableMs,
    gainedMs,
    gainableMs,
    changes,
    days: steps / stepsPerDay,
    lostShare: lost / steps,
  }
}

export interface Summary {
  /** Of all groups together: gain of the policy over gain of the oracle, changes over days. */
  readonly gain: number
  readonly changesPerDay: number
  /** Each group for itself. */
  readonly groupGainMean: number
  readonly groupGainP5: number
  readonly groupGainWorst: number
  readonly groupChangesPerDayMean: number
  readonly lostShare: number
}

export function summarise(scores: readonly GroupScore[]): Summary {
  const ordered = scores.map(({ gain }) => gain).sort((a, b) => a - b)
  const sum = (of: (score: GroupScore) => number) => scores.reduce((total, one) => total + of(one), 0)
  return {
    gain: sum(({ gainedMs }) => gainedMs) / sum(({ gainableMs }) => gainableMs),
    changesPerDay: sum(({ changes }) => changes) / sum(({ days }) => days),
    groupGainMean: sum(({ gain }) => gain) / scores.length,
    groupGainP5: ordered[Math.floor(0.05 * ordered.length)] ?? NaN,
    groupGainWorst: ordered[0] ?? NaN,
    groupChangesPerDayMean: sum(({ changes, days }) => changes / days) / scores.length,
    lostShare: sum(({ lostShare }) => lostShare) / scores.length,
  }
}

function meanMs(group: Group, costs: readonly Float64Array[], chosen: Uint8Array): number {
  let sum = 0
  for (let step = group.warmUpSteps; step < group.steps; step++) sum += costs[chosen[step] as number]?.[step] as number
  return sum / (group.steps - group.warmUpSteps)
}
