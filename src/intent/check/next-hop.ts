/**
 * IPv6 over IPv4 sessions: GoBGP turns `::` into the session's own address, which is an IPv4 one there, and the neighbor
 * drops the path or sends traffic nowhere. Such a speaker needs an IPv6 next hop in writing.
 */
import { addressFamily } from '../../bgp/address.ts'
import { prefixFamily } from '../../bgp/prefix.ts'
import type { Announcement, Intent, Neighbor, PopId } from '../model.ts'
import { neighborsOf, speakersAt } from '../select.ts'

/** One sentence per speaker that would announce the prefix without a usable next hop. */
export function missingNextHops(
  intent: Intent,
  { prefix, attributes, pops: said, neighbors: toward }: Announcement,
  pops: ReadonlySet<PopId>,
): readonly string[] {
  if (prefixFamily(prefix) !== 'ipv6' || isIpv6(attributes.nextHop)) return []
  return speakersAt(intent, pops).flatMap(({ id, pop, nextHop }) => {
    if (nextHop.ipv6 !== undefined || isIpv6(said.get(pop)?.nextHop)) return []
    const lost = neighborsOf(intent, id).find(
      (neighbor) => carriesIpv6OverIpv4(neighbor) && !isIpv6(toward.get(neighbor.id)?.nextHop),
    )
    if (lost === undefined) return []
    return [
      `${lost.id} is sent IPv6 over an IPv4 session, and ${id} has no IPv6 next hop to announce; give Speaker/${id} nextHop.ipv6`,
    ]
  })
}

function carriesIpv6OverIpv4({ address, families, attributes }: Neighbor): boolean {
  return addressFamily(address) === 'ipv4' && families.includes('ipv6') && !isIpv6(attributes.nextHop)
}

function isIpv6(nextHop: string | undefined): boolean {
  return nextHop?.includes(':') === true && nextHop !== '::'
}
