/**
 * One fping(8) for many addresses that share source, period and timeout. It sends by its own clock, so that a busy agent
 * neither delays packets nor distorts round trips. When it ends, it is started again after a second.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Address } from '../../bgp/address.ts'
import { type FpingLine, parseFpingLine } from './fping-line.ts'

export interface FpingOptions {
  readonly addresses: readonly Address[]
  readonly source?: Address
  /** Between two packets to one address. */
  readonly periodMs: number
  readonly timeoutMs: number
  /** It was started, again perhaps: indexes begin at 0. */
  readonly onStart: () => void
  readonly onLine: (line: FpingLine) => void
  /** It is not there or ended: why. */
  readonly onEnd: (why: string) => void
}

export interface Fping {
  close(): void
}

const startAgainMs = 1000

export function startFping(options: FpingOptions): Fping {
  let child: ChildProcess | undefined
  let again: NodeJS.Timeout | undefined
  let closed = false

  function ended(why: string): void {
    if (closed || again !== undefined) return
    child = undefined
    options.onEnd(why)
    again = setTimeout(begin, startAgainMs)
  }

  function begin(): void {
    again = undefined
    const started = spawn('fping', fpingArguments(options), { stdio: ['pipe', 'pipe', 'pipe'] })
    child = started
    let complaint = ''
    started.on('error', (error: NodeJS.ErrnoException) =>
      ended(error.code === 'ENOENT' ? 'fping is not installed here' : `fping cannot start: ${error.message}`),
    )
    started.on('exit', (code, signal) => ended(complaint === '' ? `fping ended (${signal ?? code})` : complaint))
    started.stdin.on('error', () => undefined) // told by exit
    started.stdin.end(`${options.addresses.join('\n')}\n`)
    createInterface(started.stderr).on('line', (line) => {
      if (line.startsWith('fping: ')) complaint = line
    })
    options.onStart()
    createInterface(started.stdout).on('line', (text) => {
      const line = parseFpingLine(text)
      if (line !== undefined && !closed) options.onLine(line)
    })
  }

  begin()
  return {
    close() {
      closed = true
      clearTimeout(again)
      child?.kill('SIGKILL')
    },
  }
}

function fpingArguments({ source, periodMs, timeoutMs }: FpingOptions): readonly string[] {
  const from = source === undefined ? [] : [`--src=${source}`]
  return ['--loop', '--interval=1', `--period=${periodMs}`, `--timeout=${timeoutMs}`, ...from, '--file=-']
}
