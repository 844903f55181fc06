/**
 * One redis-server process of a data folder: started by us, or found running there and adopted. It ends with its
 * parent (SIGTERM through setpriv, where that is installed), so a kill -9 of the controller leaves no server behind;
 * where one is left all the same, the next controller adopts it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants, accessSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Socket, connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { OperationError } from '../bgp/operation-error.ts'
import { processStart } from './embedded-lock.ts'

export interface RedisProcess {
  readonly pid: number
  readonly adopted: boolean
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>
  /** Ends it cleanly (it writes and syncs its AOF), by force after 10 s. */
  stop(): Promise<void>
}

export interface RedisFiles {
  readonly folder: string
  readonly socket: string
  readonly pidFile: string
  readonly log: string
}

const startDeadlineMs = 10_000
const stopDeadlineMs = 10_000
const pollMs = 10

/** Resolves once it answers with its data loaded. Fails with `store-misconfigured` or `store-full`. */
export async function startRedisProcess(files: RedisFiles, program: string): Promise<RedisProcess> {
  const running = await findRunning(files)
  return running ?? spawnServer(files, program)
}

/** Absolute path of a program, or undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = `${process.env['PATH'] ?? ''}${delimiter}/usr/bin${delimiter}/usr/sbin${delimiter}/usr/local/bin`
  return folders
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

function serverArguments({ folder, socket, pidFile, log }: RedisFiles): string[] {
  const settings = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: folder,
    pidfile: pidFile,
    logfile: log,
    daemonize: 'no',
    save: '',
    appendonly: 'yes',
    // durability.ts syncs after each commit: with `always` Redis exits when its disk is full.
    appendfsync: 'everysec',
    'aof-load-truncated': 'yes',
    'stop-writes-on-bgsave-error': 'no',
    maxmemory: '0',
    'maxmemory-policy': 'noeviction',
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}

async function spawnServer(files: RedisFiles, program: string): Promise<RedisProcess> {
  const setpriv = findProgram('setpriv')
  const command = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'TERM', '--']
  const [first = program, ...rest] = [...command, program, ...serverArguments(files)]
  // A session of its own: Ctrl-C at the terminal is for the controller, which then stops Redis last.
  const child = spawn(first, rest, { detached: true, stdio: 'ignore' })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
  await untilLoaded(files, child, ended)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const force = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs)
    await ended
    clearTimeout(force)
  }
  if (child.pid === undefined) throw new Error('assertion: a server that answers has a process id')
  return { pid: child.pid, adopted: false, ended, stop }
}

async function untilLoaded(files: RedisFiles, child: ChildProcess, ended: Promise<string>): Promise<void> {
  let how: string | undefined
  void ended.then((text) => (how = text))
  let deadline = performance.now() + startDeadlineMs
  for (;;) {
    const state = await probe(files.socket)
    if (how !== undefined) throw await startFailure(files, how)
    if (state === 'ready') return
    if (state === 'loading') deadline = performance.now() + startDeadlineMs
    if (performance.now() > deadline) {
      child.kill('SIGKILL')
      throw await startFailure(files, `no answer within ${startDeadlineMs} ms`)
    }
    await wait(pollMs)
  }
}

async function startFailure(files: RedisFiles, how: string): Promise<OperationError> {
  const lines = (await readFile(files.log, 'utf8').catch(() => '')).trimEnd().split('\n')
  const words = lines
    .slice(-20)
    .flatMap((line) => / # (.*)$/.exec(line)?.[1] ?? [])
    .slice(-3)
    .join('; ')
  const full = /No space left/.test(words)
  return new OperationError(
    full ? 'store-full' : 'store-misconfigured',
    `redis-server did not start in ${files.folder}: ${how}${words === '' ? '' : `; ${words}`}. ` +
      (full ? 'Free space there' : `Its log is ${files.log}; a damaged AOF is repaired by redis-check-aof --fix`),
  )
}

/** A server of this folder that still runs: loading, serving, or on its way out (that one is waited for). */
async function findRunning(files: RedisFiles): Promise<RedisProcess | undefined> {
  for (;;) {
    const pid = serverPid(files)
    const state = await probe(files.socket)
    if (state === 'ready' && pid !== undefined) return adopt(files, pid)
    if (state === 'ready')
      throw new OperationError(
        'store-misconfigured',
        `a redis-server that this host cannot see answers on ${files.socket}: is ${files.folder} shared with a container?`,
      )
    if (state === 'down' && pid === undefined) return undefined
    await wait(pollMs)
  }
}

/** Process id of the redis-server of this folder, if it lives; Redis shows its socket in its process title. */
function serverPid({ pidFile, socket }: RedisFiles): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    if (processStart(pid) === undefined) return undefined
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(socket) ? pid : undefined
  } catch {
    return undefined
  }
}

function adopt(files: RedisFiles, pid: number): RedisProcess {
  const lives = (): boolean => serverPid(files) === pid
  // Nobody tells us when a process ends that is not our child: its end of a connection does.
  const line: Socket = connect(files.socket)
  const ended = new Promise<string>((resolve) => {
    line.once('error', () => undefined)
    line.once('close', () => resolve('connection closed'))
  }).then(async (how) => {
    while (lives()) await wait(pollMs)
    return how
  })
  return {
    pid,
    adopted: true,
    ended,
    async stop() {
      if (lives()) process.kill(pid, 'SIGTERM')
      const force = setTimeout(() => void (lives() && process.kill(pid, 'SIGKILL')), stopDeadlineMs)
      await ended
      clearTimeout(force)
    },
  }
}

/** Asks for PING by hand: ioredis would hold a connection and retry. */
function probe(path: string): Promise<'ready' | 'loading' | 'down'> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const settle = (state: 'ready' | 'loading' | 'down'): void => {
      socket.destroy()
      resolve(state)
    }
    socket.setTimeout(1000, () => settle('down'))
    socket.once('error', () => settle('down'))
    socket.once('close', () => settle('down'))
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (answer: Buffer) => settle(answer.toString().startsWith('-LOADING') ? 'loading' : 'ready'))
  })
}
