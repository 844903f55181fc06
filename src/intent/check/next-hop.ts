/**
 * IPv6 over IPv4 sessions: GoBGP turns `::` into the session's own address, which is an IPv4 one there, and the neighbor
 * drops the path or sends traffic nowhere. Such a speaker needs an IPv6 next hop in writing.
 */
import { addressFamily } from '../../bgp/address.ts'
import { prefixFamily } from '../../bgp/prefix.ts'
import type { Announcement, Neighbor } from '../model.ts'
import type { Surroundings } from './surroundings.ts'

/** One sentence per speaker that would announce the prefix without a usable next hop. */
export function missingNextHops(surroundings: Surroundings, announcement: Announcement): readonly string[] {
  const { prefix, at, except, attributes, pops, neighbors } = announcement
  if (prefixFamily(prefix) !== 'ipv6' || isIpv6NextHop(attributes.nextHop)) return []
  return surroundings.coverage(at, except).speakers.flatMap(({ id, pop }) => {
    if (isIpv6NextHop(pops.get(pop)?.nextHop)) return []
    const lost = surroundings.withoutIpv6(id).find((neighbor) => !isIpv6NextHop(neighbors.get(neighbor.id)?.nextHop))
    if (lost === undefined) return []
    return [
      `${lost.id} is sent IPv6 over an IPv4 session, and ${id} has no IPv6 next hop to announce; give Speaker/${id} nextHop.ipv6`,
    ]
  })
}

export function sendsIpv6OverIpv4({ address, families, attributes }: Neighbor): boolean {
  return addressFamily(address) === 'ipv4' && families.includes('ipv6') && !isIpv6NextHop(attributes.nextHop)
}

export function isIpv6NextHop(nextHop: string | undefined): boolean {
  return nextHop?.includes(':') === true && nextHop !== '::'
}
