/**
 * Indexes over one intent that compiling needs again and again: who stands where, and which overlays concern whom.
 * Made once per intent value and remembered with it; an intent never changes, so this is memoization and nothing else.
 */
import type { LargeCommunity } from '../../bgp/community.ts'
import { type MarkFunction, mark, neighborNumber } from '../../bgp/mark.ts'
import type { Prefix } from '../../bgp/prefix.ts'
import type {
  Drain,
  Intent,
  Neighbor,
  NeighborId,
  Override,
  PopId,
  Selector,
  SiteAttributes,
  Speaker,
  SpeakerId,
} from '../model.ts'
import type { Failover } from '../monitoring.ts'
import type { Rollout } from '../rollout.ts'
import { neighborsOf, selectPops } from '../select.ts'
import { type LaidEntry, entriesByPrefix } from './entries.ts'

export class Inventory {
  readonly intent: Intent
  readonly #speakersByPop: ReadonlyMap<PopId, readonly Speaker[]>
  readonly #overridesByPrefix: ReadonlyMap<Prefix, readonly Override[]>
  readonly #failoversByPrefix: ReadonlyMap<Prefix, readonly Failover[]>
  readonly #rolloutsByPrefix: ReadonlyMap<Prefix, Rollout>
  readonly #entriesByPrefix: ReadonlyMap<Prefix, readonly LaidEntry[]>
  #prefixesToward: ReadonlyMap<NeighborId, readonly Prefix[]> | undefined
  readonly #siteDrains: ReadonlyMap<SpeakerId, readonly Drain[]>
  readonly #neighborDrains: ReadonlyMap<NeighborId, readonly Drain[]>
  readonly #selections = new Map<string, ReadonlySet<PopId>>()

  constructor(intent: Intent) {
    this.intent = intent
    this.#speakersByPop = grouped(inOrder(intent.speakers), (speaker) => speaker.pop)
    this.#overridesByPrefix = grouped(inOrder(intent.overrides), (override) => override.prefix)
    this.#failoversByPrefix = grouped(inOrder(intent.failovers), (failover) => failover.prefix)
    this.#rolloutsByPrefix = rolloutsByPrefix(intent)
    this.#entriesByPrefix = entriesByPrefix(intent)
    const siteDrains = new Map<SpeakerId, Drain[]>()
    const neighborDrains = new Map<NeighborId, Drain[]>()
    for (const drain of inOrder(intent.drains)) {
      if (drain.target.kind === 'neighbor') push(neighborDrains, drain.target.neighbor, drain)
      else for (const speaker of this.drainedSpeakers(drain)) push(siteDrains, speaker, drain)
    }
    this.#siteDrains = siteDrains
    this.#neighborDrains = neighborDrains
  }

  /** Speakers at a POP, in id order. */
  speakersAt(pop: PopId): readonly Speaker[] {
    return this.#speakersByPop.get(pop) ?? []
  }

  neighborsOf(speaker: SpeakerId): readonly Neighbor[] {
    return neighborsOf(this.intent, speaker)
  }

  /** Overrides of a prefix in id order, in force or not. */
  overridesOf(prefix: Prefix): readonly Override[] {
    return this.#overridesByPrefix.get(prefix) ?? []
  }

  /** What automation laid on a prefix, in id order, in force or not. */
  failoversOf(prefix: Prefix): readonly Failover[] {
    return this.#failoversByPrefix.get(prefix) ?? []
  }

  /** The staged change that a prefix is in. */
  rolloutOf(prefix: Prefix): Rollout | undefined {
    return this.#rolloutsByPrefix.get(prefix)
  }

  /** What chooses where ASes enter for a prefix, in force or not. */
  entriesOf(prefix: Prefix): readonly LaidEntry[] {
    return this.#entriesByPrefix.get(prefix) ?? []
  }

  /** Prefixes for which something is said toward this neighbor alone, in force or not. */
  prefixesToward(neighbor: NeighborId): readonly Prefix[] {
    this.#prefixesToward ??= prefixesToward(this.intent, this.#entriesByPrefix)
    return this.#prefixesToward.get(neighbor) ?? []
  }

