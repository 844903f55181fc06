/**
 * What a neighbor is sent of one best path: the export policy and BGP's own rules, as the GoBGP backend has them from
 * gobgpd. The memory speaker computes it; the contract suite holds it against both versions of the real one.
 */
import { type Address, addressFamily } from '../bgp/address.ts'
import type { Asn } from '../bgp/asn.ts'
import { gracefulShutdown } from '../bgp/community.ts'
import { type MarkFunction, mark, markFunction, ownerEpoch } from '../bgp/mark.ts'
import { type AttributesKey, type PathAttributes, attributesKey, attributesOf, sorted } from '../bgp/path.ts'
import type { Candidate } from './best-path.ts'
import type { ExportPolicy } from './export-policy.ts'

export interface ExportNeighbor {
  readonly address: Address
  readonly asn: Asn
  /** Our address of the session: what `0.0.0.0` and `::` become. */
  readonly localAddress: Address
}

/** undefined: not sent. Without a policy everything is sent, as a daemon does that nobody configured. */
export function exported(
  path: Candidate,
  neighbor: ExportNeighbor,
  asn: Asn,
  policy: ExportPolicy | undefined,
): AttributesKey | undefined {
  if (path.learnedFrom === neighbor.address) return undefined
  const external = neighbor.asn !== asn
  const attributes = attributesOf(path.attributes)
  if (external && attributes.asPath.includes(neighbor.asn)) return undefined
  const sent = asSent(attributes, path, neighbor, asn)
  const steered = policy === undefined ? sent : steer(sent, path, neighbor, policy)
  if (steered === undefined) return undefined
  const { localPref, ...rest } = steered
  return attributesKey(external || localPref === undefined ? rest : { ...rest, localPref })
}

/** RFC 4271 5.1: AS_PATH, NEXT_HOP and LOCAL_PREF toward external and internal neighbors. */
function asSent(
  attributes: PathAttributes,
  { learnedFrom }: Candidate,
  neighbor: ExportNeighbor,
  asn: Asn,
): PathAttributes {
  const external = neighbor.asn !== asn
  const unspecified = attributes.nextHop === '0.0.0.0' || attributes.nextHop === '::'
  const nextHop = unspecified || (external && learnedFrom !== undefined) ? neighbor.localAddress : attributes.nextHop
  if (external) return { ...attributes, nextHop, asPath: [asn, ...attributes.asPath] }
  return { ...attributes, nextHop, localPref: attributes.localPref ?? 100 }
}

/** The statements of herald-steer and herald-export, in Herald's words. */
function steer(
  sent: PathAttributes,
  { learnedFrom }: Candidate,
  neighbor: ExportNeighbor,
  { asn, neighbors, treatments }: ExportPolicy,
): PathAttributes | undefined {
  const { largeCommunities } = sent
  if (learnedFrom !== undefined || ownerEpoch(asn, largeCommunities) === undefined) return undefined
  const numbers = neighbors.filter(({ address }) => address === neighbor.address).map(({ number }) => number)
  const marked = (effect: MarkFunction) => numbers.some((n) => largeCommunities.includes(mark(asn, effect, n)))
  if (marked('withhold')) return undefined
  let steered = sent
  for (const [times, effect] of (['prepend1', 'prepend2', 'prepend3'] as const).entries())
    if (marked(effect)) {
      const prepends = Array.from({ length: times + 1 }, () => asn)
      steered = { ...steered, asPath: [...prepends, ...steered.asPath] }
    }
  if (marked('gracefulShutdown'))
    steered = { ...steered, communities: sorted([...steered.communities, gracefulShutdown]) }
  for (const treatment of treatments) {
    const { number, med, localPref, nextHop } = treatment
    const applies = treatment.neighbor === neighbor.address && largeCommunities.includes(mark(asn, 'treatment', number))
    if (!applies) continue
    steered = {
      ...steered,
      ...(med !== undefined && { med }),
      ...(localPref !== undefined && { localPref }),
      ...(nextHop !== undefined && addressFamily(nextHop) === addressFamily(steered.nextHop) && { nextHop }),
      communities: sorted([...steered.communities, ...treatment.communities]),
      largeCommunities: sorted([...steered.largeCommunities, ...treatment.largeCommunities]),
    }
  }
  return { ...steered, largeCommunities: steered.largeCommunities.filter((one) => !isInternal(asn, one)) }
}

function isInternal(asn: Asn, largeCommunity: string): boolean {
  const [administrator, effect] = largeCommunity.split(':').map(Number)
  return administrator === asn && Object.values(markFunction).some((one) => one === effect)
}
