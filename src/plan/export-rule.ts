/** G7: what may leave at all. Only exact prefixes inside owned pools, and never a default route. */
import { type Prefix, contains, prefixLength } from '../bgp/prefix.ts'
import type { Intent } from '../intent/model.ts'

/** Why the prefix may not be announced, in one sentence; undefined where it may. */
export function exportProblem({ pools }: Pick<Intent, 'pools'>, prefix: Prefix): string | undefined {
  if (prefixLength(prefix) === 0) return `${prefix} is a default route, which is never announced (G7).`
  for (const { prefixes } of pools.values()) for (const outer of prefixes) if (contains(outer, prefix)) return undefined
  return `${prefix} lies in no pool of owned space (G7); add it to a Pool if it is yours.`
}
