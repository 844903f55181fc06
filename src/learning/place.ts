/**
 * A place: where one learner decides, with all that is remembered of it. Whatever happens there is an event, and an event
 * makes the next place from the one before, purely; the log is these events (log.ts), so that everything decides again.
 */
import type { Batch, LearnerSubject } from './batch.ts'
import { barAgain } from './back-off.ts'
import { noEvidence } from './evidence.ts'
import { type Decision, stay } from './decision.ts'
import { undoMove } from './undo.ts'
import { stepLearner } from './learner.ts'
import {
  type Attached,
  type Catchment,
  type EntryState,
  type MedVerdict,
  medProposal,
  newEntry,
  verdictOn,
  waitingFor,
} from './med.ts'
import { type Pinned, type SelfTuning, afterNight, followTrial, tuningOf, untuned } from './self-tuning.ts'
import type { LearnerSettings } from './settings.ts'
import { type LearnerState, learnerVersion, newLearner } from './state.ts'
import type { Tuning } from './tune.ts'

/** Plain data; it survives a restart as JSON. */
export interface Place {
  readonly learner: LearnerState
  /** What the learner last had committed there and nobody took back since; null: nothing. */
  readonly committed: string | null
  /** As it was last decided by, to explain at any moment. */
  readonly latest: Batch | null
  readonly tuned: SelfTuning
  /** Settings that its documents write; null: none. */
  readonly pinned: Pinned | null
  /** Where an AS enters: what MED is about; null: a place of paths. */
  readonly entry: EntryState | null
}

export type PlaceEvent =
  | BatchEvent
  /** What is in use is not what was chosen: documents, BGP or the catchment say so. */
  | {
      readonly kind: 'in-use'
      readonly atMs: number
      readonly path: string
      /** What the learner has committed there now, as the documents say. */
      readonly committed: string | null
      /** Somebody took back what the learner did: the path it had chosen is barred, as after a revert. */
      readonly takenBack: boolean
    }
  /** Time to look whether a change of MED did what it should. */
  | {
      readonly kind: 'seen'
      readonly atMs: number
      readonly seen: Catchment
      /** POPs where documents let it enter, and so where it can be rolled back to. Absent: not told, any. */
      readonly mayEnter?: readonly string[]
    }
  /** The log was replayed; null: nothing would have been clearly better. */
  | { readonly kind: 'night'; readonly atMs: number; readonly challenger: Tuning | null }
  /** A person's word: forget what was tuned; try MED again although it was ignored. */
  | { readonly kind: 'reset' | 'clear'; readonly atMs: number }

export interface BatchEvent {
  readonly kind: 'batch'
  readonly batch: Batch
  readonly pinned?: Pinned
  /** Of an entry: who is attached where, and what was seen lately. */
  readonly attached?: Attached
  readonly seen?: Catchment
}

export interface PlaceStep {
  readonly place: Place
  readonly decision: Decision
  /** On a change of MED that was being verified. */
  readonly verdict?: MedVerdict
}

export function newPlace(subject: LearnerSubject): Place {
  return {
    learner: newLearner(subject),
    committed: null,
    latest: null,
    tuned: untuned,
    pinned: null,
    entry: 'entry' in subject ? newEntry : null,
  }
}

export function isOfThisLearner({ learner }: Place): boolean {
  return learner.version === learnerVersion
}

/**
 * What was stored by a learner of another form is not misread: measurements, settings that it learned and trials begin
 * anew, on BGP's choice. What it has committed stands in the documents and is followed, and MED that was ignored stays so.
 */
export function readPlace(stored: Place): Place {
  if (isOfThisLearner(stored)) return stored
  const { committed, entry } = stored
  return { ...newPlace(stored.learner.subject), committed, entry }
}

/** @param base settings where nothing else was pinned or learned */
export function stepPlace(place: Place, event: PlaceEvent, base: LearnerSettings): PlaceStep {
  switch (event.kind) {
    case 'batch':
      return takeBatch(place, event, base)
    case 'in-use':
      return { place: follow(place, event, base), decision: stay }
    case 'seen':
      return verify(place, event, base)
    case 'night': {
      const tuned = afterNight(place.tuned, place.learner, event.challenger, event.atMs)
      return { place: { ...place, tuned }, decision: stay }
    }
    case 'reset':
      return { place: { ...place, tuned: { ...untuned, nightAtMs: place.tuned.nightAtMs } }, decision: stay }
    case 'clear':
      return { place: { ...place, entry: cleared(place.entry) }, decision: stay }
  }
}

function takeBatch(place: Place, event: BatchEvent, base: LearnerSettings): PlaceStep {
  const { attached = {}, seen } = event
  const pinned = event.pinned ?? null
  const { settings, priors } = tuningOf(place.tuned, base, pinned)
  const waiting = event.batch.waiting ?? (place.entry === null ? undefined : waitingFor(place.entry, event.batch.atMs))
  let batch = waiting === undefined ? event.batch : { ...event.batch, waiting }
  let step = stepLearner(place.learner, batch, settings, priors)
  let { entry } = place
  if (entry !== null) {
    const wanted = waiting === undefined ? wantedEntry(step) : undefined
    const why = wanted && medProposal(nameOf(place.learner.subject), wanted.from, wanted.to, attached)
    if (wanted !== undefined && why !== undefined) {
      batch = { ...batch, waiting: why }
      step = stepLearner(place.learner, batch, settings, priors)
      entry = { ...entry, proposal: proposed(entry, wanted, why, batch.atMs) }
    } else if (entry.proposal !== null && (wanted !== undefined || step.state.held === null))
      entry = { ...entry, proposal: null }
    entry = afterMove(entry, step.decision, batch, seen, place.committed)
  }
  const { decision } = step
  const moved = decision.kind === 'move'
  const tuned = followTrial(place.tuned, batch, { before: place.learner, moved, pinned: pinned !== null })
  const committed = moved && decision.applied ? (decision.cause === 'gone' ? null : decision.to) : place.committed
  return { place: { learner: step.state, committed, latest: batch, tuned, pinned, entry }, decision }
}

