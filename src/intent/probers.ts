/** Who probes what: the places that a Check is about, and the agents that probe each of them. */
import type { Address } from '../bgp/address.ts'
import type { Intent, Neighbor, PopId } from './model.ts'
import type { Agent, Check, CheckId } from './monitoring.ts'
import { inOrder, neighborsOf, selectPops, speakersAt } from './select.ts'

type Inventory = Pick<Intent, 'areas' | 'regions' | 'pops' | 'speakers' | 'neighbors' | 'agents'>

/** One thing that a Check is about: a service or path at a POP, or a neighbor there. */
export interface CheckedPlace {
  readonly pop: PopId
  readonly neighbor?: Neighbor
}

/** In the order of the POPs' and neighbors' names. */
export function checkedPlaces(intent: Inventory, check: Check): readonly CheckedPlace[] {
  const pops = [...selectPops(intent, check.at, check.except)].sort()
  if (check.subject !== 'neighbor') return pops.map((pop) => ({ pop }))
  return pops.flatMap((pop) =>
    speakersAt(intent, [pop])
      .flatMap(({ id }) => neighborsOf(intent, id))
      .filter((neighbor) => concerns(check, neighbor))
      .map((neighbor) => ({ pop, neighbor })),
  )
}

/** Agents that probe what the Check is about at a POP, in the order of their names. */
export function probersOf({ agents }: Pick<Intent, 'agents'>, { from }: Check, pop: PopId): readonly Agent[] {
  const { byPop, vantage } = rosterOf(agents)
  if (from === 'local') return byPop.get(pop) ?? []
  if (from === 'vantage') return vantage
  return [...from].sort().flatMap((id) => agents.get(id) ?? [])
}

interface Roster {
  readonly byPop: ReadonlyMap<PopId | undefined, readonly Agent[]>
  readonly vantage: readonly Agent[]
}

const rosters = new WeakMap<Intent['agents'], Roster>()

function rosterOf(agents: Intent['agents']): Roster {
  let roster = rosters.get(agents)
  if (roster === undefined) {
    const byPop = Map.groupBy(inOrder(agents), ({ place }) => (place.kind === 'pop' ? place.pop : undefined))
    roster = { byPop, vantage: byPop.get(undefined) ?? [] }
    rosters.set(agents, roster)
  }
  return roster
}

/** True where the agent probes what the Check is about at the POP. */
export function probes({ from }: Check, { id, place }: Agent, pop: PopId): boolean {
  if (from === 'local') return place.kind === 'pop' && place.pop === pop
  if (from === 'vantage') return place.kind === 'vantage'
  return from.includes(id)
}

/** Where a place is probed; undefined: nothing says (an http probe then resolves its URL). */
export function targetOf(check: Check, { pop, neighbor }: CheckedPlace): Address | undefined {
  const own = check.targets.get(neighbor?.id ?? pop)
  if (own !== undefined) return own
  if (check.target === undefined) return check.probe.kind === 'http' ? undefined : neighbor?.address
  return check.target === '{neighbor.address}' ? neighbor?.address : (check.target as Address)
}

/** The source address of its probes; undefined: whichever the agent's host chooses. */
export function sourceOf(check: Check, { pop, neighbor }: CheckedPlace): Address | undefined {
  const own = check.sources.get(neighbor?.id ?? pop)
  if (own !== undefined) return own
  return check.source === '{neighbor.localAddress}'
    ? neighbor?.session.localAddress
    : (check.source as Address | undefined)
}

/** Agents that must say `failed`: the Check's own quorum, or more than half of those that probe the place. */
export function quorumOf({ quorum }: Check, probers: number): number {
  return quorum ?? Math.floor(probers / 2) + 1
}

/** How long the slowest of these checks may take to notice a failure, ms; 0 where none of them is a Check. */
export function detectionMs({ checks }: Pick<Intent, 'checks'>, names: Iterable<string>): number {
  let longestMs = 0
  for (const name of names) {
    const check = checks.get(name as CheckId)
    if (check !== undefined) longestMs = Math.max(longestMs, detectionMsOf(check))
  }
  return longestMs
}

/** The last of `fall` probes is sent after fall - 1 intervals at best, and one interval later at worst. */
export function detectionMsOf({ fall, intervalMs, timeoutMs }: Check): number {
  return fall * intervalMs + timeoutMs
}

function concerns(check: Check, { id, kind }: Neighbor): boolean {
  return check.neighbors === undefined ? check.neighborKinds.includes(kind) : check.neighbors.includes(id)
}
