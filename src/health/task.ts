/**
 * What an agent probes, compiled by the controller from Check documents. Targets are literal addresses or URLs; the agent
 * decides nothing.
 */
import type { Address } from '../bgp/address.ts'
import type { Subject } from './subject.ts'

/** What is sent and what counts as an answer. */
export type Probe =
  | { readonly kind: 'icmp'; readonly address: Address; readonly count: number }
  | { readonly kind: 'tcp'; readonly address: Address; readonly port: number }
  | {
      readonly kind: 'http'
      readonly url: string
      /** Connect here instead of what the URL's name resolves to. */
      readonly address?: Address
      readonly statuses: readonly number[]
      /** Must occur in the body's first 64 KiB. */
      readonly body?: string
      /** Fails when the certificate expires sooner. */
      readonly tlsDaysLeft?: number
      /** Response header that names the POP. */
      readonly popHeader?: string
    }
  | {
      readonly kind: 'dns'
      readonly server: Address
      readonly port: number
      readonly name: string
      readonly type: string
      /** Expected in an answer; absent: any NOERROR answer. */
      readonly answer?: string
      /** How the answering POP is named (RFC 5001, RFC 4892). */
      readonly identify?: 'nsid' | 'id.server'
    }
  | {
      readonly kind: 'udp'
      readonly address: Address
      readonly port: number
      /** Packets in one probe, spread over it. */
      readonly packets: number
      readonly spacingMs: number
    }

export interface Task {
  /** Unique: name of the Check and subject. */
  readonly id: string
  readonly check: string
  readonly subject: Subject
  readonly probe: Probe
  /** Source address, which chooses the line or path by `ip rule`. */
  readonly source?: Address
  readonly intervalMs: number
  readonly timeoutMs: number
}
