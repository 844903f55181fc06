/**
 * Processes by identity: a process id alone may be taken by another program, together with its start time it may not.
 * Read from /proc (proc(5)).
 */
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks after boot. */
  readonly startedAt: number
}

/** undefined where no such process lives; a zombie does not live. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the name in parentheses, may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    return state === 'Z' || state === 'X' ? undefined : { pid, startedAt: Number(fields[19]) }
  } catch {
    return undefined
  }
}

export function lives({ pid, startedAt }: ProcessIdentity): boolean {
  return identify(pid)?.startedAt === startedAt
}

/** kill -9, only where it is still the same process. */
export function killIfSame(identity: ProcessIdentity): void {
  if (!lives(identity)) return
  try {
    process.kill(identity.pid, 'SIGKILL')
  } catch {
    // Gone in between.
  }
}

/** The user id outside of a user namespace: files of one user's labs stay apart from those of another. */
export function outerUid(): number {
  const uid = process.getuid?.() ?? 0
  const [inside, outside] = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')[0]?.trim().split(/\s+/) ?? []
  return Number(inside) === uid ? Number(outside) : uid
}
