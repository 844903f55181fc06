/** An HTTP server that takes notes: what was posted, and an answer as the test wants it. */
import { once } from 'node:events'
import { type IncomingHttpHeaders, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Posted {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: unknown
}

export interface HttpSink {
  readonly url: string
  readonly posted: readonly Posted[]
  /** Status of the next answers; `hang`: none is given. */
  answer: number | 'hang'
  stop(): Promise<void>
}

export async function startHttpSink(): Promise<HttpSink> {
  const posted: Posted[] = []
  const sink = { answer: 200 as number | 'hang' }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      posted.push({ path: request.url ?? '', headers: request.headers, text, body: JSON.parse(text) as unknown })
      if (sink.answer === 'hang') return
      response.writeHead(sink.answer, { 'content-type': 'application/json' }).end('{"said":"so"}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(sink, {
    url: `http://127.0.0.1:${port}`,
    posted,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}
