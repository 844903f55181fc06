/**
 * G7: a private AS number of ours does not reach the Internet, because others drop its paths (RFC 6996). Where the
 * neighbor's AS is private or for documentation as well, it is a lab; where the neighbor strips it, a person says so.
 */
import { type Asn, isPrivateAsn } from '../bgp/asn.ts'
import { isExternal } from '../bgp/neighbor.ts'
import type { Intent, NeighborId } from '../intent/model.ts'
import type { Refusal } from './review.ts'

export function refusePrivateAsn(before: Intent, after: Intent): readonly Refusal[] {
  const leaks = privateLeaks(before)
  return [...privateLeaks(after)]
    .filter(([neighbor]) => !leaks.has(neighbor))
    .map(([neighbor, asn]) => ({
      guard: 'G7',
      code: 'private-asn',
      forceable: true,
      document: `Neighbor/${neighbor}`,
      message:
        `Neighbor ${neighbor} (AS ${asn}) would be sent paths of our private AS ${after.network?.asn}, which others` +
        ' drop (RFC 6996); use your public AS, or repeat it with --force --reason … if the neighbor strips it.',
    }))
}

function privateLeaks({ network, neighbors }: Intent): ReadonlyMap<NeighborId, Asn> {
  const leaks = new Map<NeighborId, Asn>()
  if (network === undefined || !isPrivateAsn(network.asn)) return leaks
  for (const { id, kind, asn } of neighbors.values())
    if (isExternal(kind) && !isPrivateAsn(asn) && !isDocumentationAsn(asn)) leaks.set(id, asn)
  return leaks
}

/** RFC 5398. */
function isDocumentationAsn(asn: Asn): boolean {
  return (asn >= 64496 && asn <= 64511) || (asn >= 65536 && asn <= 65551)
}
