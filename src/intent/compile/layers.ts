/**
 * Layers of attributes. What is said for a prefix, at a POP, toward a neighbor and by overrides is laid one over the
 * other; attribute by attribute the most specific layer that says anything wins, and communities add up.
 *
 *   toward a site:      prefix < POP < override everywhere < override at sites
 *   toward a neighbor:  Neighbor document < prefix < POP < prefix's neighbor < MED of an entry < overrides < override
 *                       toward it
 *
 * On top lies what automation says (compile/failovers): it prepends at least so often, and withholds.
 * Overrides of equal reach are laid on by age: the newest wins. A next hop of the other family says nothing.
 */
import { addressFamily } from '../../bgp/address.ts'
import type { Community, LargeCommunity } from '../../bgp/community.ts'
import type { Family } from '../../bgp/family.ts'
import type { Announcement, Neighbor, Override, PopId, SiteAttributes } from '../model.ts'
import { Entries } from './entries.ts'
import { Failovers, type Laid, laidOverrides } from './failovers.ts'
import type { Inventory } from './inventory.ts'
import type { OverlayTime } from './overlay-time.ts'

/** What all layers together say. */
export interface Said extends Omit<SiteAttributes, 'communities' | 'largeCommunities'> {
  readonly communities: readonly Community[]
  readonly largeCommunities: readonly LargeCommunity[]
}

export class Layers {
  readonly failovers: Failovers
  readonly entries: Entries
  readonly #announcement: Announcement
  readonly #family: Family
  /** In the order in which they are laid on. */
  readonly #overrides: readonly Laid[]
  readonly #common: Said

  constructor(inventory: Inventory, announcement: Announcement, family: Family, time: OverlayTime) {
    this.#announcement = announcement
    this.#family = family
    this.#overrides = laidOverrides(inventory, announcement, time)
    this.failovers = new Failovers(inventory, announcement, time, this.#overrides)
    this.entries = new Entries(inventory.entriesOf(announcement.prefix), time)
    this.#common = this.#merge(this.#siteLayers(undefined))
  }

  /** What intent alone says of announcing at a POP, before overrides. */
  intendedAt(pop: PopId): boolean {
    const { attributes, pops } = this.#announcement
    return (pops.get(pop)?.announce ?? attributes.announce) !== false
  }

  site(pop: PopId): Said {
    const special = this.#announcement.pops.has(pop) || this.#overrides.some(({ pops }) => pops?.has(pop) === true)
    const prepending = this.failovers.prepending(pop)
    if (!special && prepending === undefined) return this.#common
    return raised(this.#merge(this.#siteLayers(pop)), prepending?.prepend)
  }

  /** True where the site's layers are those of every site without a word of its own. */
  isCommon(said: Said): boolean {
    return said === this.#common
  }

  /** The override that keeps a POP silent, where one does. */
  silencer(pop: PopId): Override | undefined {
    return this.#siteOverrides(pop).findLast(({ attributes }) => attributes.announce !== undefined)
  }

  siteOverrides(pop: PopId): readonly Override[] {
    return this.#siteOverrides(pop)
  }

  /** What is said toward one neighbor alone, lowest first; empty where nothing is. */
  ownLayers(document: SiteAttributes | undefined, line: Neighbor, pop: PopId): readonly SiteAttributes[] {
    const neighbor = line.id
    const named = this.#announcement.neighbors.get(neighbor)
    const layers: SiteAttributes[] = []
    if (document !== undefined) layers.push(document)
    if (named !== undefined) layers.push(named)
    layers.push(...this.#entry(line, pop))
    for (const { override, pops } of this.#overrides)
      if (override.neighbor === neighbor && pops?.has(pop) !== false) layers.push(override.attributes)
    const automated = this.failovers.toward(neighbor, pop)
    if (automated !== undefined) layers.push(automated)
    return layers
  }

  own(layers: readonly SiteAttributes[]): Said {
    return this.#merge(layers)
  }

  /** Everything said toward one neighbor at one POP. */
  neighbor(document: SiteAttributes | undefined, line: Neighbor, pop: PopId): Said {
    const neighbor = line.id
    const { attributes, pops, neighbors } = this.#announcement
    const layers = [document, attributes, pops.get(pop), neighbors.get(neighbor), ...this.#entry(line, pop)]
    layers.push(...this.#siteOverrides(pop).map((override) => override.attributes))
    for (const { override, pops: reached } of this.#overrides)
      if (override.neighbor === neighbor && reached?.has(pop) !== false) layers.push(override.attributes)
    const said = raised(
      this.#merge(layers.filter((layer) => layer !== undefined)),
      this.failovers.prepending(pop)?.prepend,
    )
    return raised(said, this.failovers.toward(neighbor, pop)?.prepend)
  }

  #entry(line: Neighbor, pop: PopId): readonly SiteAttributes[] {
    const entry = line.families.includes(this.#family) ? this.entries.toward(line, pop) : undefined
    return entry === undefined ? [] : [{ med: entry.med }]
  }

  #siteLayers(pop: PopId | undefined): readonly SiteAttributes[] {
    const { attributes, pops } = this.#announcement
    const atPop = pop === undefined ? undefined : pops.get(pop)
    const below = atPop === undefined ? [attributes] : [attributes, atPop]
    return [...below, ...this.#siteOverrides(pop).map((override) => override.attributes)]
  }

  #siteOverrides(pop: PopId | undefined): Override[] {
    return this.#overrides
      .filter(({ override, pops }) => override.neighbor === undefined && (pops === undefined || (pop && pops.has(pop))))
      .map(({ override }) => override)
  }

  #merge(layers: readonly SiteAttributes[]): Said {
    const said: { -readonly [K in keyof Said]: Said[K] } = { communities: [], largeCommunities: [] }
    for (const layer of layers) {
      if (layer.prepend !== undefined) said.prepend = layer.prepend
      if (layer.origin !== undefined) said.origin = layer.origin
      if (layer.med !== undefined) said.med = layer.med
      if (layer.localPref !== undefined) said.localPref = layer.localPref
      if (layer.announce !== undefined) said.announce = layer.announce
      if (layer.gracefulShutdown !== undefined) said.gracefulShutdown = layer.gracefulShutdown
      if (layer.nextHop !== undefined && addressFamily(layer.nextHop) === this.#family) said.nextHop = layer.nextHop
      if (layer.communities?.length) said.communities = [...said.communities, ...layer.communities]
      if (layer.largeCommunities?.length) said.largeCommunities = [...said.largeCommunities, ...layer.largeCommunities]
    }
    return said
  }
}

/** Never fewer prepends than intent says already. */
function raised(said: Said, prepend: 0 | 1 | 2 | 3 | undefined): Said {
  return prepend === undefined || prepend <= (said.prepend ?? 0) ? said : { ...said, prepend }
}
