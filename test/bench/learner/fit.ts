/**
 * Fits the price of a move, which decides how often the learner moves, on one half of the traces and scores them on the other, both
 * ways: the highest gain at no more than 0.75 changes a day, raw costs. Halves by name, every other trace.
 */
import { type LearnerSettings, defaultSettings } from '../../../src/learning/settings.ts'
import { type Group, makeGroups } from './group.ts'
import { runLearner } from './run-learner.ts'
import { type Reference, type Scoring, type Summary, reference, scoreGroup, scorings, summarise } from './score.ts'
import type { Trace } from './trace.ts'

export interface Fitted {
  readonly fitted: string
  readonly scored: string
  readonly settings: Partial<LearnerSettings>
  readonly scores: Readonly<Record<Scoring, Summary>>
}

const mostChangesPerDay = 0.75
const grid: readonly Partial<LearnerSettings>[] = [50, 60, 70, 80, 100, 120, 150, 180, 220, 270].map(
  (thresholdMsMin) => ({
    thresholdMsMin,
  }),
)

/** Undefined where a half has fewer than four traces. */
export function crossFit(traces: readonly Trace[], seed: number, most: number): readonly Fitted[] | undefined {
  const halves = [0, 1].map((odd) => traces.filter((_, i) => i % 2 === odd))
  if (halves.some((half) => half.length < 4)) return undefined
  const groups = halves.map((half) => makeGroups(half, seed, most))
  const names = ['even traces', 'odd traces']
  return [0, 1].map((own) => {
    const other = 1 - own
    const settings = fit(groups[own] as readonly Group[])
    return {
      fitted: names[own] as string,
      scored: names[other] as string,
      settings,
      scores: score(groups[other] as readonly Group[], settings),
    }
  })
}

function fit(groups: readonly Group[]): Partial<LearnerSettings> {
  const references = groups.map((group) => reference(group, 'raw'))
  const tried = grid.map((settings) => ({ settings, summary: summary(groups, references, settings) }))
  const affordable = tried.filter(({ summary: { changesPerDay } }) => changesPerDay <= mostChangesPerDay)
  const [best] = (affordable.length > 0 ? affordable : tried.slice(-1)).toSorted(
    (a, b) => b.summary.gain - a.summary.gain,
  )
  return best?.settings ?? {}
}

function score(groups: readonly Group[], settings: Partial<LearnerSettings>): Record<Scoring, Summary> {
  const of = (scoring: Scoring) =>
    summary(
      groups,
      groups.map((group) => reference(group, scoring)),
      settings,
    )
  return Object.fromEntries(scorings.map((scoring) => [scoring, of(scoring)])) as Record<Scoring, Summary>
}

function summary(
  groups: readonly Group[],
  references: readonly Reference[],
  settings: Partial<LearnerSettings>,
): Summary {
  return summarise(
    groups.map((group, i) =>
      scoreGroup(group, references[i] as Reference, runLearner(group, { ...defaultSettings, ...settings })),
    ),
  )
}
