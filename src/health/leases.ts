/**
 * Which routes the agent of a POP may take back by itself when it hears of no controller any more (G9): those of prefixes
 * whose policy says so, wherever they are or may be announced. Overlays do not matter: what is not there is not taken back.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { Intent, PopId } from '../intent/model.ts'
import { selectPops } from '../intent/select.ts'

export interface RouteLease {
  readonly prefix: Prefix
  readonly afterMs: number
}

type Places = Pick<Intent, 'areas' | 'regions' | 'pops' | 'prefixes'>

const none: readonly RouteLease[] = []
const known = new WeakMap<
  Intent['prefixes'],
  { readonly of: Places; readonly byPop: ReadonlyMap<PopId, RouteLease[]> }
>()

/** The same list for as long as prefixes and places are the same. */
export function leasesAt(intent: Places, pop: PopId): readonly RouteLease[] {
  const { areas, regions, pops, prefixes } = intent
  let answer = known.get(prefixes)
  if (answer === undefined || answer.of.areas !== areas || answer.of.regions !== regions || answer.of.pops !== pops) {
    answer = { of: { areas, regions, pops, prefixes }, byPop: leasesByPop(intent) }
    known.set(prefixes, answer)
  }
  return answer.byPop.get(pop) ?? none
}

function leasesByPop(intent: Places): ReadonlyMap<PopId, RouteLease[]> {
  const byPop = new Map<PopId, RouteLease[]>()
  for (const { prefix, at, except, failover } of intent.prefixes.values()) {
    if (failover?.lease.policy !== 'withdraw') continue
    const { afterMs } = failover.lease
    const backup = selectPops(intent, failover.backup)
    for (const pop of selectPops(intent, at, except).union(backup)) {
      const leases = byPop.get(pop) ?? []
      leases.push({ prefix, afterMs })
      byPop.set(pop, leases)
    }
  }
  return byPop
}
