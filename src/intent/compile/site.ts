/**
 * One site: what one speaker says of one prefix. A site is either announced with attributes, lost to an overlay, or
 * not intended at all.
 *
 *   1. intent names it (`announce` of POP over prefix), or there is nothing to say;
 *   2. an override may silence it, a drain past its grace time takes it away, a drain within marks it; automation may
 *      do the same by a Failover document;
 *   3. the path itself carries what holds toward everyone; what holds toward one neighbor becomes a mark that the
 *      static export policy of the speaker turns into a deed (bgp/mark.ts).
 */
import type { Address } from '../../bgp/address.ts'
import { gracefulShutdown } from '../../bgp/community.ts'
import type { Community, LargeCommunity } from '../../bgp/community.ts'
import type { Family } from '../../bgp/family.ts'
import { mark, markNumber } from '../../bgp/mark.ts'
import { isExternal, serviceLocalPref } from '../../bgp/neighbor.ts'
import { type AttributesKey, attributesKey, sorted } from '../../bgp/path.ts'
import type { DesiredSite, LostSite, Treatment } from '../desired.ts'
import { documentKey } from '../document.ts'
import type { EntryPreference } from '../entry.ts'
import type { Drain, Neighbor, Network, Speaker } from '../model.ts'
import { failoverWords } from './failovers.ts'
import { type Inventory, isSilent } from './inventory.ts'
import type { Layers, Said } from './layers.ts'
import type { OverlayTime } from './overlay-time.ts'

export interface CompiledSite extends DesiredSite {
  /** What the export policy must know before this path goes in. */
  readonly treatments: readonly Treatment[]
}

export type Site =
  | { readonly kind: 'announced'; readonly site: CompiledSite }
  | { readonly kind: 'lost'; readonly site: LostSite }
  | { readonly kind: 'unintended' }

/** Compiles the sites of one prefix (or of prefixes that ask for the same); remembers equal attributes. */
export class SiteCompiler {
  readonly #inventory: Inventory
  readonly #network: Network
  readonly #layers: Layers
  readonly #family: Family
  readonly #time: OverlayTime
  readonly #owned: LargeCommunity
  readonly #plain = new Map<string, AttributesKey>()

  constructor(
    inventory: Inventory,
    network: Network,
    layers: Layers,
    family: Family,
    time: OverlayTime,
    epoch: number,
  ) {
    this.#inventory = inventory
    this.#network = network
    this.#layers = layers
    this.#family = family
    this.#time = time
    this.#owned = mark(network.asn, 'owned', epoch)
  }

  /** @param wanted what asks for this site, in words */
  compile(speaker: Speaker, wanted: string): Site {
    if (!this.#layers.intendedAt(speaker.pop)) return { kind: 'unintended' }
    const said = this.#layers.site(speaker.pop)
    const lost =
      said.announce === false ? this.#silenced(speaker) : (this.#drained(speaker) ?? this.#failedOver(speaker))
    if (lost !== undefined) return { kind: 'lost', site: lost }
    const marking = this.#marking(speaker)
    const drained = marking !== undefined || said.gracefulShutdown === true
    const { marks, treatments, draining } = this.#towardNeighbors(speaker, said, drained)
    const site: CompiledSite = {
      speaker: speaker.id,
      pop: speaker.pop,
      attributes: this.#attributes(speaker, said, drained, marks),
      because: this.#because(speaker, wanted, marking),
      draining: draining || marking !== undefined,
      treatments,
    }
    return { kind: 'announced', site }
  }

  #silenced(speaker: Speaker): LostSite | undefined {
    const override = this.#layers.silencer(speaker.pop)
    if (override === undefined) return undefined
    const overlay = documentKey({ kind: 'Override', name: override.id })
    return {
      speaker: speaker.id,
      pop: speaker.pop,
      overlay,
      forced: override.forced,
      graced: false,
      because: `${overlay} says announce: false at ${speaker.pop}`,
    }
  }

