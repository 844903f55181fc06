/**
 * A node as a process tree: namespaces of its own, in which the image's start program is process 1. When that process
 * ends, the kernel ends all others of the node and takes its interfaces away.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface NodeProcess {
  /** Process 1 of the node as /proc of the machine numbers it. */
  readonly pid: number
  /** Lets it go on once its links are there. Resolves when the start program has taken over. */
  go(): Promise<void>
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>
  /** Resolves when it ends, however. */
  readonly ended: Promise<void>
}

/** @param script see boot-script */
export async function startNode(name: string, script: string, log: string): Promise<NodeProcess> {
  const output = openSync(log, 'a', 0o600)
  const file = `${log.replace(/\.log$/, '')}.boot`
  writeFileSync(file, script, { mode: 0o600 })
  const words = ['--net', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child', '--', 'bash', file]
  const child = spawn('unshare', words, { stdio: ['pipe', output, output, 'pipe'] })
  closeSync(output)
  const ended = ending(child)
  child.stdin?.on('error', () => undefined)
  const reports = createInterface({ input: child.stdio[3] as Readable })[Symbol.asyncIterator]()
  const died = ended.then(() => ({ done: true as const, value: undefined }))
  const next = async (): Promise<string> => {
    const { done, value } = await Promise.race([reports.next(), died])
    if (done !== true) return value
    await ended
    throw new NodeDied(name, log)
  }
  const pid = Number(await next())
  const localPid = localPidOf(pid)
  await next()
  return {
    pid,
    async go() {
      child.stdin?.end('\n')
      await next()
    },
    async kill() {
      // Not its parent, unshare, which waits for it: nobody else would.
      if (child.exitCode === null && child.signalCode === null) process.kill(localPid, 'SIGKILL')
      await ended
    },
    ended,
  }
}

/** A node ended where it should not have; tells the last lines of its log. */
export class NodeDied extends Error {
  override readonly name = 'NodeDied'
  constructor(node: string, log: string) {
    super(`${node} ended while it started:\n${lastLines(log)}`)
  }
}

const linesTold = 10

export function lastLines(log: string): string {
  try {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-linesTold)
    return lines.map((line) => `  ${line}`).join('\n')
  } catch {
    return '  (it wrote nothing)'
  }
}

async function ending(child: ChildProcess): Promise<void> {
  await once(child, 'exit').catch((error: unknown) => {
    throw new Error('unshare of util-linux is missing', { cause: error })
  })
}

/** NSpid (proc(5)): the process' number in each namespace, from that of /proc to its own. */
function localPidOf(pid: number): number {
  const [, numbers = ''] = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(numbers.split(/\s+/).at(-2))
}
