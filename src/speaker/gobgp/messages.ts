/**
 * The messages that go through proto-loader, as far as Herald uses them; the definitions are in proto/gobgp. Enums are
 * numbers, named in the codecs. proto-loader gives unset messages as null and unset repeated fields as [].
 */
export interface GlobalMessage {
  readonly asn: number
  readonly router_id: string
  readonly listen_port: number
  readonly listen_addresses: readonly string[]
}

export interface GetBgpResponse {
  readonly global: GlobalMessage | null
}

export interface StartBgpRequest {
  readonly global: GlobalMessage
}

export interface FamilyMessage {
  readonly afi: number
  readonly safi: number
}

export interface ListPathRequest {
  readonly table_type: number
  readonly name?: string
  readonly family: FamilyMessage
  readonly prefixes?: readonly { readonly prefix: string; readonly type: number }[]
  readonly enable_only_binary: boolean
}

export interface WatchEventRequest {
  /** Present: neighbors' states are told. */
  readonly peer?: object
  readonly table: {
    readonly filters: readonly { readonly type: number; readonly init: boolean; readonly peer_address?: string }[]
  }
}

export interface AfiSafiMessage {
  readonly mp_graceful_restart?: { readonly config: { readonly enabled: boolean } } | null
  readonly config: { readonly family: FamilyMessage; readonly enabled: boolean } | null
}

export interface PeerMessage {
  readonly conf: {
    readonly neighbor_address: string
    readonly peer_asn: number
    readonly auth_password: string
    readonly admin_down: boolean
  }
  readonly ebgp_multihop?: { readonly enabled: boolean; readonly multihop_ttl: number }
  readonly timers: {
    readonly config: {
      readonly connect_retry: number
      readonly hold_time: number
      readonly keepalive_interval: number
      readonly idle_hold_time_after_reset: number
    }
  }
  readonly transport: { readonly local_address: string; readonly passive_mode: boolean; readonly remote_port: number }
  readonly graceful_restart?: {
    readonly enabled: boolean
    readonly restart_time: number
    readonly deferral_time: number
    readonly notification_enabled: boolean
    readonly local_restarting: boolean
  }
  /** Version 4 alone; intervals are microseconds. */
  readonly bfd?: {
    readonly enabled: boolean
    readonly port: number
    readonly desired_minimum_tx_interval: number
    readonly required_minimum_receive: number
    readonly detection_multiplier: number
  }
  readonly afi_safis: readonly AfiSafiMessage[]
}

export interface AddPeerRequest {
  readonly peer: PeerMessage
}

export interface ListPeerResponse {
  readonly peer: {
    readonly conf: { readonly neighbor_address: string; readonly peer_asn: number } | null
    readonly state: {
      readonly neighbor_address: string
      readonly peer_asn: number
      readonly session_state: number
      readonly admin_state: number
      readonly bfd_state?: { readonly session_state: number } | null
    } | null
    readonly timers: { readonly state: { readonly uptime: { readonly seconds: number } | null } | null } | null
    readonly graceful_restart: { readonly local_restarting: boolean } | null
    readonly afi_safis: readonly {
      readonly state: { readonly received: number; readonly accepted: number; readonly advertised: number } | null
    }[]
  } | null
}

export interface DefinedSetMessage {
  readonly defined_type: number
  readonly name: string
  readonly list: readonly string[]
}

interface MatchSetMessage {
  readonly type: number
  readonly name: string
}

interface CommunityActionMessage {
  readonly type: number
  readonly communities: readonly string[]
}

export interface StatementMessage {
  readonly name: string
  readonly conditions: {
    readonly neighbor_set?: MatchSetMessage | null
    readonly rpki_result: number
    readonly route_type?: number
    readonly large_community_set?: MatchSetMessage | null
  } | null
  readonly actions: {
    readonly route_action: number
    readonly community?: CommunityActionMessage | null
    readonly med?: { readonly type: number; readonly value: number } | null
    readonly as_prepend?: { readonly asn: number; readonly repeat: number } | null
    readonly nexthop?: { readonly address: string } | null
    readonly local_pref?: { readonly value: number } | null
    readonly large_community?: CommunityActionMessage | null
  } | null
}

export interface PolicyMessage {
  readonly name: string
  readonly statements: readonly StatementMessage[]
}

export interface AssignmentMessage {
  readonly name: string
  readonly direction: number
  readonly policies: readonly PolicyMessage[]
  readonly default_action: number
}
