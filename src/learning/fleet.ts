/**
 * All learners of the fleet and the changes they made: what the shell keeps, and the one function it calls for every
 * batch. The budget of the hour is filled in here, so that no caller can forget it.
 */
import type { PopId } from '../intent/model.ts'
import type { Batch, LearnerSubject } from './batch.ts'
import { barAgain } from './back-off.ts'
import { type Change, budgetLeft, recentChanges } from './budget.ts'
import { noEvidence } from './cusum.ts'
import type { Decision } from './decision.ts'
import { stepLearner } from './learner.ts'
import type { Priors } from './prior.ts'
import type { LearnerSettings, Mode } from './settings.ts'
import { type LearnerState, newLearner } from './state.ts'

/** Plain data; it survives a restart as JSON. */
export interface FleetState {
  readonly learners: Readonly<Record<string, LearnerState>>
  readonly changes: readonly Change[]
}

export const emptyFleet: FleetState = { learners: {}, changes: [] }

/** What was measured; mode and budget are added here. */
export type Measurement = Omit<Batch, 'budget' | 'applied'>

export interface FleetOptions {
  readonly mode: Mode
  /** POPs where mode `canary` carries decisions out. */
  readonly canaries: readonly PopId[]
  readonly settings: LearnerSettings
  readonly priors?: Priors
}

export interface FleetStep {
  readonly fleet: FleetState
  readonly decision: Decision
  /** As it was decided by: it belongs into the log. */
  readonly batch: Batch
}

/** `fra/origin-eu`. */
export function learnerKey({ pop, destination }: LearnerSubject): string {
  return `${pop}/${destination}`
}

export function isApplied(mode: Mode, pop: PopId, canaries: readonly PopId[]): boolean {
  switch (mode) {
    case 'auto':
      return true
    case 'canary':
      return canaries.includes(pop)
    case 'shadow':
    case 'off':
      return false
  }
}

/** @returns undefined in mode `off`: nothing is taken in, nothing decided */
export function stepFleet(
  fleet: FleetState,
  subject: LearnerSubject,
  measurement: Measurement,
  options: FleetOptions,
): FleetStep | undefined {
  if (options.mode === 'off') return undefined
  const { pop } = subject
  const key = learnerKey(subject)
  const applied = isApplied(options.mode, pop, options.canaries)
  const changes = recentChanges(fleet.changes, measurement.atMs)
  const batch: Batch = { ...measurement, applied, budget: budgetLeft(changes, { pop, applied }, measurement.atMs) }
  const { state, decision } = stepLearner(
    fleet.learners[key] ?? newLearner(subject),
    batch,
    options.settings,
    options.priors,
  )
  const changed = decision.kind === 'move' && decision.cause !== 'gone'
  return {
    fleet: {
      learners: { ...fleet.learners, [key]: state },
      changes: changed ? [...changes, { pop, atMs: measurement.atMs, applied }] : changes,
    },
    decision,
    batch,
  }
}

/**
 * A person undid the last decision: back on the path before, which is preferred no more; the path that was taken is
 * barred, as after a revert.
 */
export function undoMove(state: LearnerState, settings: LearnerSettings): LearnerState {
  const move = state.lastMove
  if (move === null || state.chosen !== move.to) return state
  return {
    ...state,
    chosen: move.from,
    lastMove: null,
    held: null,
    arms: state.arms.map((arm) => ({
      ...arm,
      evidence: noEvidence,
      backOff: arm.path === move.to ? barAgain(arm.backOff, settings) : arm.backOff,
    })),
  }
}
