/**
 * What neighbors teach a pretended fleet, and what they are sent: best paths and the export policy are the real ones, as
 * the memory speaker has them, which the contract suite holds against gobgpd.
 */
import { neighborNumber } from '../../src/bgp/mark.ts'
import { attributesKey } from '../../src/bgp/path.ts'
import type { Prefix } from '../../src/bgp/prefix.ts'
import type { Intent, Neighbor, SpeakerId } from '../../src/intent/model.ts'
import { neighborsOf } from '../../src/intent/select.ts'
import { type Candidate, bestPath } from '../../src/speaker/best-path.ts'
import { exported } from '../../src/speaker/memory-export.ts'
import { asn } from './builders.ts'
import type { PretendFleet } from './pretend-fleet.ts'

export class PretendNeighbors {
  readonly #learned = new Map<SpeakerId, Candidate[]>()

  /** A neighbor announces a prefix, with large communities of its own choice. */
  teach({ speaker, address, asn: theirs }: Neighbor, prefix: Prefix, largeCommunities: readonly string[] = []): void {
    const attributes = attributesKey({
      origin: 'igp',
      asPath: theirs === asn ? [] : [theirs],
      nextHop: address,
      communities: [],
      largeCommunities: largeCommunities as never,
    })
    const routes = this.#learned.get(speaker) ?? []
    this.#learned.set(speaker, [...routes, { prefix, identifier: 0, attributes, learnedFrom: address }])
  }

  /**
   * `fra-isp 203.0.113.0/24` for everything that some neighbor is sent, in order.
   * @param policy `none`: as a daemon does that nobody gave an export policy
   */
  sent(intent: Intent, fleet: PretendFleet, policy: 'herald' | 'none'): readonly string[] {
    return fleet.speakers().flatMap((speaker) => {
      const neighbors = neighborsOf(intent, speaker)
      const own = [...fleet.rib(speaker)].map(([prefix, attributes]): Candidate => {
        return { prefix, identifier: 0, attributes, learnedFrom: undefined }
      })
      const byPrefix = Map.groupBy([...own, ...(this.#learned.get(speaker) ?? [])], ({ prefix }) => prefix)
      const rules = neighbors.map((neighbor) => ({ address: neighbor.address, number: neighborNumber(neighbor) }))
      const exportPolicy = policy === 'none' ? undefined : { asn, neighbors: rules, treatments: [] }
      return neighbors.flatMap((neighbor) =>
        [...byPrefix].flatMap(([prefix, candidates]) => {
          const to = { address: neighbor.address, asn: neighbor.asn, localAddress: '192.0.2.254' as never }
          return exported(bestPath(candidates), to, asn, exportPolicy) === undefined ? [] : [`${neighbor.id} ${prefix}`]
        }),
      )
    })
  }
}
