/**
 * All places of the fleet and the changes made there: what the shell keeps, and the functions it calls for what happens.
 * The budget of the hour is filled in here, so that no caller can forget it.
 */
import type { PopId } from '../intent/model.ts'
import type { Batch, LearnerSubject } from './batch.ts'
import { type Change, budgetLeft, recentChanges } from './budget.ts'
import type { Decision } from './decision.ts'
import type { MedVerdict } from './med.ts'
import { type BatchEvent, type Place, type PlaceEvent, newPlace, stepPlace } from './place.ts'
import type { LearnerSettings, Mode } from './settings.ts'

/** Plain data; it survives a restart as JSON. */
export interface FleetState {
  readonly places: Readonly<Record<string, Place>>
  readonly changes: readonly Change[]
}

export const emptyFleet: FleetState = { places: {}, changes: [] }

/** What was measured; mode and budget are added here. */
export type Measurement = Omit<Batch, 'budget' | 'applied'>

export interface FleetOptions extends Pick<BatchEvent, 'pinned' | 'attached' | 'seen'> {
  readonly mode: Mode
  /** POPs where mode `canary` carries decisions out. */
  readonly canaries: readonly PopId[]
  /** Where nothing is pinned or learned. */
  readonly settings: LearnerSettings
}

export interface FleetStep {
  readonly fleet: FleetState
  readonly decision: Decision
  readonly event: PlaceEvent
  readonly verdict?: MedVerdict
}

/** `fra/origin-eu`; of an entry `entry:transit-eu`. */
export function placeKey(subject: LearnerSubject): string {
  return 'entry' in subject ? `entry:${subject.entry}` : `${subject.pop}/${subject.destination}`
}

export function placeOf(fleet: FleetState, subject: LearnerSubject): Place {
  return fleet.places[placeKey(subject)] ?? newPlace(subject)
}

/** Whether decisions are carried out. Of an entry, canaries are prefixes, not POPs: MED is set at all POPs or at none. */
export function isApplied(mode: Mode, subject: LearnerSubject, canaries: readonly PopId[]): boolean {
  switch (mode) {
    case 'auto':
      return true
    case 'canary':
      return 'entry' in subject || canaries.includes(subject.pop)
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
  { mode, canaries, settings, ...more }: FleetOptions,
): FleetStep | undefined {
  if (mode === 'off') return undefined
  const { atMs } = measurement
  const applied = isApplied(mode, subject, canaries)
  const changes = recentChanges(fleet.changes, atMs)
  const pops = popsOf(subject, measurement)
  const left = budgetLeft(changes, { ...pops, applied }, atMs)
  // A change of MED may have to be rolled back within two minutes: there must be room for both.
  const budget = 'entry' in subject ? { pop: Math.max(0, left.pop - 1), fleet: Math.max(0, left.fleet - 1) } : left
  const event: BatchEvent = { kind: 'batch', batch: { ...measurement, applied, budget }, ...more }
  const key = placeKey(subject)
  const before = placeOf(fleet, subject)
  const { place, decision } = stepPlace(before, event, settings)
  const made: Change[] = []
  if (decision.kind === 'move' && decision.cause !== 'gone') {
    made.push({ ...pops, atMs, applied })
    if ('entry' in subject && applied) made.push({ ...pops, atMs, applied, reservedBy: key })
  }
  const kept = isVerifying(before) && !isVerifying(place) ? released(changes, key) : changes
  return { fleet: { places: { ...fleet.places, [key]: place }, changes: [...kept, ...made] }, decision, event }
}

/** Anything else that happens at a place. Room that was reserved for a rollback is used by it, or given back. */
export function tellPlace(
  fleet: FleetState,
  subject: LearnerSubject,
  event: Exclude<PlaceEvent, { kind: 'batch' }>,
  settings: LearnerSettings,
): FleetStep {
  const key = placeKey(subject)
  const before = placeOf(fleet, subject)
  const { place, decision, verdict } = stepPlace(before, event, settings)
  let { changes } = fleet
  if (isVerifying(before) && !isVerifying(place)) {
    const rolledBack = verdict?.kind === 'rolled-back' ? reservedBy(changes, key) : []
    changes = [...released(changes, key), ...rolledBack.map((change) => used(change, event.atMs))]
  }
  const after = { places: { ...fleet.places, [key]: place }, changes }
  return { fleet: after, decision, event, ...(verdict !== undefined && { verdict }) }
}

function isVerifying({ entry }: Place): boolean {
  return entry?.phase.kind === 'verifying'
}

function reservedBy(changes: readonly Change[], key: string): readonly Change[] {
  return changes.filter((change) => change.reservedBy === key)
}

function released(changes: readonly Change[], key: string): readonly Change[] {
  return changes.filter((change) => change.reservedBy !== key)
}

function used(reserved: Change, atMs: number): Change {
  const { reservedBy: _, ...change } = reserved
  return { ...change, atMs }
}

function popsOf(subject: LearnerSubject, { arms }: Measurement): Pick<Change, 'pop' | 'others'> {
  if ('pop' in subject) return { pop: subject.pop }
  const [pop, ...others] = arms.map(({ candidate }) => candidate.path as PopId)
  if (pop === undefined) throw new Error(`assertion: ${subject.entry} has a POP to enter at`)
  return { pop, others }
}
