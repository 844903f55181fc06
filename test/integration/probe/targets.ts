/** Real servers on loopback that probes are sent to; each is told how to behave. Closed together. */
import { execFile } from 'node:child_process'
import { type Socket as UdpSocket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type IncomingMessage, type ServerResponse, createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type Server, type Socket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type DecodedPacket, type Packet, decode, encode } from 'dns-packet'

export class Targets {
  readonly #closers: (() => Promise<void> | void)[] = []

  async http(
    respond: (request: IncomingMessage, response: ServerResponse) => void,
    host = '127.0.0.1',
  ): Promise<number> {
    return this.#listen(createHttp(respond), host)
  }

  async https(
    pair: { readonly key: string; readonly certificate: string },
    respond: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<number> {
    return this.#listen(createHttps({ key: pair.key, cert: pair.certificate }, respond), '127.0.0.1')
  }

  async tcp(accept: (socket: Socket) => void = () => undefined): Promise<number> {
    return this.#listen(createServer(accept), '127.0.0.1')
  }

  /** A listener that accepts nothing: its queue is full, so that further SYNs are not answered. */
  async deaf(): Promise<number> {
    const script = `
import socket, sys
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(0)
waiting = []
for _ in range(3):
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(listener.getsockname())
    waiting.append(client)
print(listener.getsockname()[1], flush=True)
sys.stdin.read()`
    const child = execFile('python3', ['-c', script])
    this.#closers.push(async () => {
      child.stdin?.end()
      await once(child, 'exit')
    })
    const [line] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [string]
    return Number(line)
  }

  /** A name server by UDP and TCP on one port. Undefined: no answer. */
  async dns(
    answer: (query: DecodedPacket, over: 'udp' | 'tcp', port: number) => Packet | Buffer | undefined,
  ): Promise<number> {
    const bytes = (message: Buffer, over: 'udp' | 'tcp', port: number): Buffer | undefined => {
      const said = answer(decode(message), over, port)
      return said === undefined || Buffer.isBuffer(said) ? said : encode(said)
    }
    const port = await this.tcp((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (chunk: Buffer) => {
        const said = bytes(chunk.subarray(2), 'tcp', socket.remotePort ?? 0)
        if (said === undefined) return
        const length = Buffer.alloc(2)
        length.writeUInt16BE(said.length)
        socket.write(length) // in pieces, as TCP may
        socket.write(said.subarray(0, 5))
        setImmediate(() => socket.write(said.subarray(5)))
      })
    })
    const udp = await this.udp((message, from, socket) => {
      const said = bytes(message, 'udp', from.port)
      if (said !== undefined) socket.send(said, from.port, from.address)
    }, port)
    return udp
  }

  async udp(
    receive: (message: Buffer, from: { readonly port: number; readonly address: string }, socket: UdpSocket) => void,
    port = 0,
  ): Promise<number> {
    const socket = createSocket('udp4')
    socket.on('message', (message, from) => receive(message, from, socket))
    socket.bind(port, '127.0.0.1')
    await once(socket, 'listening')
    this.#closers.push(() => void socket.close())
    return socket.address().port
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close()
  }

  async #listen(server: Server, host: string): Promise<number> {
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    })
    server.listen(0, host)
    await once(server, 'listening')
    this.#closers.push(async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    })
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
}

/** A self-made certificate for `service.example` that expires in so many days. */
export async function selfSigned(days: number): Promise<{ readonly key: string; readonly certificate: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-certificate-'))
  const at = (name: string): string => join(folder, name)
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=service.example -addext subjectAltName=DNS:service.example'
  const more = ['-keyout', at('key'), '-out', at('certificate'), '-days', String(days)]
  await promisify(execFile)('openssl', [...words.split(' '), ...more])
  const [key, certificate] = await Promise.all([readFile(at('key'), 'utf8'), readFile(at('certificate'), 'utf8')])
  await rm(folder, { recursive: true })
  return { key, certificate }
}
