/**
 * The static export policy, in Herald's words (DESIGN §5). One per speaker, installed and read back before any path:
 * everything is rejected that does not carry our ownership mark; marks are turned into deeds, and stripped.
 * Steering is done by the marks a path carries (bgp/mark.ts), so the policy itself hardly ever changes.
 */
import type { Address } from '../bgp/address.ts'
import type { Asn } from '../bgp/asn.ts'
import type { Community, LargeCommunity } from '../bgp/community.ts'

export interface ExportPolicy {
  readonly asn: Asn
  /** Neighbors that marks may name, with the number that stands for them in a mark. */
  readonly neighbors: readonly { readonly address: Address; readonly number: number }[]
  readonly treatments: readonly PolicyTreatment[]
}

export interface PolicyTreatment {
  /** Parameter of the mark `ASN:5:<number>`. */
  readonly number: number
  readonly neighbor: Address
  readonly med?: number
  readonly localPref?: number
  readonly nextHop?: Address
  readonly communities: readonly Community[]
  readonly largeCommunities: readonly LargeCommunity[]
}
