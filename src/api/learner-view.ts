/** From what the path learner knows and decided to what the API shows of it. */
import { OverlayTime } from '../intent/compile/overlay-time.ts'
import { demotedLines } from '../intent/edit/demote.ts'
import type { EntryGroup, EntryGroupId } from '../intent/entry.ts'
import type { Intent, PopId } from '../intent/model.ts'
import type { PathGroupId } from '../intent/steering.ts'
import type { LearnerSubject } from '../learning/batch.ts'
import type { Explanation } from '../learning/decision.ts'
import { explain } from '../learning/explain.ts'
import { type FleetState, placeKey } from '../learning/fleet.ts'
import type { LogEntry } from '../learning/log.ts'
import type { Place } from '../learning/place.ts'
import { realisedMs } from '../learning/revert.ts'
import { tuningOf } from '../learning/self-tuning.ts'
import { defaultSettings } from '../learning/settings.ts'
import { learnerVersion } from '../learning/state.ts'
import { trialMs } from '../learning/trial.ts'
import { priceOf } from '../learning/tune.ts'
import { isoTime } from './alarm-view.ts'
import type { LearnedExplanationView, LearnerDecisionView, LearnerPlaceView, LearnerView } from './wire/learner.ts'

/** Decisions that are looked at to find those of one place, or one by its id. */
export const decisionsSearched = 1000

/** By group, then POP; places of groups that are no more are left out. @param only of this place alone, with how it stands now */
export function placesView({ places }: FleetState, intent: Intent, nowMs: number, only?: string): LearnerPlaceView[] {
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  const inOrder = Object.entries(places)
    .map(([key, place]) => ({ key, place, ...orderOf(place.learner.subject) }))
    .toSorted((a, b) => collate(a.group, b.group) || collate(a.pop, b.pop))
  return inOrder.flatMap(({ key, place }) => {
    if (only !== undefined && key !== only) return []
    const standing = standingOf(intent, place.learner.subject, time)
    return standing === undefined ? [] : [placeView(key, place, standing, only !== undefined)]
  })
}

function orderOf(subject: LearnerSubject): { readonly group: string; readonly pop: string } {
  return 'entry' in subject ? { group: subject.entry, pop: '' } : { group: subject.destination, pop: subject.pop }
}

