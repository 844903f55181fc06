/**
 * A private redis-server for tests: on a free loopback port or on a unix socket, in a temporary folder, with AOF and
 * noeviction as Herald wants them. It can be killed as the out-of-memory killer does it and started again on the same data.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type Socket, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestRedis {
  /** `redis://127.0.0.1:<port>`, or `unix://<socket>` where started with `socket: true`. */
  readonly url: string
  /** 0 on a unix socket. */
  readonly port: number
  /** Holds the AOF and the log; gone after stop. */
  readonly folder: string
  /** Process id of the running server; undefined while it is down. */
  pid(): number | undefined
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same data and address; resolves once it answers. */
  restart(): Promise<void>
  /** Freezes (SIGSTOP) and thaws (SIGCONT) it: a Redis that hangs. */
  pause(): void
  resume(): void
  /** Ends it and removes its folder. Safe to call twice. */
  stop(): Promise<void>
}

export interface TestRedisOptions {
  /** Listen on a unix socket instead of a port. */
  readonly socket?: boolean
  /** Further redis-server arguments, such as `['--maxmemory-policy', 'allkeys-lru']`; later ones win. */
  readonly args?: readonly string[]
}

const startDeadlineMs = 10_000

export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-redis-'))
  const socket = join(folder, 'redis.sock')
  const onSocket = options.socket === true
  const port = onSocket ? 0 : await freePort()
  const address = onSocket ? { port: '0', unixsocket: socket } : { port: String(port), bind: '127.0.0.1' }
  const settings = {
    ...address,
    dir: folder,
    logfile: join(folder, 'redis.log'),
    save: '',
    appendonly: 'yes',
    // With everysec, Redis 7.2 and later would hold back each commit for up to a second (WAITAOF).
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
  }
  const args = [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), ...(options.args ?? [])]
  const target = onSocket ? { path: socket } : { host: '127.0.0.1', port }
  let child: ChildProcess | undefined = await start(args, target)

  const kill = async (): Promise<void> => {
    const dying = child
    child = undefined
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return
    const gone = once(dying, 'exit')
    dying.kill('SIGKILL')
    await gone
  }
  return {
    url: onSocket ? `unix://${socket}` : `redis://127.0.0.1:${port}`,
    port,
    folder,
    pid: () => child?.pid,
    kill,
    async restart() {
      await kill()
      child = await start(args, target)
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async stop() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A TCP port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  server.close()
  await once(server, 'close')
  return address.port
}

async function start(args: readonly string[], target: { path: string } | { host: string; port: number }) {
  const child = spawn('redis-server', [...args], { stdio: 'ignore' })
  child.on('error', () => undefined)
  const reap = (): void => void child.kill('SIGKILL')
  process.once('exit', reap)
  child.once('exit', () => process.off('exit', reap))
  const deadline = performance.now() + startDeadlineMs
  while (!(await answers(target))) {
    if (child.exitCode !== null || child.pid === undefined || performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`redis-server did not start (exit code ${child.exitCode}): is the Debian package installed?`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return child
}

/** True once PING is answered (with PONG, or by asking for a password): listening, and done with loading its AOF. */
async function answers(target: { path: string } | { host: string; port: number }): Promise<boolean> {
  const socket: Socket = connect(target)
  try {
    socket.setTimeout(500, () => socket.destroy(new Error('no answer')))
    await once(socket, 'connect')
    socket.write('PING\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return /^(\+PONG|-NOAUTH)/.test(answer.toString())
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
