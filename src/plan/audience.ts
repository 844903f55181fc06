/**
 * Who hears an announcement. A path that no established neighbor is sent is in the RIB and nowhere else: the plan says so
 * before, and the proof after. What is not known is not claimed: a speaker whose sessions nobody saw is passed over.
 */
import type { Address } from '../bgp/address.ts'
import { mark, neighborNumber } from '../bgp/mark.ts'
import { type AttributesKey, attributesOf } from '../bgp/path.ts'
import { type Prefix, prefixFamily } from '../bgp/prefix.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import type { DesiredPrefix } from '../intent/desired.ts'
import type { Intent, Neighbor, SpeakerId } from '../intent/model.ts'
import type { Warning } from './action.ts'

/** Addresses of a speaker's established neighbors as last seen; undefined where they are not known. */
export type Established = (speaker: SpeakerId) => ReadonlySet<Address> | undefined

/** `unheard`: no session; `unheard-family`: none that carries the family; `unheard-withheld`: withheld from all. */
export type UnheardCode = 'unheard' | 'unheard-family' | 'unheard-withheld'

/** A warning for each site of the prefix that nobody hears. */
export function unheardAt(intent: Intent, desired: DesiredPrefix, established: Established): readonly Warning[] {
  const { prefix } = desired
  const warnings: Warning[] = []
  for (const { speaker, pop, attributes } of desired.sites.values()) {
    const addresses = established(speaker)
    const code = addresses && silence(intent, speaker, prefix, attributes, addresses)
    if (code === undefined) continue
    const message = {
      unheard: `no established neighbor at ${pop}: nobody hears it.`,
      'unheard-family': `no established neighbor at ${pop} carries ${familyName(prefix)}: nobody hears it.`,
      'unheard-withheld': `it is withheld from every established neighbor at ${pop}: nobody hears it.`,
    }[code]
    warnings.push({ code, prefix, speaker, message })
  }
  return warnings
}

function silence(
  intent: Intent,
  speaker: SpeakerId,
  prefix: Prefix,
  attributes: AttributesKey,
  established: ReadonlySet<Address>,
): UnheardCode | undefined {
  if (established.size === 0) return 'unheard'
  const named = inventoryOf(intent).neighborsOf(speaker)
  const addresses = new Set(named.map(({ address }) => address))
  // A session that no document names is sent all there is.
  if ([...established].some((address) => !addresses.has(address))) return undefined
  const carrying = named.filter(
    ({ address, families }) => established.has(address) && families.includes(prefixFamily(prefix)),
  )
  if (carrying.length === 0) return 'unheard-family'
  return carrying.every((neighbor) => isWithheld(intent, neighbor, attributes)) ? 'unheard-withheld' : undefined
}

function isWithheld({ network }: Intent, neighbor: Neighbor, attributes: AttributesKey): boolean {
  if (network === undefined) return false
  return attributesOf(attributes).largeCommunities.includes(mark(network.asn, 'withhold', neighborNumber(neighbor)))
}

function familyName(prefix: Prefix): string {
  return prefixFamily(prefix) === 'ipv4' ? 'IPv4' : 'IPv6'
}