function collate(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

interface Standing extends Pick<LearnerPlaceView, 'kind' | 'group' | 'pop' | 'mode' | 'preferred'> {}

function standingOf(intent: Intent, subject: LearnerSubject, time: OverlayTime): Standing | undefined {
  const preferred = preferredAt(intent, subject, time)
  const stands = preferred === undefined ? {} : { preferred }
  if ('entry' in subject) {
    const group = intent.entryGroups.get(subject.entry as EntryGroupId)
    return group && { kind: 'entry', group: group.id, mode: group.mode, ...stands }
  }
  const { pop, destination } = subject
  const group = intent.pathGroups.get(destination as PathGroupId)
  return group && { kind: 'path', group: group.id, pop, mode: group.mode, ...stands }
}

/** Who prefers what at a place now. */
export function preferredAt(intent: Intent, subject: LearnerSubject, time: OverlayTime): LearnerPlaceView['preferred'] {
  if ('entry' in subject) {
    const found = [...intent.entryPreferences.values()].find((one) => one.group === subject.entry && time.inForce(one))
    return found && { path: found.pop, by: found.by }
  }
  const found = [...intent.preferences.values()].find(
    (one) => one.group === subject.destination && one.pop === subject.pop && time.inForce(one),
  )
  return found && { path: found.path, by: found.by }
}

function placeView(key: string, place: Place, standing: Standing, whole: boolean): LearnerPlaceView {
  const { learner, entry } = place
  const { chosen, batches, atMs, arms, lastMove } = learner
  const realised = lastMove === null ? undefined : realisedMs(lastMove)
  const explanation = whole && standing.preferred?.by !== 'person' ? standingExplanation(place) : undefined
  return {
    place: key,
    ...standing,
    batches,
    ...(chosen !== null && { chosen }),
    ...(atMs !== null && { at: isoTime(atMs) }),
    paths: arms.map(({ path, batches: measured, costMs, levelMs, backOff }) => ({
      path,
      batches: measured,
      ...(costMs !== null && { costMs }),
      ...(levelMs !== null && { levelMs }),
      ...(backOff.barredMs > 0 && { barredMs: backOff.barredMs }),
    })),
    ...(lastMove !== null && {
      lastMove: {
        at: isoTime(lastMove.atMs),
        from: lastMove.from,
        to: lastMove.to,
        expectedGainMs: lastMove.expectedMs,
        ...(realised !== undefined && { realisedGainMs: realised }),
      },
    }),
    ...(entry !== null && { med: medView(entry) }),
    tuning: tuningView(place),
    ...(explanation !== undefined && { explanation: learnedExplanationView(explanation) }),
  }
}

function medView({ phase }: NonNullable<Place['entry']>): NonNullable<LearnerPlaceView['med']> {
  return phase.kind === 'settled'
    ? { state: phase.kind }
    : { state: phase.kind, since: isoTime(phase.sinceMs), to: phase.to }
}

function tuningView({ tuned, pinned }: Place): LearnerPlaceView['tuning'] {
  const { settings, priors } = tuningOf(tuned, defaultSettings, pinned)
  const { trial } = tuned
  return {
    from: pinned !== null ? 'pinned' : tuned.tuning === null ? 'default' : 'learned',
    settings: { ...settings },
    priors: priors !== undefined,
    ...(trial !== null && {
      trial: {
        since: isoTime(trial.startedAtMs),
        until: isoTime(trial.startedAtMs + trialMs),
        settings: { ...trial.tuning.settings },
        challengerMsMin: priceOf(trial.challenger),
        presentMsMin: priceOf(trial.present),
        challengerChanges: trial.challenger.changes,
        presentChanges: trial.present.changes,
      },
    }),
    ...(tuned.nightAtMs !== null && { replayedAt: isoTime(tuned.nightAtMs) }),
    verdicts: tuned.verdicts.map(({ atMs, verdict, challengerMsMin, presentMsMin }) => ({
      at: isoTime(atMs),
      verdict,
      challengerMsMin,
      presentMsMin,
    })),
  }
}

/** How a place stands now, from its latest batch; undefined before the first. */
export function standingExplanation({ learner, latest, tuned, pinned }: Place): Explanation | undefined {
  if (latest === null) return undefined
  const { settings, priors } = tuningOf(tuned, defaultSettings, pinned)
  const { held } = learner
  const outcome =
    held === null ? ({ kind: 'stay' } as const) : { kind: 'held' as const, guard: held.guard, wanted: held.path }
  return explain(learner, latest, settings, priors, outcome)
}

export function learnedExplanationView(explanation: Explanation): LearnedExplanationView {
  const { atMs, subject: _, version: __, candidates, ...rest } = explanation
  return {
    at: isoTime(atMs),
    ...rest,
    candidates: candidates.map(({ guards, ...candidate }) => ({
      ...candidate,
      guards: guards.map((answer) => ({ ...answer })),
    })),
  }
}

/** `fra.origin.m3x9k2`: names the decision for good. */
export function decisionId({ subject, event }: LogEntry): string {
  return `${placeKey(subject).replace('/', '.')}.${eventAtMs(event).toString(36)}`
}

export function eventAtMs(event: LogEntry['event']): number {
  return event.kind === 'batch' ? event.batch.atMs : event.atMs
}

/** @param entries newest first; what a move brought is known from the place, or from the next decision there */
export function decisionsView(entries: readonly LogEntry[], fleet: FleetState): LearnerDecisionView[] {
  return entries.flatMap((entry, i) => {
    const view = decisionView(entry)
    if (view?.kind !== 'move') return view ?? []
    const { learner } = fleet.places[view.place] ?? {}
    const move = learner?.lastMove
    const isLast = move !== null && move !== undefined && isoTime(move.atMs) === view.at
    const next = entries.slice(0, i).findLast(({ subject, decision }) => placeKey(subject) === view.place && decision)
    const { decision } = next ?? {}
    const later = decision === undefined || decision.kind === 'stay' ? undefined : decision.explanation.realisedGainMs
    const realised = isLast ? realisedMs(move) : later
    return { ...view, ...(realised !== undefined && { realisedGainMs: realised }) }
  })
}

function decisionView(entry: LogEntry): LearnerDecisionView | undefined {
  const { subject, event, decision, verdict, revision } = entry
  const about = {
    id: decisionId(entry),
    at: isoTime(eventAtMs(event)),
    place: placeKey(subject),
    ...('entry' in subject ? { group: subject.entry } : { group: subject.destination, pop: subject.pop }),
    ...(revision !== undefined && { revision }),
  }
  if (verdict !== undefined) return { ...about, kind: verdict.kind, applied: true, sentence: verdict.sentence }
  if (decision === undefined || decision.kind === 'stay') return undefined
  const { explanation } = decision
  const { expectedGainMs, sentence } = explanation
  const explained = {
    ...about,
    sentence,
    ...(expectedGainMs !== undefined && { expectedGainMs }),
    // Of a learner of another form only its sentence is understood.
    ...(explanation.version === learnerVersion && { explanation: learnedExplanationView(explanation) }),
  }
  if (decision.kind === 'held')
    return { ...explained, kind: 'held', guard: decision.guard, to: decision.wanted, applied: false }
  const { cause, from, to, applied } = decision
  return { ...explained, kind: 'move', cause, from, to, applied }
}

export function proposalsView({ places }: FleetState, intent: Intent): LearnerView['proposals'] {
  return Object.values(places).flatMap(({ learner, entry }) => {
    const { subject } = learner
    if (!('entry' in subject) || entry === null || entry.proposal === null) return []
    const group = intent.entryGroups.get(subject.entry as EntryGroupId)
    if (group === undefined) return []
    const { atMs, from, to, sentence } = entry.proposal
    return { group: group.id, at: isoTime(atMs), from, to, sentence, would: wouldSay(intent, group, from, to) }
  })
}

function wouldSay(
  intent: Intent,
  group: EntryGroup,
  from: string,
  to: string,
): LearnerView['proposals'][number]['would'] {
  return demotedLines(intent, group, from as PopId, to as PopId).map(({ id, asn }) => {
    const community = group.demote.get(asn)
    return { neighbor: id, says: community === undefined ? 'prepend once more' : `community ${community}` }
  })
}
