/**
 * Starts BGP, once. gobgpd takes a StartBgp while BGP runs, and begins anew: every path is gone (3.36 and 4.8 alike,
 * where it does not listen). So it is asked first, and a daemon that runs BGP is never told to start it.
 */
import { OperationError } from '../../bgp/operation-error.ts'
import type { GlobalConfig } from '../speaker.ts'
import { type Budget, unary } from './call.ts'
import type { Daemon } from './connection.ts'

export async function startBgp(daemon: Daemon, config: GlobalConfig, limit: Budget): Promise<void> {
  const { global } = await unary(daemon, daemon.methods.getBgp, {}, limit)
  const running = global?.asn ?? 0
  if (running !== 0)
    throw new OperationError(
      'speaker-refused',
      `gobgpd at ${daemon.endpoint} runs BGP already, as AS ${running}: starting it again would empty it`,
    )
  const { asn, routerId, listenPort, listenAddresses } = config
  const message = { asn, router_id: routerId, listen_port: listenPort, listen_addresses: listenAddresses }
  await unary(daemon, daemon.methods.startBgp, { global: message }, limit)
}
