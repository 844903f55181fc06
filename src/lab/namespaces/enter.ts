/** Commands inside a node of the lab, entered by the id of its process 1. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import type { Output } from '../running-lab.ts'
import { quote } from './boot-script.ts'

export interface EnterableNode {
  readonly pid: number
  readonly environment: Readonly<Record<string, string>>
}

/** Names of namespaces, as nsenter(1) has them and as /proc/PID/ns does. */
const spaces = { mount: 'mnt', uts: 'uts', ipc: 'ipc', net: 'net', pid: 'pid' } as const

/**
 * The command that runs `command` inside. It ends with its caller, and what it runs ends with it (PR_SET_PDEATHSIG).
 *
 * Namespaces are named by their files. `--target` would do on util-linux 2.38; that of Debian 13 (2.41) takes the number as its
 * own process namespace counts (pidfd_open(2)), where it may be that of another node.
 */
export function entering({ pid }: EnterableNode, command: readonly string[]): readonly [string, ...string[]] {
  const user = isOurUser(pid) ? [] : [`--user=/proc/${pid}/ns/user`, '--preserve-credentials']
  const files = Object.entries(spaces).map(([space, file]) => `--${space}=/proc/${pid}/ns/${file}`)
  const ends = ['setpriv', '--pdeathsig', 'KILL', '--']
  return [...ends, 'nsenter', ...user, ...files, '--', ...ends, ...command] as unknown as [string, ...string[]]
}

/** stdio is piped. */
export function spawnIn(node: EnterableNode, command: readonly string[]): ChildProcess {
  const [program, ...words] = entering(node, command)
  return spawn(program, words, { stdio: 'pipe', env: node.environment })
}

export async function execIn(
  node: EnterableNode,
  command: readonly string[],
  options: { readonly timeoutMs?: number; readonly input?: string } = {},
): Promise<Output> {
  const child = spawnIn(node, command)
  const output = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input ?? '')
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs)
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return { ...output, code: code ?? 137 }
  } finally {
    clearTimeout(timer)
  }
}

function isOurUser(pid: number): boolean {
  return readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync('/proc/self/ns/user')
}

/** A command with a terminal of its own inside (script(1)), so that shells there have job control. */
export function onTerminal(command: readonly string[]): readonly string[] {
  return ['script', '--quiet', '--return', '--flush', '--command', command.map(quote).join(' '), '/dev/null']
}
