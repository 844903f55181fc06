/** The gRPC channel to one gobgpd: TCP, unix socket, TLS, mTLS. */
import { readFileSync } from 'node:fs'
import { type ChannelCredentials, type ChannelOptions, Client, credentials } from '@grpc/grpc-js'
import { OperationError } from '../../bgp/operation-error.ts'

export interface GobgpSettings {
  /** `host:port` or `unix:///path`. */
  readonly endpoint: string
  /** Absent: plain text. The values are paths of PEM files. */
  readonly tls?: {
    readonly ca: string
    /** Certificate and key of ours, where the daemon asks for one (mTLS). */
    readonly certificate?: string
    readonly key?: string
    /** Name in the daemon's certificate, where it is not the endpoint's host. */
    readonly serverName?: string
  }
}

/**
 * keepalive is left alone on purpose: GoBGP ends a stream whose client pings more often than every 5 minutes. A watch
 * snapshot and a bulk of paths are larger than gRPC's default limit of 4 MB.
 */
const channelOptions: ChannelOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
}

/** Does not connect yet. Throws `speaker-unreachable` where a PEM file cannot be read. */
export function openChannel({ endpoint, tls }: GobgpSettings): Client {
  if (tls === undefined) return new Client(endpoint, credentials.createInsecure(), channelOptions)
  const name = tls.serverName
  return new Client(endpoint, tlsCredentials(endpoint, tls), {
    ...channelOptions,
    ...(name !== undefined && { 'grpc.ssl_target_name_override': name, 'grpc.default_authority': name }),
  })
}

function tlsCredentials(endpoint: string, tls: NonNullable<GobgpSettings['tls']>): ChannelCredentials {
  const read = (file: string | undefined) => (file === undefined ? null : readFileSync(file))
  try {
    return credentials.createSsl(read(tls.ca), read(tls.key), read(tls.certificate))
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new OperationError('speaker-unreachable', `gobgpd at ${endpoint}: TLS cannot be used: ${problem}`, {
      cause: error,
    })
  }
}
