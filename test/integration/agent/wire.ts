/** The wire between agent and controller, which a test can cut: whole, or only the way back. */
import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'

export interface Wire {
  readonly port: number
  /** `whole`; `cut`: connections end and none is made; `no-answers`: requests arrive, answers do not. */
  state: 'whole' | 'cut' | 'no-answers'
  close(): Promise<void>
}

export async function openWire(toPort: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  let state: Wire['state'] = 'whole'
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer((near) => {
    keep(near)
    if (state === 'cut') {
      near.destroy()
      return
    }
    const far = keep(connect(toPort, '127.0.0.1'))
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => {
      if (state === 'whole') near.write(chunk)
      else near.destroy() // the controller has it, the agent never hears so
    })
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get state() {
      return state
    },
    set state(next) {
      state = next
      if (next === 'cut') for (const socket of sockets) socket.destroy()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
