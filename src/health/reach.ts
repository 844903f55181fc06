/**
 * Speakers that cannot be read. Nothing is concluded about their routes and sessions (G9), so a person must know that
 * Herald is blind there. A restart of a few seconds is no alarm.
 */
import type { PopId, SpeakerId } from '../intent/model.ts'
import type { Condition } from './failover-input.ts'

export interface SpeakerReachReport {
  readonly reach: 'up' | 'unknown'
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
  readonly problem?: string
}

/** So long after it was lost. */
export const unreachedAfterMs = 5000

/** @param reports of speakers that were ever read, as last told */
export function reachConditions(
  speakers: ReadonlyMap<SpeakerId, { readonly pop: PopId }>,
  reports: Iterable<readonly [SpeakerId, SpeakerReachReport]>,
  nowMs: number,
): readonly Condition[] {
  const wrong: Condition[] = []
  for (const [speaker, report] of reports) {
    const pop = speakers.get(speaker)?.pop
    if (pop === undefined || report.reach !== 'unknown' || nowMs - report.sinceMs < unreachedAfterMs) continue
    const why = report.problem === undefined ? '' : `: ${report.problem}`
    wrong.push({
      kind: 'speaker-unknown',
      subject: `speaker/${speaker}`,
      severity: 'critical',
      message: `${speaker} cannot be read, and its routes stay as they are${why}`,
      labels: { pop, speaker },
    })
  }
  return wrong
}
