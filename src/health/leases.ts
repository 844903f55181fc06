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

type Places = Pick<Intent, 'areas' | 'regions' | 'pops' | 'prefixes' | 'rollouts'>

const parts = ['areas', 'regions', 'pops', 'rollouts'] as const
const nowhere: ReadonlySet<PopId> = new Set()
const none: readonly RouteLease[] = []
const known = new WeakMap<
  Intent['prefixes'],
  { readonly of: Places; readonly byPop: ReadonlyMap<PopId, RouteLease[]> }
>()

/** The same list for as long as prefixes and places are the same. */
export function leasesAt(intent: Places, pop: PopId): readonly RouteLease[] {
  const { areas, regions, pops, prefixes, rollouts } = intent
  let answer = known.get(prefixes)
  if (answer === undefined || parts.some((part) => answer?.of[part] !== intent[part])) {
    answer = { of: { areas, regions, pops, prefixes, rollouts }, byPop: leasesByPop(intent) }
    known.set(prefixes, answer)
  }
  return answer.byPop.get(pop) ?? none
}

function leasesByPop(intent: Places): ReadonlyMap<PopId, RouteLease[]> {
  const byPop = new Map<PopId, RouteLease[]>()
  const leaving = stagedPlaces(intent)
  for (const { prefix, at, except, failover } of intent.prefixes.values()) {
    if (failover?.lease.policy !== 'withdraw') continue
    const { afterMs } = failover.lease
    const named = selectPops(intent, at, except).union(leaving.get(prefix) ?? nowhere)
    for (const pop of named.union(selectPops(intent, failover.backup))) {
      const leases = byPop.get(pop) ?? []
      leases.push({ prefix, afterMs })
      byPop.set(pop, leases)
    }
  }
  return byPop
}

/** Where prefixes in a staged change were before, and partly still are. */
function stagedPlaces(intent: Places): ReadonlyMap<Prefix, ReadonlySet<PopId>> {
  const places = new Map<Prefix, ReadonlySet<PopId>>()
  for (const { before } of intent.rollouts.values())
    for (const [prefix, was] of before)
      if (was !== undefined) places.set(prefix, selectPops(intent, was.at, was.except))
  return places
}
