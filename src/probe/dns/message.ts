/**
 * DNS messages of a probe: the question with the ways to name the answering POP, NSID (RFC 5001) in EDNS or a second
 * question `id.server` TXT CH (RFC 4892), and what an answer says.
 */
import {
  type Answer,
  type DecodedPacket,
  type Packet,
  RECURSION_DESIRED,
  type RecordType,
  decode,
  encode,
} from 'dns-packet'
import type { DnsProbe } from './dns.ts'

/** Small enough to pass everywhere unfragmented (DNS Flag Day 2020). */
const udpPayloadBytes = 1232

const typePattern = /^[A-Z][A-Z0-9]{0,9}$/

/** The question itself, with NSID asked for where the POP is named so. */
export function questionOf({ name, type, identify }: DnsProbe, id: number): Buffer {
  const nsid = { code: 'NSID', data: Buffer.alloc(0) }
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type: type.toUpperCase() as RecordType }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: udpPayloadBytes,
        flags: 0,
        options: identify === 'nsid' ? [nsid] : [],
      } as unknown as Answer,
    ],
  } satisfies Packet)
}

export function identityQuestion(id: number): Buffer {
  return encode({ type: 'query', id, questions: [{ name: 'id.server', type: 'TXT', class: 'CH' }] })
}

/** One sentence why this cannot be asked, or undefined. */
export function typeProblem(type: string): string | undefined {
  return typePattern.test(type.toUpperCase()) ? undefined : `"${type}" is not a record type`
}

/** An answer to the message with this id; undefined for what is none, however it came here. */
export function readAnswer(message: Buffer, id: number): DecodedPacket | undefined {
  try {
    const packet = decode(message)
    return packet.flag_qr && packet.id === id ? packet : undefined
  } catch {
    return undefined
  }
}

/** `NOERROR`, `SERVFAIL`, …; not in the types of dns-packet. */
export function responseCode(packet: DecodedPacket): string {
  return (packet as DecodedPacket & { readonly rcode?: string }).rcode ?? 'unknown response code'
}

/** What each answer says, as one writes it in a zone. */
export function answerTexts(packet: Packet): readonly string[] {
  return (packet.answers ?? []).map((answer) => ('data' in answer ? dataText(answer.data) : ''))
}

/** NSID of the server: text where it is printable, else hexadecimal (RFC 5001 §2.3). */
export function nsidOf(packet: Packet): string | undefined {
  for (const record of packet.additionals ?? [])
    if (record.type === 'OPT')
      for (const { code, data } of record.options as readonly { readonly code: unknown; readonly data?: Buffer }[])
        if (code === nsidCode && data !== undefined && data.length > 0) return octetsText(data)
  return undefined
}

const nsidCode = 3

function dataText(data: unknown): string {
  if (typeof data === 'string') return data
  if (Buffer.isBuffer(data)) return octetsText(data)
  if (Array.isArray(data)) return data.map((part) => dataText(part)).join('')
  return JSON.stringify(data)
}

function octetsText(octets: Buffer): string {
  const text = octets.toString('latin1')
  return /^[\x20-\x7e]*$/.test(text) ? text : octets.toString('hex')
}
