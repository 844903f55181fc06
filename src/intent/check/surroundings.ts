/**
 * All that the findings of a Prefix document depend on beside the document itself, with what is asked of it again and
 * again. Kept for as long as no other document of the inventory changes, so that a change of one prefix costs one check.
 */
import type { Finding } from '../document.ts'
import type { Announcement, Intent, Neighbor, PopId, Selector, Speaker, SpeakerId } from '../model.ts'
import { neighborsOf, selectPops, speakersAt } from '../select.ts'
import { isIpv6NextHop, sendsIpv6OverIpv4 } from './next-hop.ts'

export interface Coverage {
  readonly pops: ReadonlySet<PopId>
  /** In id order. */
  readonly speakers: readonly Speaker[]
  /** POPs that have a speaker. */
  readonly standing: ReadonlySet<PopId>
}

type Parts = Pick<
  Intent,
  'areas' | 'regions' | 'pops' | 'network' | 'speakers' | 'neighbors' | 'pools' | 'checks' | 'alertMappings'
>

export class Surroundings {
  readonly parts: Parts
  readonly findings = new WeakMap<Announcement, readonly Finding[]>()
  readonly #coverages = new Map<string, Coverage>()
  #withoutIpv6: ReadonlyMap<SpeakerId, readonly Neighbor[]> | undefined

  constructor(parts: Parts) {
    this.parts = parts
  }

  coverage(at: readonly Selector[], except: readonly Selector[] = []): Coverage {
    const text = `${at.join()} ${except.join()}`
    let coverage = this.#coverages.get(text)
    if (coverage === undefined) {
      const pops = selectPops(this.parts, at, except)
      const speakers = speakersAt(this.parts, pops)
      coverage = { pops, speakers, standing: new Set(speakers.map(({ pop }) => pop)) }
      this.#coverages.set(text, coverage)
    }
    return coverage
  }

  /** Neighbors that a speaker without an IPv6 next hop would send IPv6 over IPv4, in id order. */
  withoutIpv6(speaker: SpeakerId): readonly Neighbor[] {
    this.#withoutIpv6 ??= new Map(
      [...this.parts.speakers.values()]
        .filter(({ nextHop }) => !isIpv6NextHop(nextHop.ipv6))
        .map(({ id }) => [id, neighborsOf(this.parts, id).filter(sendsIpv6OverIpv4)]),
    )
    return this.#withoutIpv6.get(speaker) ?? []
  }
}

const known = new WeakMap<Intent['pops'], Surroundings>()

export function surroundingsOf(intent: Intent): Surroundings {
  let surroundings = known.get(intent.pops)
  if (surroundings === undefined || !isSame(surroundings.parts, intent)) {
    const { areas, regions, pops, network, speakers, neighbors, pools, checks, alertMappings } = intent
    surroundings = new Surroundings({
      areas,
      regions,
      pops,
      network,
      speakers,
      neighbors,
      pools,
      checks,
      alertMappings,
    })
    known.set(intent.pops, surroundings)
  }
  return surroundings
}

function isSame(parts: Parts, intent: Parts): boolean {
  return (Object.keys(parts) as (keyof Parts)[]).every((name) => parts[name] === intent[name])
}
