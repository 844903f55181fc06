/** What may stop a move that the evidence wants. All guards are asked, in order; each says why not, with its figures. */
import type { NeighborKind } from '../bgp/neighbor.ts'
import type { Arm } from './arm.ts'
import { sameBand } from './band.ts'
import type { Batch, Candidate } from './batch.ts'
import type { GuardAnswer, GuardName } from './decision.ts'
import { isHealthy } from './emergency.ts'
import { loadProblem } from './load-guard.ts'
import type { LearnerSettings } from './settings.ts'

export interface GuardInput {
  readonly incumbent: Arm
  readonly challenger: Arm
  readonly incumbentKind: NeighborKind
  readonly candidate: Candidate
  readonly shared: boolean
  /** The incumbent is dead: no warm-up, no dwell. */
  readonly emergency: boolean
  readonly lastMoveAtMs: number | null
  readonly batch: Batch
  readonly settings: LearnerSettings
}

export function askGuards(input: GuardInput): readonly GuardAnswer[] {
  return [
    answer('band', band(input)),
    answer('measured', measured(input)),
    answer('warm-up', warmUp(input)),
    answer('shared-shift', input.shared ? 'all paths left their levels together' : undefined),
    answer('load', load(input)),
    answer('dwell', dwell(input)),
    answer('back-off', backOff(input)),
    answer('frozen', input.batch.frozen ? 'a freeze is in force' : undefined),
    answer('waiting', input.batch.waiting),
    answer('budget', budget(input)),
  ]
}

function answer(guard: GuardName, problem: string | undefined): GuardAnswer {
  return problem === undefined ? { guard, passed: true } : { guard, passed: false, detail: problem }
}

function band({ incumbentKind, candidate }: GuardInput): string | undefined {
  if (sameBand(incumbentKind, candidate.kind)) return undefined
  return `${candidate.path} is a ${candidate.kind} route and the path in use a ${incumbentKind} one`
}

function measured({ challenger }: GuardInput): string | undefined {
  return isHealthy(challenger) ? undefined : `${challenger.path} does not answer its probes reliably`
}

function warmUp({ incumbent, challenger, emergency, settings }: GuardInput): string | undefined {
  const batches = Math.min(incumbent.batches, challenger.batches)
  if (emergency || batches >= settings.warmUpBatches) return undefined
  return `${batches} of ${settings.warmUpBatches} batches`
}

function load({ candidate, incumbent, batch, emergency, settings }: GuardInput): string | undefined {
  return loadProblem(candidate, incumbent.path, batch, { limit: settings.loadLimit, emergency })
}

function dwell({ lastMoveAtMs, emergency, batch, settings }: GuardInput): string | undefined {
  if (emergency || lastMoveAtMs === null || batch.atMs - lastMoveAtMs >= settings.dwellMs) return undefined
  return `moved ${Math.round((batch.atMs - lastMoveAtMs) / 1000)} s ago, ${settings.dwellMs / 1000} s at least`
}

function backOff({ challenger, emergency }: GuardInput): string | undefined {
  const { reverts, barredMs } = challenger.backOff
  if (emergency || barredMs <= 0) return undefined
  const times = reverts === 1 ? 'a move to it was reverted' : `${reverts} moves to it were reverted`
  return `${times}; barred for ${Math.ceil(barredMs / 60_000)} more minutes`
}

function budget({ batch }: GuardInput): string | undefined {
  if (batch.budget.pop <= 0) return 'the changes of this hour at this POP are used up'
  return batch.budget.fleet <= 0 ? 'the changes of this hour in the fleet are used up' : undefined
}
