/** Rules for attributes, wherever they are said: bands (G8), families of next hops, communities that are not ours to give. */
import { type Address, addressFamily } from '../../bgp/address.ts'
import type { Community } from '../../bgp/community.ts'
import type { Family } from '../../bgp/family.ts'
import { markFunction } from '../../bgp/mark.ts'
import { inBand, serviceBand } from '../../bgp/neighbor.ts'
import type { Network, SiteAttributes } from '../model.ts'
import type { Report } from './report.ts'

export interface PathContext {
  readonly network: Network | undefined
  /** Families of the paths that the attributes are given to. */
  readonly families: readonly Family[]
}

export function checkAttributes(
  report: Report,
  attributes: SiteAttributes,
  pointer: string,
  { network, families }: PathContext,
): void {
  const { localPref, nextHop, communities = [], largeCommunities = [] } = attributes
  if (localPref !== undefined && !inBand(serviceBand, localPref))
    report.error(
      'local-pref-band',
      `${pointer}/localPref`,
      `LOCAL_PREF ${localPref} is outside the band of service routes: write ${serviceBand.min} to ${serviceBand.max}, so that a service is answered where it stands (G8)`,
    )
  if (nextHop !== undefined) checkNextHop(report, nextHop, `${pointer}/nextHop`, families)
  for (const [i, community] of communities.entries()) {
    const name = unheeded[community]
    if (name !== undefined)
      report.warning(
        'unheeded-community',
        `${pointer}/communities/${i}`,
        `GoBGP does not heed ${name} on paths of its own: it is a label for the neighbor and withholds nothing; say announce: false toward a neighbor instead`,
      )
  }
  if (network === undefined) return
  for (const [i, community] of largeCommunities.entries())
    if (isMark(network, community))
      report.error(
        'reserved-community',
        `${pointer}/largeCommunities/${i}`,
        `${community} is one of Herald's own marks (${network.asn}:0 to ${network.asn}:${lastMark}); choose another function number`,
      )
}

function checkNextHop(report: Report, nextHop: Address, pointer: string, families: readonly Family[]): void {
  const family = addressFamily(nextHop)
  if (families.includes(family)) return
  const words = { ipv4: 'IPv4', ipv6: 'IPv6' } as const
  report.error(
    'wrong-family',
    pointer,
    `${nextHop} is an ${words[family]} address, and this is about ${families.map((one) => words[one]).join(' and ')} paths; write a next hop of that family`,
  )
}

const unheeded: Readonly<Record<Community, string>> = {
  ['65535:65281' as Community]: 'no-export',
  ['65535:65282' as Community]: 'no-advertise',
  ['65535:65283' as Community]: 'no-export-subconfed',
}

const lastMark = Math.max(...Object.values(markFunction))

function isMark({ asn }: Network, community: string): boolean {
  const [global, effect] = community.split(':').map(Number)
  return global === asn && effect !== undefined && effect <= lastMark
}
