/**
 * The part of the model that automation works with: who probes (Agent), what is probed and when it counts as failed
 * (Check), what then happens to a prefix (FailoverPolicy), what automation has laid on top (Failover), and alarms from
 * and to other systems (AlertMapping, Receiver). Durations are written `200ms`, `1s`, `5m`; here they are milliseconds.
 */
import type { Address } from '../bgp/address.ts'
import type { NeighborKind } from '../bgp/neighbor.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { NeighborId, PopId, RegionId, Selector, SpeakerTls } from './model.ts'

export type AgentId = string & { readonly __brand: 'AgentId' }
/** Name of a Check. A service or path is called like the Check that probes it. */
export type CheckId = string & { readonly __brand: 'CheckId' }
/** Name of an AlertMapping. Checks and mappings share one namespace, because a policy may name either. */
export type AlertMappingId = string & { readonly __brand: 'AlertMappingId' }

export type CollectorId = string & { readonly __brand: 'CollectorId' }

/**
 * A vantage router: a GoBGP daemon elsewhere, such as a route collector or a box of one's own behind an upstream, that is
 * asked which of our prefixes it sees. It is never written to.
 */
export interface Collector {
  readonly id: CollectorId
  /** gRPC address: `host:port` or `unix:///path`. */
  readonly endpoint: string
  readonly tls?: SpeakerTls
  readonly region?: RegionId
  readonly label?: string
  /** How soon it sees what is announced, and stops seeing what is withdrawn; later is an alarm. */
  readonly seenWithinMs: number
}

/** A process that probes: at a POP, or outside of all of them. */
export interface Agent {
  readonly id: AgentId
  readonly place: AgentPlace
  readonly description?: string
}

export type AgentPlace =
  | { readonly kind: 'pop'; readonly pop: PopId }
  | { readonly kind: 'vantage'; readonly region?: RegionId; readonly label?: string }

export type Severity = 'critical' | 'warning' | 'info'

/** What is probed, from where, and when it counts as failed. */
export interface Check {
  readonly id: CheckId
  readonly description?: string
  readonly subject: 'service' | 'neighbor' | 'path'
  /** POPs whose service, neighbors or path it is about. */
  readonly at: readonly Selector[]
  readonly except: readonly Selector[]
  /** Subject neighbor only: these; absent: all of `neighborKinds`. */
  readonly neighbors?: readonly NeighborId[]
  readonly neighborKinds: readonly NeighborKind[]
  /** `local`: agents of the POP itself; `vantage`: all vantage points; or these agents. */
  readonly from: 'local' | 'vantage' | readonly AgentId[]
  readonly probe: CheckProbe
  /** An address, or one placeholder such as `{neighbor.address}` (check/templates). */
  readonly target?: string
  /** By POP; subject neighbor: by neighbor. Wins over `target`. */
  readonly targets: ReadonlyMap<string, Address>
  readonly source?: string
  readonly sources: ReadonlyMap<string, Address>
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Failed samples in a row after which an agent says `failed`. */
  readonly fall: number
  /** Good samples in a row after which it says `ok` again. */
  readonly rise: number
  readonly window?: CheckWindow
  /** Agents that must say `failed`; absent: more than half of those that probe it. */
  readonly quorum?: number
  /** How long a subject must be well before its traffic comes back. */
  readonly holdDownMs: number
  readonly severity: Severity
  /** How soon a failure must be noticed; a Check that is slower is warned of. */
  readonly detectWithinMs?: number
}

/** Over the last `lengthMs`, more than this counts as failed. At least one of the limits is there. */
export interface CheckWindow {
  readonly lengthMs: number
  /** 0 to 1. */
  readonly maxLossRatio?: number
  readonly maxRttMs?: number
  readonly maxJitterMs?: number
}

/** How it is probed; health/task says what each option means. `url` and `name` may hold placeholders. */
export type CheckProbe =
  | { readonly kind: 'icmp'; readonly count: number }
  | { readonly kind: 'tcp'; readonly port: number }
  | {
      readonly kind: 'http'
      readonly url: string
      readonly statuses: readonly number[]
      readonly body?: string
      readonly tlsDaysLeft?: number
      readonly popHeader?: string
    }
  | {
      readonly kind: 'dns'
      readonly port: number
      readonly name: string
      readonly type: string
      readonly answer?: string
      readonly identify?: 'nsid' | 'id.server'
    }
  | { readonly kind: 'udp'; readonly port: number; readonly packets: number; readonly spacingMs: number }

