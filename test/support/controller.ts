/**
 * A real Herald process for tests and benchmarks: controller or worker, started as a user starts it, reached by its
 * unix socket, killed as the out-of-memory killer does it, and started again on the same data.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'undici'
import type { Document } from '../../src/intent/document.ts'

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const readyWithinMs = 20_000

export interface ControllerOptions {
  /** Redis URL; absent: the embedded Redis in the data folder. */
  readonly redis?: string
  readonly tag?: string
  readonly logLevel?: string
}

export interface Answer<T = unknown> {
  readonly status: number
  readonly body: T
}

export interface Controller {
  readonly folder: string
  pid(): number | undefined
  request<T = unknown>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer<T>>
  /** The same, and an answer of 400 or above throws with its problem. */
  expect<T = unknown>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>
  apply(documents: readonly Document[]): Promise<{ readonly revision: number }>
  log(): Promise<string>
  /** kill -9. Its embedded Redis, if any, lives on. */
  kill(): Promise<void>
  /** Kills and starts it; resolves when it is ready, or only alive (where Redis is not what it was). */
  restart(until?: 'ready' | 'alive'): Promise<void>
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export async function startController(options: ControllerOptions = {}): Promise<Controller> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-controller-'))
  const log = join(folder, 'controller.log')
  const args = ['serve', '--data', folder, '--listen', '127.0.0.1:0', ...flags(options)]
  let child: ChildProcess | undefined
  let client = new Client('http://localhost', { socketPath: join(folder, 'herald.sock') })

  async function request<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Answer<T>> {
    const response = await client.request({
      method,
      path,
      headersTimeout: 60_000,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await response.body.text()
    const json = text.startsWith('{') || text.startsWith('[')
    return { status: response.statusCode, body: (json ? JSON.parse(text) : text) as T }
  }

  async function expect<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const answer = await request<T>(method, path, body)
    if (answer.status < 400) return answer.body
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  }

  async function begin(until: 'ready' | 'alive' = 'ready'): Promise<void> {
    child = run(args, log)
    const giveUpAt = performance.now() + readyWithinMs
    for (;;) {
      const ready = await request('GET', until === 'ready' ? '/readyz' : '/healthz').catch(() => undefined)
      if (ready?.status === 200) return
      if (performance.now() > giveUpAt || child.exitCode !== null) {
        await end('SIGTERM')
        throw new Error(`herald serve is not ready: ${JSON.stringify(ready)}\n${await readFile(log, 'utf8')}`)
      }
      await sleep(50)
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const dying = child
    child = undefined
    if (dying !== undefined) await gone(dying, signal)
    await client.destroy()
    client = new Client('http://localhost', { socketPath: join(folder, 'herald.sock') })
  }

  await begin()
  return {
    folder,
    pid: () => child?.pid,
    request,
    expect,
    apply: (documents) => expect('POST', '/v1/apply', { documents, reason: 'test', prune: false }),
    log: () => readFile(log, 'utf8'),
    kill: () => end('SIGKILL'),
    async restart(until) {
      await end('SIGKILL')
      await begin(until)
    },
    async stop() {
      await end('SIGTERM')
      await client.destroy()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface WorkerProcess {
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

/** `herald worker` on a Redis that a controller shares. */
export async function startWorkerProcess(
  options: ControllerOptions & { readonly redis: string },
): Promise<WorkerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-worker-'))
  const begin = () => run(['worker', '--data', folder, ...flags(options)], join(folder, 'worker.log'))
  let child: ChildProcess | undefined = begin()
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const dying = child
    child = undefined
    if (dying !== undefined) await gone(dying, signal)
  }
  return {
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL')
      child = begin()
    },
    async stop() {
      await end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function flags({ redis, tag, logLevel }: ControllerOptions): readonly string[] {
  return [
    ...(redis === undefined ? [] : ['--redis', redis]),
    ...(tag === undefined ? [] : ['--tag', tag]),
    '--log-level',
    logLevel ?? 'info',
  ]
}

function run(args: readonly string[], log: string): ChildProcess {
  const output = openSync(log, 'a')
  const { REDIS_URL: _, ...environment } = process.env
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', output, output], env: environment })
  closeSync(output)
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

async function gone(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