  #drained(speaker: Speaker): LostSite | undefined {
    const gone = this.#inventory.siteDrains(speaker.id).filter((drain) => this.#time.drainStage(drain) === 'gone')
    const drain = gone.find(({ forced }) => forced) ?? gone[0]
    if (drain === undefined) return undefined
    const overlay = documentKey({ kind: 'Drain', name: drain.id })
    return {
      speaker: speaker.id,
      pop: speaker.pop,
      overlay,
      forced: drain.forced,
      graced: true,
      because: `${overlay} drains ${speaker.pop} and ${whyGone(drain)}`,
    }
  }

  /** What is sick is not drained once more by the plan: its grace time is over, or it has none. */
  #failedOver(speaker: Speaker): LostSite | undefined {
    const failover = this.#layers.failovers.removing(speaker.pop)
    if (failover === undefined) return undefined
    return {
      speaker: speaker.id,
      pop: speaker.pop,
      overlay: documentKey({ kind: 'Failover', name: failover.id }),
      forced: false,
      graced: true,
      because: `automation takes ${speaker.pop} away: ${failoverWords(failover)}`,
    }
  }

  /** Whose grace time runs here, in words. */
  #marking(speaker: Speaker): string | undefined {
    const drain = this.#inventory.siteDrains(speaker.id).find((one) => this.#time.drainStage(one) === 'marked')
    if (drain !== undefined) return documentKey({ kind: 'Drain', name: drain.id })
    const failover = this.#layers.failovers.marking(speaker.pop)
    return failover && `a Failover, ${failoverWords(failover)}`
  }

  #attributes(speaker: Speaker, said: Said, drained: boolean, marks: readonly LargeCommunity[]): AttributesKey {
    const self = (this.#family === 'ipv4' ? '0.0.0.0' : '::') as Address
    const nextHop = said.nextHop ?? speaker.nextHop[this.#family] ?? self
    const origin = said.origin ?? 'igp'
    const build = (): AttributesKey =>
      attributesKey({
        origin,
        asPath: [],
        nextHop,
        ...(said.med !== undefined && { med: said.med }),
        localPref: said.localPref ?? serviceLocalPref,
        communities: sorted(drained ? [...said.communities, gracefulShutdown] : said.communities),
        largeCommunities: sorted([...said.largeCommunities, this.#owned, ...marks]),
      })
    if (marks.length > 0 || !this.#layers.isCommon(said)) return build()
    const plain = `${origin} ${nextHop} ${drained}`
    const known = this.#plain.get(plain) ?? build()
    this.#plain.set(plain, known)
    return known
  }

  #towardNeighbors(speaker: Speaker, said: Said, drained: boolean): Deeds {
    const marks: LargeCommunity[] = []
    const treatments: Treatment[] = []
    let draining = false
    for (const neighbor of this.#inventory.neighborsOf(speaker.id)) {
      const drain = this.#neighborDrain(neighbor)
      if (drain === 'marked') draining = true
      const treatment = this.#towardNeighbor(neighbor, speaker, said, { site: drained, neighbor: drain }, marks)
      if (treatment !== undefined) treatments.push(treatment)
    }
    return { marks, treatments, draining }
  }

  /** Adds the marks that concern one neighbor; answers the treatment that a mark refers to, where there is one. */
  #towardNeighbor(
    neighbor: Neighbor,
    speaker: Speaker,
    site: Said,
    drained: { readonly site: boolean; readonly neighbor: 'marked' | 'gone' | undefined },
    marks: LargeCommunity[],
  ): Treatment | undefined {
    const document = isSilent(neighbor.attributes) ? undefined : neighbor.attributes
    const ownLayers = this.#layers.ownLayers(document, neighbor, speaker.pop)
    const own = ownLayers.length === 0 ? undefined : this.#layers.own(ownLayers)
    if (drained.neighbor === 'gone' || own?.announce === false) {
      marks.push(this.#inventory.markOf('withhold', neighbor))
      return undefined
    }
    const toward = own === undefined ? site : this.#layers.neighbor(document, neighbor, speaker.pop)
    const prepend = isExternal(neighbor.kind) ? toward.prepend : own?.prepend
    if (prepend) marks.push(this.#inventory.markOf(prependMark[prepend], neighbor))
    if ((drained.neighbor === 'marked' || toward.gracefulShutdown === true) && !drained.site)
      marks.push(this.#inventory.markOf('gracefulShutdown', neighbor))
    if (own === undefined) return undefined
    const treatment = difference(neighbor, site, toward)
    if (treatment !== undefined) marks.push(mark(this.#network.asn, 'treatment', treatment.number))
    return treatment
  }

  #neighborDrain(neighbor: Neighbor): 'marked' | 'gone' | undefined {
    let stage: 'marked' | 'gone' | undefined
    for (const drain of this.#inventory.neighborDrains(neighbor.id)) {
      const its = this.#time.drainStage(drain)
      if (its === 'gone') return 'gone'
      stage ??= its
    }
    return stage
  }

  #because(speaker: Speaker, wanted: string, marking: string | undefined): string {
    const overlays = this.#layers.siteOverrides(speaker.pop).map(({ id }) => `Override/${id}`)
    if (marking !== undefined) overlays.push(`${marking} (GRACEFUL_SHUTDOWN)`)
    const prepending = this.#layers.failovers.prepending(speaker.pop)
    if (prepending !== undefined)
      overlays.push(`prepend ${prepending.prepend} of automation, ${failoverWords(prepending)},`)
    for (const { preference, pops } of this.#layers.entries.laid)
      if (pops.has(speaker.pop)) overlays.push(entryWords(preference))
    const laid = overlays.length === 0 ? '' : `, with ${overlays.join(', ')} on top`
    return `${wanted}${laid}`
  }
}

function whyGone({ untilIdle, idleAtMs }: Drain): string {
  if (untilIdle === undefined) return 'its grace time is over'
  return idleAtMs === undefined ? 'has waited for its traffic as long as it may' : 'its traffic is gone'
}

/** `MED of EntryPreference/transit-eu (the path learner: enter at ams)`. */
function entryWords({ id, by, pop }: EntryPreference): string {
  return `MED of EntryPreference/${id} (${by === 'learner' ? 'the path learner' : 'a person'}: enter at ${pop})`
}

interface Deeds {
  readonly marks: readonly LargeCommunity[]
  readonly treatments: readonly Treatment[]
  /** A drain's grace time runs toward one of them. */
  readonly draining: boolean
}

const prependMark = { 1: 'prepend1', 2: 'prepend2', 3: 'prepend3' } as const

/** What one neighbor is to be sent beyond the path itself; undefined where that is nothing. */
function difference(neighbor: Neighbor, site: Said, toward: Said): Treatment | undefined {
  const changed = {
    ...(toward.med !== undefined && toward.med !== site.med && { med: toward.med }),
    ...(toward.localPref !== undefined &&
      toward.localPref !== (site.localPref ?? serviceLocalPref) && { localPref: toward.localPref }),
    ...(toward.nextHop !== undefined && toward.nextHop !== site.nextHop && { nextHop: toward.nextHop }),
    communities: beyond<Community>(toward.communities, site.communities),
    largeCommunities: beyond<LargeCommunity>(toward.largeCommunities, site.largeCommunities),
  }
  if (isSilent(changed)) return undefined
  const text = JSON.stringify([
    changed.med ?? null,
    changed.localPref ?? null,
    changed.nextHop ?? null,
    changed.communities,
    changed.largeCommunities,
  ])
  return { number: markNumber(`${neighbor.id} ${neighbor.address} ${text}`), neighbor: neighbor.id, ...changed }
}

function beyond<T extends string>(all: readonly T[], known: readonly T[]): readonly T[] {
  return sorted(all.filter((community) => !known.includes(community)))
}
