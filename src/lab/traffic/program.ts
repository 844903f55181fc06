/**
 * Our own programs on the lab's nodes. Every node has `herald` on its PATH: a link to src/cli.ts or to deploy/bin/herald, of
 * a checkout in namespaces, of an image in containers. The programs lie in the same tree and start without the weight of
 * the whole command line.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { RunningLab } from '../running-lab.ts'

export interface Program {
  /** Resolves with its exit code when it has ended by itself or by `end`. */
  readonly exited: Promise<number>
  /** What it wrote to stderr, the last 2 kB. */
  complaint(): string
  /** Closes its stdin, which asks it to end; kills it after the deadline. */
  end(deadlineMs: number): Promise<void>
}

/** What measures runs before what is measured, where that is allowed; else at the priority of all. */
const beside = [
  'herald=$(readlink -f "$(command -v herald)")',
  'tree=${herald%/src/cli.ts}',
  'exec nice -n -10 node "${tree%/deploy/bin/herald}/src/lab/traffic/$0" "$@"',
].join('; ')

/** @param file of this folder; @param onLine each line of its stdout */
export function startProgram(
  lab: RunningLab,
  node: string,
  [file, ...words]: readonly [string, ...string[]],
  onLine: (line: string) => void,
): Program {
  return follow(lab.spawn(node, ['sh', '-c', beside, file, ...words]), onLine)
}

/** Follows a command that was spawned on a node. */
export function follow(child: ChildProcess, onLine: (line: string) => void): Program {
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000)
  })
  child.stdin?.on('error', () => undefined)
  const failed = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      complaint += error.message
      resolve(127)
    })
  })
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', onLine)
  const exited = Promise.race([once(child, 'close').then(([code]) => Number(code ?? 1)), failed])
  return {
    exited,
    complaint: () => complaint.trim(),
    async end(deadlineMs) {
      child.stdin?.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
      await exited
      clearTimeout(timer)
    },
  }
}
