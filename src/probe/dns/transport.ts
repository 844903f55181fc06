/** DNS over UDP, on a connected socket so that refusals are heard and strangers are not; and over TCP (RFC 1035 §4.2.2). */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { DecodedPacket } from 'dns-packet'
import { type Address, addressFamily } from '../../bgp/address.ts'
import { readAnswer } from './message.ts'

export interface Place {
  readonly address: Address
  readonly port: number
  readonly source: Address | undefined
}

export interface UdpExchange {
  /** Sends once; resolves with the first message that `read` takes for the answer, rejects where the socket fails. */
  ask(message: Buffer, read: (message: Buffer) => DecodedPacket | undefined): Promise<DecodedPacket>
  close(): void
}

/** Rejects, as every question does, with the socket's error or the signal's reason. */
export async function openUdp({ address, port, source }: Place, signal: AbortSignal): Promise<UdpExchange> {
  const socket = createSocket(addressFamily(address) === 'ipv6' ? 'udp6' : 'udp4')
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => undefined) // heard by whoever waits
  socket.on('error', broken.reject)
  signal.addEventListener('abort', () => broken.reject(signal.reason), { once: true })
  const connected = Promise.withResolvers<void>()
  socket.once('connect', () => connected.resolve())
  socket.bind({ port: 0, ...(source !== undefined && { address: source }) }, () => {
    try {
      socket.connect(port, address, (error?: Error) => error && broken.reject(error))
    } catch (error) {
      broken.reject(error)
    }
  })
  const close = (): void => {
    socket.removeAllListeners('message')
    socket.close()
  }
  try {
    await Promise.race([connected.promise, broken.promise])
  } catch (error) {
    close()
    throw error
  }
  return {
    ask(message, read) {
      const { promise, resolve } = Promise.withResolvers<DecodedPacket>()
      socket.on('message', (received) => {
        const packet = read(received)
        if (packet !== undefined) resolve(packet)
      })
      socket.send(message, (error) => {
        if (error !== null) broken.reject(error)
      })
      return Promise.race([promise, broken.promise])
    },
    close,
  }
}

/** One question and its answer, each behind two octets of length. */
export function askTcp(
  { address, port, source }: Place,
  message: Buffer,
  id: number,
  signal: AbortSignal,
): Promise<DecodedPacket> {
  const { promise, resolve, reject } = Promise.withResolvers<DecodedPacket>()
  const socket = connect({ host: address, port, ...(source !== undefined && { localAddress: source }) })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  socket.once('connect', () => socket.write(Buffer.concat([length, message])))
  socket.on('error', reject)
  socket.on('close', () => reject(Object.assign(new Error('closed before the answer'), { code: 'ECONNRESET' })))
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  let received = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
    const packet = readAnswer(received.subarray(2, 2 + received.readUInt16BE(0)), id)
    if (packet === undefined) reject(Object.assign(new Error('not an answer'), { code: 'EPROTO' }))
    else resolve(packet)
  })
  return promise.finally(() => socket.destroy())
}
