/** The API's client over a connection that the other side closes. */
import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ApiClient } from '../../../src/commands/client.ts'

const answer = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'

let server: Server
let client: ApiClient
afterEach(async () => {
  await client.close()
  server.close()
})

/** Answers the first request of a connection and closes it without a word at the second. */
async function closingServer(): Promise<{ readonly requests: string[] }> {
  const requests: string[] = []
  server = createServer((socket: Socket) => {
    let answered = 0
    socket.on('data', (data) => {
      requests.push(data.toString().split(' ')[0] ?? '')
      if ((answered += 1) === 1) socket.write(answer)
      else socket.resetAndDestroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  client = new ApiClient({ kind: 'http', origin: `http://127.0.0.1:${port}` }, { token: undefined, author: undefined })
  return { requests }
}

test('a question whose kept connection is closed under it is asked once more', async () => {
  const { requests } = await closingServer()
  for (let i = 0; i < 3; i++) expect(await client.request({ path: '/v1/status' })).toEqual({})
  expect(requests).toEqual(['GET', 'GET', 'GET', 'GET', 'GET'])
})

test('a write is not: nobody knows whether it was done', async () => {
  const { requests } = await closingServer()
  await client.request({ method: 'POST', path: '/v1/freeze', body: {} })
  await expect(client.request({ method: 'POST', path: '/v1/freeze', body: {} })).rejects.toThrow('cannot reach Herald')
  expect(requests).toEqual(['POST', 'POST'])
})
