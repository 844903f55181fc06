/**
 * One HTTP request an interval, each on a connection of its own, so that each goes where routing sends it now. Tells
 * every request's fate: who answered and after how long, or why not.
 */
import { get } from 'node:http'
import { isIPv6 } from 'node:net'
import { clockMs } from './clock.ts'
import { popHeader } from './http-responder.ts'

export interface RequesterOptions {
  /** A literal address. */
  readonly address: string
  readonly port: number
  readonly intervalMs: number
  /** Default 2000. */
  readonly timeoutMs?: number
  /** Ends it; requests that are on their way then are not told. */
  readonly signal: AbortSignal
  readonly onRequest: (request: SentRequest) => void
}

export interface SentRequest {
  /** From 0. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly sentAtMs: number
  readonly outcome: 'answered' | 'lost'
  /** From connecting to the end of the response. */
  readonly totalMs: number
  readonly answeredBy?: string
  /** `ECONNRESET`, `timeout`, `HTTP 503`. */
  readonly detail?: string
}

/** Sends until the signal; returns at once. */
export function startRequester(options: RequesterOptions): void {
  const { intervalMs, signal, onRequest } = options
  if (signal.aborted) return
  let sequence = 0
  const send = (): void => {
    const sentAtMs = clockMs()
    const number = sequence++
    void requestOnce(options).then((answer) => {
      if (!signal.aborted) onRequest({ sequence: number, sentAtMs, totalMs: clockMs() - sentAtMs, ...answer })
    })
  }
  const timer = setInterval(send, intervalMs)
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  send()
}

type Answer = Pick<SentRequest, 'outcome' | 'answeredBy' | 'detail'>

function requestOnce({ address, port, timeoutMs = 2000, signal }: RequesterOptions): Promise<Answer> {
  const host = isIPv6(address) ? `[${address}]` : address
  const deadline = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve) => {
    const lost = (error: NodeJS.ErrnoException): void =>
      resolve({ outcome: 'lost', detail: deadline.aborted ? 'timeout' : (error.code ?? error.message) })
    const request = get(
      `http://${host}:${port}/`,
      { agent: false, signal: AbortSignal.any([signal, deadline]) },
      (response) => {
        const by = response.headers[popHeader]
        response.on('error', lost)
        response.on('end', () => {
          if (response.statusCode !== 200) return resolve({ outcome: 'lost', detail: `HTTP ${response.statusCode}` })
          resolve({ outcome: 'answered', ...(typeof by === 'string' && { answeredBy: by }) })
        })
        response.resume()
      },
    )
    request.on('error', lost)
  })
}
