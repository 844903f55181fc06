/**
 * Where moves are carried out, what is in use is what documents, BGP and vantage points say, whoever changed it. So it is
 * in the shadow as long as nothing was decided there: BGP may hear of the better path after the first batch. From its first
 * decision on a shadow goes its own way, which is what it is judged by. Pure.
 */
import { isApplied } from '../../learning/fleet.ts'
import type { Place, PlaceEvent } from '../../learning/place.ts'
import type { Spot } from './spot.ts'

/** Undefined: what is in use is what is remembered, or the place goes its own way. */
export function inUseNews(
  { learner, committed, latest, entry }: Place,
  { subject, mode, canaries, arms, inUse, preference }: Omit<Spot, 'edit'>,
  atMs: number,
): Extract<PlaceEvent, { kind: 'in-use' }> | undefined {
  if (learner.chosen === null || !(isApplied(mode, subject, canaries) || learner.lastMove === null)) return undefined
  const standing = preference?.path ?? null
  // A preference that is younger than what is remembered is our own: it was committed, and not stored any more.
  const own = preference !== undefined && preference.startedAtMs > (latest?.atMs ?? 0)
  const takenBack = committed !== null && committed !== standing && !own
  const isOffered = inUse !== undefined && arms.some(({ candidate }) => candidate.path === inUse)
  const verifying = entry?.phase.kind === 'verifying' && !takenBack
  const path = isOffered && !verifying ? inUse : learner.chosen
  if (path === learner.chosen && committed === standing) return undefined
  return { kind: 'in-use', atMs, path, committed: standing, takenBack }
}
