/**
 * Best path selection (RFC 4271 9.1.2.2), as far as the memory speaker has what it decides by: LOCAL_PREF, local
 * origin, AS_PATH length, ORIGIN, MED between paths of one neighbor AS, and last the identifier and the address, so
 * that there is always one answer.
 */
import type { Address } from '../bgp/address.ts'
import { type PathAttributes, attributesOf } from '../bgp/path.ts'
import type { Path } from '../bgp/path.ts'

export interface Candidate extends Path {
  /** undefined: a local path. */
  readonly learnedFrom: Address | undefined
}

const defaultLocalPref = 100
const originRank = { igp: 0, egp: 1, incomplete: 2 } as const

/** @param candidates at least one */
export function bestPath<T extends Candidate>(candidates: readonly T[]): T {
  const [first, ...others] = candidates
  if (first === undefined) throw new Error('assertion: no candidates')
  return others.reduce((best, other) => (compare(other, best) < 0 ? other : best), first)
}

/** Below 0 where `a` is better. */
function compare(a: Candidate, b: Candidate): number {
  const x = attributesOf(a.attributes)
  const y = attributesOf(b.attributes)
  return (
    (y.localPref ?? defaultLocalPref) - (x.localPref ?? defaultLocalPref) ||
    Number(a.learnedFrom !== undefined) - Number(b.learnedFrom !== undefined) ||
    x.asPath.length - y.asPath.length ||
    originRank[x.origin] - originRank[y.origin] ||
    compareMed(x, y) ||
    a.identifier - b.identifier ||
    (a.learnedFrom ?? '').localeCompare(b.learnedFrom ?? '')
  )
}

function compareMed(x: PathAttributes, y: PathAttributes): number {
  return x.asPath[0] === y.asPath[0] ? (x.med ?? 0) - (y.med ?? 0) : 0
}
