/**
 * One folder per running lab, named after the process that owns it, with sockets, logs, configurations and a list of
 * the processes that were started. A lab that was killed leaves its folder behind; the next start finds that its
 * owner lives no longer, ends what is on the list and removes the folder. Two labs never share anything.
 */
import { appendFileSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProcessIdentity, identify, killIfSame, lives, outerUid } from './process-table.ts'

export interface RunFolder {
  readonly path: string
  /** Writes a process down, to be ended by whoever cleans up. */
  record(pid: number): void
  /** Ends what is recorded and still lives, and removes the folder. Synchronous: it also runs while exiting. */
  remove(): void
}

const listName = 'processes'
let opened = 0

export function openRunFolder(): RunFolder {
  const base = baseFolder()
  sweep(base)
  const self = identify(process.pid)
  if (self === undefined) throw new Error('cannot read /proc')
  const path = join(base, `${self.pid}-${self.startedAt}-${(opened += 1)}`)
  mkdirSync(path, { mode: 0o700 })
  return {
    path,
    record(pid) {
      const identity = identify(pid)
      if (identity !== undefined) appendFileSync(join(path, listName), `${identity.pid} ${identity.startedAt}\n`)
    },
    remove: () => remove(path),
  }
}

/** Removes what labs left behind whose process was killed. Answers how many there were. */
function sweep(base: string): number {
  const abandoned = readdirSync(base).filter((name) => {
    const [pid, startedAt] = name.split('-').map(Number)
    return pid !== undefined && startedAt !== undefined && !lives({ pid, startedAt })
  })
  for (const name of abandoned) remove(join(base, name))
  return abandoned.length
}

function remove(path: string): void {
  for (const identity of recorded(path)) killIfSame(identity)
  rmSync(path, { recursive: true, force: true, maxRetries: 3 })
}

function recorded(path: string): readonly ProcessIdentity[] {
  try {
    return readFileSync(join(path, listName), 'utf8')
      .split('\n')
      .map((line) => line.split(' ').map(Number))
      .flatMap(([pid, startedAt]) => (pid && startedAt ? [{ pid, startedAt }] : []))
  } catch {
    return []
  }
}

/** A name that another user could take first is checked to be ours. */
function baseFolder(): string {
  const base = join(tmpdir(), `herald-lab-${outerUid()}`)
  mkdirSync(base, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(base)
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) throw new Error(`${base} is not ours alone: remove it`)
  return base
}
