/**
 * G7 in the plan: what may leave at all, whatever review said. Only exact prefixes of owned space, and never a default
 * route or what can be nobody's.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { ownedSpace } from '../intent/check/owned-space.ts'
import { unannounceableBecause } from '../intent/check/pool.ts'
import type { Intent } from '../intent/model.ts'

/** Why the prefix may not be announced, in one sentence; undefined where it may. */
export function exportProblem({ pools }: Pick<Intent, 'pools'>, prefix: Prefix): string | undefined {
  const never = unannounceableBecause(prefix)
  if (never !== undefined) return `${never} (G7).`
  if (ownedSpace(pools).contains(prefix)) return undefined
  return `${prefix} lies in no pool of owned space (G7); add it to a Pool if it is yours.`
}
