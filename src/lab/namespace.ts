/**
 * Network namespaces that exist as long as a process of ours holds them, and no longer: no name under /run, nothing to
 * clean up. The holder is a `cat` on a pipe from this process; however this process ends, the pipe closes, the holder
 * ends, and the kernel removes the namespace with its links. Needs CAP_SYS_ADMIN, of a user namespace at least.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { searchPath } from './search-path.ts'
import type { RunFolder } from './run-folder.ts'

export interface Namespace {
  /** Process id of its holder, as `ip link … netns` and `nsenter --target` take it. */
  readonly pid: number
  /** The command that runs `command` inside. */
  inside(command: readonly string[]): readonly string[]
  /** Runs ip(8) commands inside, all or an error. */
  ip(commands: readonly string[]): Promise<void>
  close(): Promise<void>
}

const environment = { ...process.env, PATH: searchPath }

export async function openNamespace(folder: RunFolder): Promise<Namespace> {
  const holder = spawn('unshare', ['--net', 'cat'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment,
    detached: true, // Ctrl-C is for us
  })
  holder.on('error', () => undefined)
  holder.stdin.on('error', () => undefined)
  const { pid } = holder
  if (pid === undefined) throw new Error('unshare of util-linux is missing')
  folder.record(pid)
  const exit = once(holder, 'exit')
  // The echo comes from `cat`, so the namespace is there by then.
  holder.stdin.write('ready\n')
  const complaint = once(holder.stderr, 'data').then(([text]) => String(text).trim())
  const ready = await Promise.race([once(holder.stdout, 'data').then(() => true), complaint, exit.then(() => 'ended')])
  if (ready !== true) throw new Error(`cannot make a network namespace: ${String(ready)}`)
  const inside = (command: readonly string[]): readonly string[] => ['nsenter', `--net=/proc/${pid}/ns/net`, ...command]
  return {
    pid,
    inside,
    async ip(commands) {
      const [program = '', ...words] = inside(['ip', '-batch', '-'])
      const run = promisify(execFile)(program, words, { env: environment })
      run.child.stdin?.end(`${commands.join('\n')}\n`)
      await run
    },
    async close() {
      holder.stdin.end()
      holder.kill('SIGKILL')
      await exit
    },
  }
}
