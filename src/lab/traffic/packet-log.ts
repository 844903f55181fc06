/**
 * What became of the packets (or requests) of one flow: from one client, by one family and protocol. Packets are kept by
 * sequence, because their fates are told in another order: an answer after its round trip, a loss after a second.
 */

export interface LoggedPacket {
  /** From 0, without holes. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly sentAtMs: number
  /** Round trip; undefined where it was lost. */
  readonly rttMs: number | undefined
  /** POP that answered. */
  readonly pop: string | undefined
  readonly reordered: boolean
}

export type FlowName = 'udp4' | 'udp6' | 'http4' | 'http6'

export interface PacketLog {
  readonly client: string
  readonly flow: FlowName
  /** Between two packets. */
  readonly intervalMs: number
  record(packet: LoggedPacket): void
  /** Packets sent in [from, to) whose fate is known, by sequence. */
  between(fromMs: number, toMs: number): readonly LoggedPacket[]
  /** Forgets what was sent before. */
  forget(beforeMs: number): void
}

export function openPacketLog(client: string, flow: FlowName, intervalMs: number): PacketLog {
  let packets: (LoggedPacket | undefined)[] = []
  /** Sequence of packets[0]. */
  let first = 0
  return {
    client,
    flow,
    intervalMs,
    record(packet) {
      if (packet.sequence >= first) packets[packet.sequence - first] = packet
    },
    between(fromMs, toMs) {
      const found: LoggedPacket[] = []
      for (let at = packets.length - 1; at >= 0; at--) {
        const packet = packets[at]
        if (packet === undefined || packet.sentAtMs >= toMs) continue
        if (packet.sentAtMs < fromMs) break
        found.push(packet)
      }
      return found.toReversed()
    },
    forget(beforeMs) {
      const keep = packets.findIndex((packet) => packet !== undefined && packet.sentAtMs >= beforeMs)
      const gone = keep < 0 ? packets.length : keep
      packets = packets.slice(gone)
      first += gone
    },
  }
}