/** `spec.failover` of a Prefix: what automation may do when its checks fail. */
export interface FailoverPolicy {
  /** Checks and AlertMappings; a POP or neighbor is sick for this prefix while any of them is failed there. */
  readonly checks: readonly (CheckId | AlertMappingId)[]
  /** At a POP whose service or path is sick. */
  readonly action: 'withdraw' | 'drain' | 'prepend'
  /** Toward a neighbor that is sick. */
  readonly neighborAction: 'withhold' | 'prepend'
  /** POPs that announce it only while a Failover document activates them. */
  readonly backup: readonly Selector[]
  /** A less specific prefix that stays announced as the last resort. */
  readonly cover?: Prefix
  readonly lease: FailoverLease
  /** How long a POP or neighbor must be well before it gets traffic again. Absent: the longest of its checks. */
  readonly holdDownMs?: number
  readonly return: FailoverReturn
}

/** What an agent lets happen to the routes of its POP when the controller is not heard of for `afterMs` (G9). */
export type FailoverLease =
  | { readonly policy: 'hold' }
  /** Routes are withdrawn there, because a POP without a controller is worth less than none. */
  | { readonly policy: 'withdraw'; readonly afterMs: number }

/** Coming back in stages: each of `prepends` for `stageMs`, then plain. */
export interface FailoverReturn {
  readonly prepends: readonly (1 | 2 | 3)[]
  readonly stageMs: number
}

/** Overlay that automation writes: one measure for one prefix at one POP or toward one neighbor. Ends by deletion only. */
export interface Failover {
  readonly id: string
  readonly prefix: Prefix
  readonly place: FailoverPlace
  readonly action: FailoverAction
  /** Action `prepend`: how often. */
  readonly prepend: 1 | 2 | 3
  /** Action `drain`: marked GRACEFUL_SHUTDOWN that long before it is gone. */
  readonly graceSeconds: number
  readonly startedAtMs: number
  /** Text of the health subject that asked for it, such as `service/fra/dns` (health/subject). */
  readonly subject: string
  /** Id of the alarm. */
  readonly alarm: string
  /** One sentence for people. */
  readonly reason: string
}

export type FailoverPlace =
  | { readonly kind: 'pop'; readonly pop: PopId }
  | { readonly kind: 'neighbor'; readonly neighbor: NeighborId }

/** At a POP: withdraw, drain, prepend, activate (a backup). Toward a neighbor: withhold, prepend. */
export type FailoverAction = 'withdraw' | 'drain' | 'prepend' | 'withhold' | 'activate'

/** What a POP can carry; automation does not send it more than that. */
export interface Capacity {
  readonly amount: number
  readonly unit: 'bit/s' | 'requests/s'
}

/** By label: any of these values. Every label named must fit. */
export type LabelMatch = ReadonlyMap<string, readonly string[]>

/** Where alarms are told. */
export interface Receiver {
  readonly id: string
  readonly kind: 'webhook' | 'alertmanager' | 'pagerduty' | 'slack'
  /** Absent: `urlFrom` has it, or it is PagerDuty's own. */
  readonly url?: string
  readonly urlFrom?: SecretSource
  /** webhook: key of the HMAC signature; pagerduty: routing key; alertmanager: bearer token. */
  readonly secret?: SecretSource
  readonly severities: readonly Severity[]
  readonly match: LabelMatch
  readonly sendResolved: boolean
}

/** Where a secret is read when it is needed. Documents never hold one. */
export type SecretSource = { readonly env: string } | { readonly file: string }

/** What an alert of another system (Alertmanager webhook, version 4) is about here. */
export interface AlertMapping {
  readonly id: AlertMappingId
  readonly match: LabelMatch
  /** Names, or `{label}` for what the alert's label says. Exactly one of pop and neighbor is there. */
  readonly pop?: string
  readonly neighbor?: string
  /** Only this prefix; absent: every prefix whose policy names the mapping. */
  readonly prefix?: string
  readonly severity: Severity
}
