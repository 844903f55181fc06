/**
 * What automation has laid on one prefix, in force now. It never says more than its Prefix document lets it: without a
 * policy (`failover`) it says nothing, and a backup is activated only where the policy names it and people want the prefix
 * at some POP. A person has the last word: an Override that says `announce: true` at a POP, or toward a neighbor, lifts
 * whatever automation laid there, without anybody having to fight it document by document.
 */
import type { Announcement, NeighborId, Override, PopId, SiteAttributes } from '../model.ts'
import type { Failover } from '../monitoring.ts'
import type { Inventory } from './inventory.ts'
import type { OverlayTime } from './overlay-time.ts'

/** An override in force, with the POPs it reaches (undefined: everywhere). */
export interface Laid {
  readonly override: Override
  readonly pops: ReadonlySet<PopId> | undefined
}

export class Failovers {
  readonly #byPop = new Map<PopId, readonly Failover[]>()
  readonly #byNeighbor = new Map<NeighborId, readonly Failover[]>()
  readonly #backup: ReadonlySet<PopId>
  readonly #time: OverlayTime
  /** In the order in which they are laid on: the last that says anything wins. */
  readonly #overrides: readonly Laid[]
  readonly #allowed: boolean

  constructor(
    inventory: Inventory,
    announcement: Announcement,
    time: OverlayTime,
    overrides: readonly Laid[] = laidOverrides(inventory, announcement, time),
  ) {
    this.#time = time
    this.#overrides = overrides
    this.#allowed = announcement.failover !== undefined
    // Whoever withdraws a prefix everywhere wants it nowhere: a backup stands in for POPs that are wanted.
    const isWanted = inventory.selected(announcement.at, announcement.except).size > 0
    this.#backup = isWanted ? inventory.selected(announcement.failover?.backup ?? []) : new Set()
    for (const failover of inventory.failoversOf(announcement.prefix)) {
      if (!this.#allowed || !time.inForce(failover)) continue
      const { place } = failover
      if (place.kind === 'pop') this.#byPop.set(place.pop, [...(this.#byPop.get(place.pop) ?? []), failover])
      else this.#byNeighbor.set(place.neighbor, [...(this.#byNeighbor.get(place.neighbor) ?? []), failover])
    }
  }

  /** False where the prefix has no policy, it has not started, a person lifted it, or it activates what is no backup. */
  inForce(failover: Failover, pop: PopId): boolean {
    const { place, action } = failover
    if (!this.#allowed || !this.#time.inForce(failover)) return false
    if (action === 'activate') return this.#backup.has(pop)
    return !this.#lifted(pop, place.kind === 'pop' ? undefined : place.neighbor)
  }

  /** POPs that announce the prefix only because a Failover says so. */
  activated(): ReadonlyMap<PopId, Failover> {
    const activated = new Map<PopId, Failover>()
    for (const [pop, failovers] of this.#byPop) {
      const found = failovers.find(({ action }) => action === 'activate')
      if (found !== undefined && this.#backup.has(pop)) activated.set(pop, found)
    }
    return activated
  }

  /** What takes a POP away: a withdrawal, or a drain whose grace time is over. */
  removing(pop: PopId): Failover | undefined {
    return this.#at(pop).find(
      (failover) =>
        failover.action === 'withdraw' || (failover.action === 'drain' && this.#time.drainStage(failover) === 'gone'),
    )
  }

  /** A drain whose grace time runs at a POP. */
  marking(pop: PopId): Failover | undefined {
    return this.#at(pop).find((failover) => failover.action === 'drain' && this.#time.drainStage(failover) === 'marked')
  }

  prepending(pop: PopId): Failover | undefined {
    return most(this.#at(pop))
  }

  /** What is said toward one neighbor alone, or undefined. */
  toward(neighbor: NeighborId, pop: PopId): SiteAttributes | undefined {
    const failovers = this.#byNeighbor.get(neighbor)
    if (failovers === undefined || this.#lifted(pop, neighbor)) return undefined
    if (failovers.some(({ action }) => action === 'withhold')) return { announce: false }
    const prepend = most(failovers)?.prepend
    return prepend === undefined ? undefined : { prepend }
  }

  #at(pop: PopId): readonly Failover[] {
    const failovers = this.#byPop.get(pop)
    return failovers === undefined || this.#lifted(pop, undefined) ? [] : failovers
  }

  #lifted(pop: PopId, neighbor: NeighborId | undefined): boolean {
    const last = this.#overrides.findLast(
      ({ override, pops }) =>
        override.neighbor === neighbor && pops?.has(pop) !== false && override.attributes.announce !== undefined,
    )
    return last?.override.attributes.announce === true
  }
}

/** Overrides of the prefix in force, in the order in which they are laid on. */
export function laidOverrides(inventory: Inventory, { prefix }: Announcement, time: OverlayTime): readonly Laid[] {
  return inventory
    .overridesOf(prefix)
    .filter((override) => time.inForce(override))
    .map((override) => ({ override, pops: override.at === undefined ? undefined : inventory.selected(override.at) }))
    .sort(byReachThenAge)
}

function byReachThenAge(a: Laid, b: Laid): number {
  return (
    (b.pops?.size ?? Infinity) - (a.pops?.size ?? Infinity) ||
    a.override.startedAtMs - b.override.startedAtMs ||
    (a.override.id < b.override.id ? -1 : 1)
  )
}

/** `no answer from 3 of 3 agents (alarm 17)`. The same for every prefix, so that prefixes share what is compiled. */
export function failoverWords({ reason, alarm }: Failover): string {
  return `${reason} (alarm ${alarm})`
}

export function takesAway(action: Failover['action']): boolean {
  return action === 'withdraw' || action === 'drain'
}

/** When time changes what it says: only a drain has stages. */
export function failoverTime(failover: Failover): Failover | Pick<Failover, 'startedAtMs'> {
  return failover.action === 'drain' ? failover : { startedAtMs: failover.startedAtMs }
}

function most(failovers: readonly Failover[]): Failover | undefined {
  return failovers
    .filter(({ action }) => action === 'prepend')
    .reduce<Failover | undefined>((a, b) => (a === undefined || b.prepend > a.prepend ? b : a), undefined)
}