interface WantedEntry {
  readonly from: string
  readonly to: string
  readonly gainMs: number | undefined
}

/** Where the learner would move to, also where only a freeze or the budget, which a proposal does not need, is in the way. */
function wantedEntry({ state, decision }: ReturnType<typeof stepLearner>): WantedEntry | undefined {
  if (decision.kind === 'move') {
    if (decision.cause === 'gone') return undefined
    return { from: decision.from, to: decision.to, gainMs: decision.explanation.expectedGainMs }
  }
  const { held, chosen } = state
  if (chosen === null || (held?.guard !== 'frozen' && held?.guard !== 'budget')) return undefined
  const gainMs = decision.kind === 'held' ? decision.explanation.expectedGainMs : undefined
  return { from: chosen, to: held.path, gainMs }
}

function proposed(
  { proposal }: EntryState,
  { from, to, gainMs }: WantedEntry,
  why: string,
  atMs: number,
): EntryState['proposal'] {
  if (proposal?.from === from && proposal.to === to) return proposal
  const better = gainMs === undefined ? '' : `${to} would cost ${gainMs.toFixed(1)} ms less than ${from}. `
  return { atMs, from, to, sentence: `${better}${why}.` }
}

function afterMove(
  entry: EntryState,
  decision: Decision,
  { atMs }: Batch,
  seen: Catchment | undefined,
  before: string | null,
): EntryState {
  if (decision.kind !== 'move' || !decision.applied) return entry
  // A POP that is none any more takes what is verified with it.
  if (decision.cause === 'gone') return { ...entry, phase: { kind: 'settled' }, changedAtMs: atMs }
  const { from, to } = decision
  const beforeMs = seen?.costMs ?? null
  return { ...entry, phase: { kind: 'verifying', sinceMs: atMs, from, to, beforeMs, before }, changedAtMs: atMs }
}

function follow(
  place: Place,
  { path, committed, takenBack, atMs }: Extract<PlaceEvent, { kind: 'in-use' }>,
  base: LearnerSettings,
): Place {
  const { settings } = tuningOf(place.tuned, base, place.pinned)
  const undone = takenBack ? takeBack(place, settings) : place.learner
  const arms = undone.chosen === path ? undone.arms : undone.arms.map((arm) => ({ ...arm, evidence: noEvidence }))
  const learner = undone.chosen === path ? undone : { ...undone, chosen: path, arms, lastMove: null, held: null }
  return { ...place, learner, committed, entry: place.entry && followEntry(place.entry, committed, takenBack, atMs) }
}

/** What is not preferred any more, because of whomever, is not verified any more. */
function followEntry(entry: EntryState, committed: string | null, takenBack: boolean, atMs: number): EntryState {
  const { phase } = entry
  const over = phase.kind === 'verifying' && phase.to !== committed
  return {
    ...entry,
    ...(over && { phase: { kind: 'settled' } }),
    ...(takenBack && { changedAtMs: atMs }),
  }
}

/** What was committed is barred, also where the last move is forgotten already. */
function takeBack({ learner, committed }: Place, settings: LearnerSettings): LearnerState {
  if (learner.lastMove !== null && learner.lastMove.to === learner.chosen) return undoMove(learner, settings)
  const barred = committed ?? learner.chosen
  const arms = learner.arms.map((arm) =>
    arm.path === barred ? { ...arm, backOff: barAgain(arm.backOff, settings) } : arm,
  )
  return { ...learner, arms }
}

function verify(
  place: Place,
  { seen, atMs, mayEnter }: Extract<PlaceEvent, { kind: 'seen' }>,
  base: LearnerSettings,
): PlaceStep {
  const { entry, learner } = place
  if (entry?.phase.kind !== 'verifying') return { place, decision: stay }
  const isGone = entry.phase.before !== null && mayEnter?.includes(entry.phase.before) === false
  const phase = isGone ? { ...entry.phase, before: null } : entry.phase
  const verdict = verdictOn(nameOf(learner.subject), phase, seen, atMs)
  if (verdict === undefined) return { place, decision: stay }
  if (verdict.kind === 'confirmed')
    return { place: { ...place, entry: { ...entry, phase: { kind: 'settled' } } }, decision: stay, verdict }
  const { settings } = tuningOf(place.tuned, base, place.pinned)
  const ignored = verdict.reason === 'ignored'
  return {
    place: {
      ...place,
      learner: undoMove(learner, settings),
      committed: verdict.back,
      entry: {
        ...entry,
        phase: ignored ? { kind: 'ignored', sinceMs: atMs, to: phase.to } : { kind: 'settled' },
        changedAtMs: atMs,
      },
    },
    decision: stay,
    verdict,
  }
}

function cleared(entry: EntryState | null): EntryState | null {
  return entry?.phase.kind === 'ignored' ? { ...entry, phase: { kind: 'settled' } } : entry
}

function nameOf(subject: LearnerSubject): string {
  return 'entry' in subject ? subject.entry : subject.destination
}
