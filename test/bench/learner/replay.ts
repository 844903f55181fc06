/** The learner and its baselines on groups of traces; one summary a policy and scoring. */
import { type Policy, firstPath, greedy, hysteresis, slidingWindowUcb, thresholdRule } from './baseline.ts'
import type { Group } from './group.ts'
import { afterRows, oracle } from './oracle.ts'
import { runLearner } from './run-learner.ts'
import { type GroupScore, type Scoring, type Summary, reference, scoreGroup, scorings, summarise } from './score.ts'

export const policies: Readonly<Record<string, Policy>> = {
  learner: (group) => runLearner(group),
  static: firstPath,
  greedy,
  pathvector: thresholdRule,
  hysteresis,
  'sw-ucb': slidingWindowUcb,
}

/** A move that no single late answer can cause needs two rows that agree. */
const surelyRows = 2

export interface Replay {
  readonly groups: number
  readonly steps: number
  readonly days: number
  /** Mean advantage of the oracle over a random static path, ms. */
  readonly oracleGainMs: Readonly<Record<Scoring, number>>
  readonly scores: Readonly<Record<Scoring, Readonly<Record<string, Summary>>>>
}

/** @param each called with every group and the learner's path of each step */
export function replay(
  groups: readonly Group[],
  each?: (group: Group, chosen: Uint8Array) => void,
  only?: readonly string[],
): Replay {
  const scores: Record<Scoring, Record<string, GroupScore[]>> = { raw: {}, carried: {}, batch: {} }
  const advantage: Record<Scoring, number> = { raw: 0, carried: 0, batch: 0 }
  let steps = 0
  for (const group of groups) {
    steps += group.steps - group.warmUpSteps
    const references = scorings.map((scoring) => [scoring, reference(group, scoring)] as const)
    for (const [scoring, against] of references) {
      advantage[scoring] += (against.staticMs - against.oracleMs) / groups.length
      ;(scores[scoring]['oracle'] ??= []).push(scoreGroup(group, against, against.oracle))
      const mayMove = afterRows(surelyRows, group.rawMs)
      const sure = oracle(against.costs, group.warmUpSteps, group.steps, { mayMove })
      ;(scores[scoring]['sure oracle'] ??= []).push(scoreGroup(group, against, sure))
    }
    for (const [name, policy] of Object.entries(policies)) {
      if (only !== undefined && !only.includes(name)) continue
      const chosen = policy(group)
      if (name === 'learner') each?.(group, chosen)
      for (const [scoring, against] of references)
        (scores[scoring][name] ??= []).push(scoreGroup(group, against, chosen))
    }
  }
  const summaries = (scoring: Scoring) =>
    Object.fromEntries(Object.entries(scores[scoring]).map(([name, all]) => [name, summarise(all)]))
  return {
    groups: groups.length,
    steps,
    days: steps / 360,
    oracleGainMs: advantage,
    scores: { raw: summaries('raw'), carried: summaries('carried'), batch: summaries('batch') },
  }
}
