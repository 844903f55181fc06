/**
 * Child processes of a lab. The kernel ends them when their parent dies in whatever way (PR_SET_PDEATHSIG, prctl(2)),
 * and they are written down as well, for the next start.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { basename, delimiter } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunFolder } from './run-folder.ts'

export interface Child {
  readonly pid: number
  readonly exited: boolean
  /** Ends it and waits until it is gone. Safe to call twice. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

export interface ChildOptions {
  /** Sent to it when we die. Default SIGKILL. */
  readonly deathSignal?: 'KILL' | 'TERM'
  /** File for its output. */
  readonly log: string
  readonly environment?: NodeJS.ProcessEnv
}

/** How long a child may take after SIGTERM before it is killed. */
const graceMs = 10_000
const startDeadlineMs = 15_000

/** Debian keeps daemons and `ip` where an ordinary user's PATH does not look. */
export const searchPath = [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(delimiter)

export function startChild(folder: RunFolder, command: readonly string[], options: ChildOptions): Child {
  const output = openSync(options.log, 'a', 0o600)
  const child = spawn('setpriv', ['--pdeathsig', options.deathSignal ?? 'KILL', '--', ...command], {
    stdio: ['ignore', output, output],
    detached: true, // Ctrl-C is for us; children are ended in order
    env: { ...(options.environment ?? process.env), PATH: searchPath },
  })
  closeSync(output)
  child.on('error', () => undefined)
  const { pid } = child
  if (pid === undefined) throw new Error('setpriv of util-linux is missing')
  folder.record(pid)
  const exited = (): boolean => child.exitCode !== null || child.signalCode !== null
  return {
    pid,
    get exited() {
      return exited()
    },
    async end(signal) {
      if (exited()) return
      await gone(child, signal)
    },
  }
}

async function gone(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const exit = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  child.kill(signal)
  await exit
  clearTimeout(timer)
}

/** Resolves once something accepts on the unix socket; rejects, with its log, where it ends first or takes too long. */
export async function accepting(child: Child, socket: string, log: string): Promise<void> {
  const giveUpAt = performance.now() + startDeadlineMs
  while (!(await accepts(socket))) {
    if (performance.now() > giveUpAt || child.exited)
      throw new Error(`${basename(log, '.log')} does not start: ${await readFile(log, 'utf8')}`)
    await sleep(5)
  }
}

async function accepts(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
