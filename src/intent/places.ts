/**
 * The tree area ⊃ region ⊃ POP as selectors see it: which POPs a name stands for, and which names lie within which.
 * Made once per inventory and remembered with it; inventories never change, so this is memoization and nothing else.
 */
import type { Intent, PopId, Selector } from './model.ts'

type Inventory = Pick<Intent, 'areas' | 'regions' | 'pops'>

export const everywhere = 'all' as Selector

const nowhere: ReadonlySet<PopId> = new Set()

export class Places {
  readonly inventory: Inventory
  readonly #pops = new Map<string, Set<PopId>>()
  /** The name that holds this one: of a POP its region, of a region its area, of an area `all`. */
  readonly #parent = new Map<string, string>()

  constructor(inventory: Inventory) {
    const { areas, regions, pops } = inventory
    this.inventory = inventory
    this.#pops.set(everywhere, new Set(pops.keys()))
    for (const id of areas.keys()) this.#parent.set(id, everywhere)
    for (const { id, area } of regions.values()) this.#parent.set(id, area)
    for (const { id, region } of pops.values()) {
      this.#parent.set(id, region)
      for (const name of new Set<string | undefined>([id, region, regions.get(region)?.area]))
        if (name !== undefined && name !== everywhere) this.#add(name, id)
    }
  }

  /** POPs that a selector stands for; none where nothing has that name. */
  pops(selector: Selector): ReadonlySet<PopId> {
    return this.#pops.get(selector) ?? nowhere
  }

  has(selector: string): boolean {
    return selector === everywhere || this.#parent.has(selector)
  }

  /** Every name that a selector may be, `all` first. */
  names(): readonly string[] {
    return [everywhere, ...this.#parent.keys()]
  }

  /** True where `inner` is `outer` or lies within it, whether or not there are POPs yet. */
  within(inner: Selector, outer: Selector): boolean {
    let name: string | undefined = inner
    // Names that collide could make a ring; the tree is four high.
    for (let height = 0; name !== undefined && height < 4; height++) {
      if (name === outer) return true
      name = this.#parent.get(name)
    }
    return false
  }

  /** Names right below: areas of `all`, regions of an area, POPs of a region. */
  below(selector: Selector): readonly Selector[] {
    return [...this.#parent].filter(([, parent]) => parent === selector).map(([name]) => name as Selector)
  }

  #add(name: string, pop: PopId): void {
    const pops = this.#pops.get(name)
    if (pops === undefined) this.#pops.set(name, new Set([pop]))
    else pops.add(pop)
  }
}

const known = new WeakMap<Intent['pops'], Places>()

export function placesOf({ areas, regions, pops }: Inventory): Places {
  let places = known.get(pops)
  if (places === undefined || places.inventory.areas !== areas || places.inventory.regions !== regions) {
    places = new Places({ areas, regions, pops })
    known.set(pops, places)
  }
  return places
}