  /** Drains of the speaker or of its site, in force or not. */
  siteDrains(speaker: SpeakerId): readonly Drain[] {
    return this.#siteDrains.get(speaker) ?? []
  }

  neighborDrains(neighbor: NeighborId): readonly Drain[] {
    return this.#neighborDrains.get(neighbor) ?? []
  }

  selected(at: readonly Selector[], except: readonly Selector[] = []): ReadonlySet<PopId> {
    const text = `${at.join()} ${except.join()}`
    let pops = this.#selections.get(text)
    if (pops === undefined) {
      pops = selectPops(this.intent, at, except)
      this.#selections.set(text, pops)
    }
    return pops
  }

  /** Speakers whose announcements a drain can change. */
  drainedSpeakers(drain: Drain): readonly SpeakerId[] {
    switch (drain.target.kind) {
      case 'speaker':
        return [drain.target.speaker]
      case 'neighbor': {
        const neighbor = this.intent.neighbors.get(drain.target.neighbor)
        return neighbor === undefined ? [] : [neighbor.speaker]
      }
      case 'site':
        return [...this.selected([drain.target.at])].flatMap((pop) => this.speakersAt(pop).map(({ id }) => id))
    }
  }

  /** The mark that says `effect` toward a neighbor. */
  markOf(effect: MarkFunction, neighbor: Neighbor): LargeCommunity {
    if (this.intent.network === undefined) throw new Error('assertion: nothing is marked without a Network')
    return mark(this.intent.network.asn, effect, numberOf(neighbor))
  }
}

const numbers = new WeakMap<Neighbor, number>()

function numberOf(neighbor: Neighbor): number {
  let number = numbers.get(neighbor)
  if (number === undefined) {
    number = neighborNumber(neighbor)
    numbers.set(neighbor, number)
  }
  return number
}

function prefixesToward(
  { prefixes, overrides, rollouts, neighbors: lines }: Intent,
  entries: ReadonlyMap<Prefix, readonly LaidEntry[]>,
): ReadonlyMap<NeighborId, readonly Prefix[]> {
  const toward = new Map<NeighborId, Prefix[]>()
  const staged = [...rollouts.values()].flatMap(({ before }) => [...before.values()])
  for (const announcement of [...prefixes.values(), ...staged.filter((one) => one !== undefined)])
    for (const neighbor of announcement.neighbors.keys()) push(toward, neighbor, announcement.prefix)
  for (const { prefix, neighbor } of overrides.values()) if (neighbor !== undefined) push(toward, neighbor, prefix)
  for (const [prefix, laid] of entries)
    for (const { id, asn } of lines.values()) if (laid.some(({ asns }) => asns.has(asn))) push(toward, id, prefix)
  return toward
}

/** Of several, which check/rollout refuses, the first by name. */
function rolloutsByPrefix({ rollouts }: Intent): ReadonlyMap<Prefix, Rollout> {
  const byPrefix = new Map<Prefix, Rollout>()
  for (const rollout of inOrder(rollouts))
    for (const prefix of rollout.before.keys()) if (!byPrefix.has(prefix)) byPrefix.set(prefix, rollout)
  return byPrefix
}

const inventories = new WeakMap<Intent, Inventory>()

export function inventoryOf(intent: Intent): Inventory {
  let inventory = inventories.get(intent)
  if (inventory === undefined) {
    inventory = new Inventory(intent)
    inventories.set(intent, inventory)
  }
  return inventory
}

/** True where a layer says nothing at all. */
export function isSilent(attributes: SiteAttributes): boolean {
  return Object.values(attributes).every((value) => value === undefined || (Array.isArray(value) && value.length === 0))
}

function inOrder<K, V extends { readonly id: string }>(map: ReadonlyMap<K, V>): readonly V[] {
  return [...map.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function grouped<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>()
  for (const value of values) push(groups, keyOf(value), value)
  return groups
}

function push<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [value])
  else group.push(value)
}
