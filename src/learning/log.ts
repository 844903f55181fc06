/**
 * The learner's log: of every place, what happened there, with what was decided on it. Because a place is a pure function
 * of its events, the log replays: the same decisions come out, bit for bit, or log and program do not belong together. A
 * snapshot of the place stands in it now and then, so that a log whose beginning is gone replays from there on.
 */
import type { LearnerSubject } from './batch.ts'
import type { Decision } from './decision.ts'
import type { MedVerdict } from './med.ts'
import { type Place, type PlaceEvent, isOfThisLearner, newPlace, stepPlace } from './place.ts'
import type { LearnerSettings } from './settings.ts'

export interface LogEntry {
  readonly subject: LearnerSubject
  readonly event: PlaceEvent
  /** Nothing was remembered of the place before it. */
  readonly begins?: true
  /** Absent: stay. */
  readonly decision?: Decision
  readonly verdict?: MedVerdict
  /** As it is after the event. */
  readonly snapshot?: Place
  /** Revision that carried the decision out. */
  readonly revision?: number
}

/** Events of a place from one snapshot to the next, in the log. */
export const snapshotEvery = 500

export interface Replay {
  /** Events decided again. */
  readonly events: number
  readonly decisions: number
  /** Events before the first snapshot, or of a learner of another form, which cannot be decided again. */
  readonly skipped: number
  /** The first entry that comes out otherwise; the replay ends there. */
  readonly difference?: LogDifference
}

export interface LogDifference {
  readonly index: number
  readonly what: 'decision' | 'verdict' | 'snapshot'
  readonly logged: string
  readonly replayed: string
}

/** Replays the log of one place, in order, in steps. @param start the place before the first entry, where that is known */
export function* replaying(
  entries: Iterable<LogEntry>,
  base: LearnerSettings,
  start?: Place,
): Generator<undefined, Replay, undefined> {
  let place = start
  let [index, events, decisions, skipped] = [-1, 0, 0, 0]
  for (const { subject, event, begins, decision, verdict, snapshot } of entries) {
    index++
    if (begins === true) place = newPlace(subject)
    if (snapshot !== undefined && !isOfThisLearner(snapshot)) {
      place = undefined
      skipped++
      continue
    }
    if (place === undefined) {
      place = snapshot
      skipped++
      continue
    }
    const step = stepPlace(place, event, base)
    place = step.place
    events++
    if (decision !== undefined || verdict !== undefined) decisions++
    const logged = decision ?? { kind: 'stay' }
    const difference =
      differs('decision', index, logged, step.decision) ??
      differs('verdict', index, verdict, step.verdict) ??
      (snapshot === undefined ? undefined : differs('snapshot', index, snapshot, place))
    if (difference !== undefined) return { events, decisions, skipped, difference }
    yield
  }
  return { events, decisions, skipped }
}

export function replayLog(entries: Iterable<LogEntry>, base: LearnerSettings, start?: Place): Replay {
  const steps = replaying(entries, base, start)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function differs(what: LogDifference['what'], index: number, was: unknown, is: unknown): LogDifference | undefined {
  const [logged, replayed] = [JSON.stringify(was) ?? 'nothing', JSON.stringify(is) ?? 'nothing']
  return logged === replayed ? undefined : { index, what, logged, replayed }
}
