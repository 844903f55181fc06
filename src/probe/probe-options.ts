/** What every kind of probe takes beside its target. */
import type { Address } from '../bgp/address.ts'
import type { HasLink } from './own-link.ts'

export interface ProbeOptions {
  readonly source?: Address
  readonly timeoutMs: number
  /** PEM certificates that HTTPS probes trust, instead of those that Node trusts. */
  readonly ca?: string
  /** Default: what the kernel says. */
  readonly hasLink?: HasLink
}
