/**
 * The plan: desired × observed → new standing decisions, and what is held, each with a reason. Pure, total and
 * incremental: it looks at the prefixes it is given and at nothing else, and asked twice it decides nothing new.
 *
 * For every prefix, in order: what desired state names arrives (plan/arrive), a destination of others is steered or no
 * longer (plan/steer), then what desired state does not name may leave (plan/leave). Over all of them G4 counts what would be withdrawn (plan/draft). Everything is sorted; `actions` has
 * what adds before what takes away.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import type { DesiredPrefix } from '../intent/desired.ts'
import type { Intent } from '../intent/model.ts'
import type { Action, Held, Warning } from './action.ts'
import { holdReopening, planArrival } from './arrive.ts'
import { Draft } from './draft.ts'
import { exportProblem } from './export-rule.ts'
import type { FleetState } from './fleet-state.ts'
import { type Guards, allGuards } from './guards.ts'
import { type Arrival, planDepartures } from './leave.ts'
import type { TargetChanges } from './observed.ts'
import { planSteering } from './steer.ts'
import { type SiteView, viewSite } from './site-view.ts'
import { warningsOf } from './warn.ts'

export type { FleetState }

export interface PlanInput {
  readonly intent: Intent
  readonly moment: Moment
  readonly fleet: FleetState
  /** Announcements (paths, one a speaker) that reviewed revisions take away and that are not yet withdrawn (G4). */
  readonly allowance: number
  /** The revision that a decision about this prefix is credited to. Default: the intent's. */
  readonly revisionOf?: (prefix: Prefix) => number
}

/**
 * `converged`: every desired site is proved and nothing of ours is elsewhere. `pending`: something is on its way, or
 * waits for what is on its way or for time to pass. `held`: nothing moves and something is held; it stays so until a
 * person acts or a speaker answers again.
 */
export type Settled = 'converged' | 'pending' | 'held'

export interface Plan {
  readonly actions: readonly Action[]
  readonly held: readonly Held[]
  readonly warnings: readonly Warning[]
  readonly targets: TargetChanges
  /** Prefixes whose plan changes with time alone, and when: look at them again then (ms since the epoch). */
  readonly changesAt: ReadonlyMap<Prefix, number>
  readonly settled: ReadonlyMap<Prefix, Settled>
}

/** @param guards for tests alone, which plan with one guard missing (plan/guards) */
export function planPrefixes(input: PlanInput, prefixes: Iterable<Prefix>, guards: Guards = allGuards): Plan {
  const steps = planning(input, prefixes, guards)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same, one prefix a step: a whole table takes seconds, and whoever plans it has leases to renew meanwhile. */
export function* planning(
  input: PlanInput,
  prefixes: Iterable<Prefix>,
  guards: Guards = allGuards,
): Generator<undefined, Plan, undefined> {
  const draft = new Draft(input, guards)
  for (const prefix of new Set([...prefixes].sort())) {
    planPrefix(draft, prefix)
    yield
  }
  return draft.finish()
}

function planPrefix(draft: Draft, prefix: Prefix): void {
  const { intent, moment } = draft.input
  const desired = compilePrefix(intent, prefix, moment)
  if (desired?.changesAtMs !== undefined) draft.lookAgainAt(prefix, desired.changesAtMs)
  draft.stand(prefix, 'proved')
  const arrivals = desired === undefined ? [] : planArrivals(draft, desired)
  const steered = planSteering(draft, prefix, new Set(desired?.sites.keys()))
  const sites = elsewhere(draft, prefix, desired).filter(({ speaker }) => !steered.has(speaker))
  planDepartures(draft, prefix, desired, arrivals, sites)
  if (desired !== undefined) draft.warn(warningsOf(intent, desired))
}

function planArrivals(draft: Draft, desired: DesiredPrefix): readonly Arrival[] {
  const { intent, fleet } = draft.input
  const { prefix } = desired
  const problem = exportProblem(intent, prefix)
  const arrivals: Arrival[] = []
  for (const wanted of desired.sites.values()) {
    const site = viewSite(intent, fleet, prefix, wanted.speaker)
    let standing = planArrival(draft, prefix, wanted, site, problem)
    if (standing === 'proved' && holdReopening(draft, prefix, site)) standing = 'moving'
    if (standing !== 'proved') draft.stand(prefix, standing)
    else if (wanted.draining) draft.stand(prefix, 'moving')
    arrivals.push({ site, standing })
  }
  return arrivals
}

/** Sites with a decision or a route of the prefix that desired state does not name, in speaker order. */
function elsewhere(draft: Draft, prefix: Prefix, desired: DesiredPrefix | undefined): readonly SiteView[] {
  const { intent, fleet } = draft.input
  const speakers = []
  for (const speaker of fleet.siteSpeakers(prefix)) if (desired?.sites.has(speaker) !== true) speakers.push(speaker)
  return speakers.sort().map((speaker) => viewSite(intent, fleet, prefix, speaker))
}
