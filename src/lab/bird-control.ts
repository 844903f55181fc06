/**
 * BIRD's control protocol over its unix socket, spoken directly: one connection, one command at a time, an answer in
 * well under a millisecond. Every reply line starts with a four-digit code and `-` (more follows) or a space (the last
 * line), or with a space alone (the code of the line before); codes from 8000 on are errors.
 */
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'

export interface BirdControl {
  /** Reply lines without their codes. Rejects with BIRD's words; empty where BIRD says that there is no such network. */
  ask(command: string): Promise<readonly string[]>
  close(): void
}

interface Waiting {
  readonly resolve: (lines: readonly string[]) => void
  readonly reject: (error: Error) => void
}

const notFound = '8001'

export async function connectBird(path: string): Promise<BirdControl> {
  const socket: Socket = connect(path)
  socket.setEncoding('utf8')
  await once(socket, 'connect')
  const waiting: Waiting[] = []
  let unread = ''
  let lines: string[] = []
  const fail = (error: Error): void => {
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('BIRD closed its control socket')))
  socket.on('data', (chunk: string) => {
    const parts = (unread + chunk).split('\n')
    unread = parts.pop() ?? ''
    for (const line of parts) {
      const code = /^(\d{4})([ -])/.exec(line)
      lines.push(line.slice(code === null ? 1 : 5))
      if (code?.[2] !== ' ') continue
      const reply = lines
      lines = []
      const asker = waiting.shift()
      if (code[1] === notFound) asker?.resolve([])
      else if (Number(code[1]) >= 8000) asker?.reject(new Error(`BIRD: ${reply.join(' ')}`))
      else asker?.resolve(reply)
    }
  })
  const reply = (): Promise<readonly string[]> => new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  await reply() // the greeting
  return {
    ask(command) {
      if (socket.destroyed) return Promise.reject(new Error('BIRD closed its control socket'))
      socket.write(`${command}\n`)
      return reply()
    },
    close: () => socket.destroy(),
  }
}
