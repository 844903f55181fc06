/**
 * Where a learned preference may lie (invariant G8): inside the band of the path's own relationship. A path that BGP
 * prefers for its relationship is never overtaken by one of a lower band, and every band lies below local services.
 */
import { type NeighborKind, inBand, localPrefBands, serviceBand } from '../bgp/neighbor.ts'
import type { Candidate } from './batch.ts'

export interface Preference {
  readonly path: string
  readonly localPref: number
}

export function sameBand(one: NeighborKind, other: NeighborKind): boolean {
  return localPrefBands[one] === localPrefBands[other]
}

/** LOCAL_PREF that makes `chosen` win against all paths of its band that keep what they have. */
export function preferenceFor(chosen: Candidate): Preference {
  const band = localPrefBands[chosen.kind]
  const localPref = band.max
  if (!inBand(band, localPref) || localPref >= serviceBand.min) throw new Error(`no LOCAL_PREF for ${chosen.kind}`)
  return { path: chosen.path, localPref }
}
