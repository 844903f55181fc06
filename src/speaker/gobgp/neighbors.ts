/** What runs and its neighbors, between Herald's words and GoBGP's messages. */
import type { Address } from '../../bgp/address.ts'
import type { Asn } from '../../bgp/asn.ts'
import type { NeighborConfig, SpeakerGlobal, SpeakerNeighbor } from '../speaker.ts'
import { type Codec, bfdStates, sessionStates } from './codec.ts'
import type { GetBgpResponse, ListPeerResponse, PeerMessage } from './messages.ts'
import { familyNumbers } from './rib.ts'

export function readGlobal({ api }: Codec, { global }: GetBgpResponse): SpeakerGlobal {
  if (global === null || global.asn === 0) return { api, asn: undefined, routerId: undefined }
  return { api, asn: global.asn as Asn, routerId: global.router_id }
}

/** undefined where the message names no neighbor: a dynamic one that is on its way. */
export function readNeighbor(codec: Codec, { peer }: ListPeerResponse, nowMs: number): SpeakerNeighbor | undefined {
  if (peer === null || peer.conf === null || peer.conf.neighbor_address === '') return undefined
  const { conf, state, timers } = peer
  const session = sessionStates[state?.session_state ?? 0] ?? 'idle'
  const since = timers?.state?.uptime?.seconds ?? 0
  const bfd = bfdStates[state?.bfd_state?.session_state ?? 0]
  let received = 0
  let accepted = 0
  let advertised = 0
  for (const { state: counts } of peer.afi_safis) {
    received += counts?.received ?? 0
    accepted += counts?.accepted ?? 0
    advertised += counts?.advertised ?? 0
  }
  return {
    address: conf.neighbor_address as Address,
    asn: (conf.peer_asn || (state?.peer_asn ?? 0)) as Asn,
    state: session,
    adminDown: state?.admin_state === codec.adminUp + 1,
    prefixLimit: state?.admin_state === codec.adminUp + 2,
    deferring: peer.graceful_restart?.local_restarting ?? false,
    ...(bfd !== undefined && { bfd }),
    received,
    accepted,
    advertised,
    uptimeSeconds: session === 'established' && since > 0 ? Math.max(0, Math.floor(nowMs / 1000) - since) : undefined,
  }
}

/** UDP port of single-hop BFD (RFC 5881, 4). */
const bfdPort = 3784

/**
 * While it restarts, a daemon sends nothing to anybody until every neighbor has sent its End-of-RIB, or for this long
 * (RFC 4724, 4.1). It should know the routes of all before it chooses; ours are its own and are all there before. GoBGP's
 * default is 360 s, and on 4.8 one neighbor that stays down makes all others wait for it.
 */
const deferralSeconds = 1

export function peerMessage(config: NeighborConfig): PeerMessage {
  const { gracefulRestartSeconds, ebgpMultihop, bfd } = config
  const graceful = gracefulRestartSeconds > 0
  return {
    conf: {
      neighbor_address: config.address,
      peer_asn: config.asn,
      auth_password: config.password ?? '',
      admin_down: config.shut === true,
    },
    ...(ebgpMultihop !== undefined && { ebgp_multihop: { enabled: true, multihop_ttl: ebgpMultihop } }),
    timers: {
      config: {
        connect_retry: config.connectRetrySeconds,
        hold_time: config.holdTimeSeconds,
        keepalive_interval: config.keepaliveSeconds,
        idle_hold_time_after_reset: config.connectRetrySeconds,
      },
    },
    transport: {
      local_address: config.localAddress ?? '',
      passive_mode: config.passive,
      remote_port: config.remotePort ?? 0,
    },
    ...(bfd !== undefined && {
      bfd: {
        enabled: true,
        port: bfdPort,
        desired_minimum_tx_interval: bfd.intervalMs * 1000,
        required_minimum_receive: bfd.intervalMs * 1000,
        detection_multiplier: bfd.multiplier,
      },
    }),
    ...(graceful && {
      graceful_restart: {
        enabled: true,
        restart_time: gracefulRestartSeconds,
        deferral_time: deferralSeconds,
        notification_enabled: true,
        local_restarting: config.restarting,
      },
    }),
    afi_safis: config.families.map((family) => ({
      config: { family: familyNumbers[family], enabled: true },
      ...(graceful && { mp_graceful_restart: { config: { enabled: true } } }),
    })),
  }
}
