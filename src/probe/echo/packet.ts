/**
 * STAMP test packets (RFC 8762 §4.2, unauthenticated mode) with the reflector's name in a TLV (RFC 8972 §4). The sender
 * leaves room for the name and the reflector fills it in, so that request and reply have one size (RFC 8762 §4.3) and a
 * reflector amplifies nothing. A sender or reflector of another maker works with ours, only without the name.
 */

export interface Request {
  readonly sequence: number
  /** Tells one sender's packets from another's (SSID, RFC 8972 §3); 0 to 65535. */
  readonly session: number
  /** Milliseconds since the epoch. */
  readonly sentAtMs: number
}

export interface Reply extends Request {
  /** By the reflector's clock, milliseconds since the epoch. */
  readonly reflectorReceivedAtMs: number
  readonly reflectorSentAtMs: number
  /** Who answered; undefined where the reflector does not say. */
  readonly name: string | undefined
}

const baseLength = 44
const tlvHeaderLength = 4
/** Room for a name, in octets of UTF-8. */
export const maxNameLength = 64
export const packetLength = baseLength + tlvHeaderLength + maxNameLength

/** Of the range for private use (RFC 8972 §5.1). */
const nameTlv = 252
/** The U flag: set by the sender, cleared by a reflector that knows the TLV (RFC 8972 §4). */
const unrecognised = 0x80
/** Not synchronised, NTP format, 2^-10 s (RFC 8762 §4.2.1). */
const errorEstimate = 0x1601
/** Seconds between 1900 and 1970. */
const ntpEpochSeconds = 2_208_988_800

export function encodeRequest({ sequence, session, sentAtMs }: Request): Buffer {
  const packet = Buffer.alloc(packetLength)
  packet.writeUInt32BE(sequence, 0)
  writeTime(packet, sentAtMs, 4)
  packet.writeUInt16BE(errorEstimate, 12)
  packet.writeUInt16BE(session, 14)
  packet.writeUInt8(unrecognised, baseLength)
  packet.writeUInt8(nameTlv, baseLength + 1)
  packet.writeUInt16BE(maxNameLength, baseLength + 2)
  return packet
}

/**
 * Turns a request into its reply, in place, without its send time: stateless, the sequence is the sender's
 * (RFC 8762 §4.3). Nothing else is asked of the packet, so that any STAMP sender is served.
 * @returns false where it is too short to be a test packet
 */
export function reflect(packet: Buffer, receivedAtMs: number, name: string): boolean {
  if (packet.length < baseLength) return false
  packet.copy(packet, 24, 0, 14) // sequence, timestamp and error estimate of the sender
  writeTime(packet, receivedAtMs, 16)
  packet.writeUInt16BE(errorEstimate, 12)
  packet.fill(0, 38, baseLength) // the sender's TTL too: it cannot be read here, and 0 never arrives
  const room = nameRoom(packet)
  if (room === undefined) return true
  packet.writeUInt8(0, room.start - tlvHeaderLength)
  packet.fill(0, room.start, room.end)
  packet.write(name, room.start, room.end - room.start, 'utf8')
  return true
}

/** Set apart from `reflect` so that it is the last thing before the packet leaves. */
export function stampSendTime(reply: Buffer, sentAtMs: number): void {
  writeTime(reply, sentAtMs, 4)
}

/** Undefined where it is no reply. */
export function decodeReply(packet: Buffer): Reply | undefined {
  if (packet.length < baseLength) return undefined
  const reflectorReceivedAtMs = readTime(packet, 16)
  if (reflectorReceivedAtMs < 0) return undefined // zeros there: a request
  const room = nameRoom(packet)
  const known = room !== undefined && (packet.readUInt8(room.start - tlvHeaderLength) & unrecognised) === 0
  const name = known ? packet.toString('utf8', room.start, room.end).replace(/\0+$/, '') : ''
  return {
    sequence: packet.readUInt32BE(24),
    session: packet.readUInt16BE(14),
    sentAtMs: readTime(packet, 28),
    reflectorReceivedAtMs,
    reflectorSentAtMs: readTime(packet, 4),
    name: name === '' ? undefined : name,
  }
}

/** The value of the name TLV, which may stand behind others. */
function nameRoom(packet: Buffer): { readonly start: number; readonly end: number } | undefined {
  let at = baseLength
  while (at + tlvHeaderLength <= packet.length) {
    const start = at + tlvHeaderLength
    const end = start + packet.readUInt16BE(at + 2)
    if (end > packet.length) return undefined
    if (packet.readUInt8(at + 1) === nameTlv) return { start, end }
    at = end
  }
  return undefined
}

/** NTP's 64-bit format: seconds since 1900 and a binary fraction (RFC 5905 §6). */
function writeTime(packet: Buffer, timeMs: number, offset: number): void {
  const seconds = Math.floor(timeMs / 1000)
  packet.writeUInt32BE((seconds + ntpEpochSeconds) % 2 ** 32, offset)
  packet.writeUInt32BE(Math.floor(((timeMs - seconds * 1000) / 1000) * 2 ** 32), offset + 4)
}

function readTime(packet: Buffer, offset: number): number {
  return (packet.readUInt32BE(offset) - ntpEpochSeconds) * 1000 + (packet.readUInt32BE(offset + 4) / 2 ** 32) * 1000
}
