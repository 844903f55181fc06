/** A client's side of a lab's control socket: the state as last told, and orders that wait for their answer. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { LabState, Message, Order } from './control.ts'

export interface Connection {
  readonly state: LabState
  /** Resolves when it is done, state included. @throws in the supervisor's words */
  order(order: Order): Promise<void>
  close(): void
}

export async function connectTo(path: string): Promise<Connection> {
  const socket = connect(path)
  await once(socket, 'connect')
  const waiting = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>()
  let lastId = 0
  let state: LabState | undefined
  await new Promise<void>((resolve, reject) => {
    const lines = createInterface({ input: socket })
    lines.on('error', () => undefined) // the socket's, told again; its end is what counts
    lines.on('line', (line) => {
      const message = JSON.parse(line) as Message
      if ('state' in message) {
        ;({ state } = message)
        resolve()
        return
      }
      const asker = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.error === undefined) asker?.resolve()
      else asker?.reject(new Error(message.error))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      reject(gone())
      for (const { reject: refuse } of waiting.values()) refuse(gone())
    })
  })
  socket.unref() // who has nothing else to do may end
  return {
    get state() {
      if (state === undefined) throw new Error('assertion: the supervisor tells its state first')
      return state
    },
    async order(order) {
      if (socket.closed) throw gone()
      const id = (lastId += 1)
      const answered = new Promise<void>((resolve, reject) => waiting.set(id, { resolve, reject }))
      socket.ref()
      socket.write(`${JSON.stringify({ id, ...order })}\n`)
      try {
        await answered
      } finally {
        if (waiting.size === 0) socket.unref()
      }
    },
    close: () => void socket.destroy(),
  }
}

function gone(): Error {
  return new Error('the lab is gone')
}
