/**
 * A stateless STAMP reflector (RFC 8762 §4.3) that names its POP. It answers from the address it is bound to: where an
 * anycast address is one of several, bind to it, else the kernel chooses the source of replies.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { clockMs } from './clock.ts'
import { maxNameLength, reflect, stampSendTime } from './packet.ts'

export interface ReflectorOptions {
  /** A literal address. */
  readonly bind: string
  /** 0: the kernel chooses. */
  readonly port: number
  /** The POP, at most 64 octets. */
  readonly name: string
  /** Stops it. */
  readonly signal: AbortSignal
}

export interface Reflector {
  readonly port: number
  /** Packets answered so far. */
  readonly reflected: number
  /** Resolves once it is stopped. */
  readonly closed: Promise<void>
}

/** A busy machine may let us wait for some 100 ms: what comes meanwhile is answered late, not lost. The kernel may give less. */
const receiveBufferBytes = 4 * 1024 * 1024

/** @throws where it cannot bind */
export async function startReflector({ bind, port, name, signal }: ReflectorOptions): Promise<Reflector> {
  if (Buffer.byteLength(name) > maxNameLength) throw new RangeError(`"${name}" is longer than ${maxNameLength} octets`)
  signal.throwIfAborted()
  const socket = isIPv6(bind) ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4')
  let reflected = 0
  socket.on('message', (packet, from) => {
    const receivedAtMs = clockMs()
    // A reply looks like a request: two reflectors must never talk to each other (RFC 4732 §3.1).
    if (from.port === ownPort || !reflect(packet, receivedAtMs, name)) return
    stampSendTime(packet, clockMs())
    socket.send(packet, from.port, from.address, (error) => {
      if (error === null) reflected++ // else no way back to this sender, as for any lost packet
    })
  })
  socket.bind(port, bind)
  await once(socket, 'listening')
  const ownPort = socket.address().port
  socket.setRecvBufferSize(receiveBufferBytes)
  socket.on('error', () => undefined)
  const closed = once(socket, 'close').then(() => undefined)
  signal.addEventListener('abort', () => socket.close(), { once: true })
  return {
    port: ownPort,
    get reflected() {
      return reflected
    },
    closed,
  }
}
