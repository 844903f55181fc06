/**
 * A small HTTP service that names its POP: what clients ask over TCP where the UDP echo is not the whole truth. One
 * response a connection, so that every request is routed anew.
 */
import { once } from 'node:events'
import { type Server, createServer } from 'node:http'

export interface HttpResponderOptions {
  /** A literal address. */
  readonly bind: string
  /** 0: the kernel chooses. */
  readonly port: number
  /** The POP. */
  readonly name: string
  /** Stops it. */
  readonly signal: AbortSignal
}

export interface HttpResponder {
  readonly port: number
  readonly closed: Promise<void>
}

/** Names the POP in every response. */
export const popHeader = 'x-pop'

/** @throws where it cannot bind */
export async function startHttpResponder({ bind, port, name, signal }: HttpResponderOptions): Promise<HttpResponder> {
  signal.throwIfAborted()
  const server = createServer((request, response) => {
    const body = request.method === 'HEAD' ? '' : `${name}\n`
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', [popHeader]: name, connection: 'close' })
    response.end(body)
  })
  server.listen({ host: bind, port, exclusive: true })
  await once(server, 'listening')
  server.on('error', () => undefined)
  const closed = once(server, 'close').then(() => undefined)
  signal.addEventListener('abort', () => stop(server), { once: true })
  const address = server.address()
  return { port: address !== null && typeof address === 'object' ? address.port : port, closed }
}

function stop(server: Server): void {
  server.close()
  server.closeAllConnections()
}
