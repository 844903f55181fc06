/**
 * A STAMP sender (RFC 8762 §4.2) at a steady rate. It tells the fate of every packet, once: answered, with round-trip
 * time, who answered, and whether it was overtaken; or lost. Round trips are differences of the sender's own clock, less
 * the time that the reflector says it kept the packet.
 *
 * The schedule is absolute, so that late timers do not lower the rate. What was missed in a long pause of this process
 * (a suspended machine) is not sent: a burst would measure something else.
 */
import { randomInt } from 'node:crypto'
import { type RemoteInfo, type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { clockMs } from './clock.ts'
import { decodeReply, encodeRequest } from './packet.ts'

export interface SenderOptions {
  /** A literal address. */
  readonly address: string
  readonly port: number
  /** Source address. Default: the kernel's choice. */
  readonly source?: string
  readonly intervalMs: number
  /** How many to send. Default: until the signal. */
  readonly packets?: number
  /** Without an answer for so long, a packet is lost. Default 1000. */
  readonly timeoutMs?: number
  /** Ends the sending. What is on its way then is waited for, for `timeoutMs` at most. */
  readonly signal: AbortSignal
  readonly onPacket: (packet: SentPacket) => void
}

/** The fate of one packet. */
export type SentPacket = {
  /** From 0, without holes. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly sentAtMs: number
} & (
  | {
      readonly outcome: 'answered'
      readonly receivedAtMs: number
      readonly rttMs: number
      readonly answeredBy: string | undefined
      /** A packet sent later was answered before it (RFC 4737 §3). */
      readonly reordered: boolean
    }
  | {
      readonly outcome: 'lost'
      /** Why it could not even be sent: `ENETUNREACH`. */
      readonly detail?: string
    }
)

export interface Sender {
  /** Resolves when the fate of every packet is told. */
  readonly finished: Promise<void>
}

/** Longer behind than this, packets are skipped instead of sent in a burst. */
const catchUpMs = 100

interface Waiting {
  readonly sentAtMs: number
  detail?: string
}

/** @throws where the source address is not ours */
export async function startSender(options: SenderOptions): Promise<Sender> {
  const { address, source, signal } = options
  signal.throwIfAborted()
  const type = isIPv6(address) ? 'udp6' : 'udp4'
  // Literal addresses need no resolver, which would cost a turn of the loop for each packet.
  const lookup = (host: string, _: unknown, done: (error: null, address: string, family: number) => void): void =>
    done(null, host, type === 'udp6' ? 6 : 4)
  const socket = createSocket({ type, lookup })
  const listening = once(socket, 'listening') // the resolver above answers at once
  socket.bind(0, source)
  await listening
  socket.on('error', () => undefined)
  const flight = new Flight(options, socket)
  socket.on('message', (message, from) => flight.receive(message, from))
  return { finished: flight.run().finally(() => socket.close()) }
}

class Flight {
  readonly #options: SenderOptions
  readonly #socket: Socket
  readonly #session = randomInt(1, 65_536)
  readonly #timeoutMs: number
  /** In the order they were sent, so that the oldest is the first. */
  readonly #waiting = new Map<number, Waiting>()
  #sent = 0
  #highestAnswered = -1
  #landed: (() => void) | undefined

  constructor(options: SenderOptions, socket: Socket) {
    this.#options = options
    this.#socket = socket
    this.#timeoutMs = options.timeoutMs ?? 1000
  }

  async run(): Promise<void> {
    await this.#sendAll()
    // Nothing more is sent: the rest lands, or is given up.
    const landed = new Promise<void>((resolve) => {
      this.#landed = resolve
    })
    const timer = setInterval(() => this.#giveUp(), Math.min(20, this.#timeoutMs))
    if (this.#waiting.size > 0) await landed
    clearInterval(timer)
  }

  #sendAll(): Promise<void> {
    const { intervalMs, packets = Number.POSITIVE_INFINITY, signal } = this.#options
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      let dueMs = clockMs()
      const tick = (): void => {
        const nowMs = clockMs()
        if (nowMs - dueMs > catchUpMs) dueMs = nowMs
        while (dueMs <= nowMs && this.#sent < packets) {
          this.#send()
          dueMs += intervalMs
        }
        this.#giveUp()
        if (this.#sent >= packets) end()
        else timer = setTimeout(tick, Math.max(1, dueMs - clockMs()))
      }
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
      else tick()
    })
  }

  #send(): void {
    const sequence = this.#sent++
    const sentAtMs = clockMs()
    const waiting: Waiting = { sentAtMs }
    this.#waiting.set(sequence, waiting)
    const packet = encodeRequest({ sequence, session: this.#session, sentAtMs })
    this.#socket.send(packet, this.#options.port, this.#options.address, (error) => {
      if (error !== null) waiting.detail = 'code' in error ? String(error.code) : error.message
    })
  }

  receive(message: Buffer, from: RemoteInfo): void {
    const receivedAtMs = clockMs()
    const reply = from.port === this.#options.port ? decodeReply(message) : undefined
    if (reply === undefined || reply.session !== this.#session) return
    const { sequence } = reply
    const waiting = this.#waiting.get(sequence)
    if (waiting === undefined) return // a double, or given up
    this.#waiting.delete(sequence)
    const reordered = sequence < this.#highestAnswered
    this.#highestAnswered = Math.max(sequence, this.#highestAnswered)
    const keptMs = Math.max(0, reply.reflectorSentAtMs - reply.reflectorReceivedAtMs)
    this.#options.onPacket({
      sequence,
      sentAtMs: waiting.sentAtMs,
      outcome: 'answered',
      receivedAtMs,
      rttMs: Math.max(0, receivedAtMs - waiting.sentAtMs - keptMs),
      answeredBy: reply.name,
      reordered,
    })
    if (this.#waiting.size === 0) this.#landed?.()
  }

  #giveUp(): void {
    const limitMs = clockMs() - this.#timeoutMs
    for (const [sequence, { sentAtMs, detail }] of this.#waiting) {
      if (sentAtMs > limitMs) break
      this.#waiting.delete(sequence)
      this.#options.onPacket({ sequence, sentAtMs, outcome: 'lost', ...(detail !== undefined && { detail }) })
    }
    if (this.#waiting.size === 0) this.#landed?.()
  }
}
