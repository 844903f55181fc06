/**
 * One controller per data folder: a lock file that names the process and when it started, so that neither a kill -9 nor
 * a process id used again leaves the folder locked.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '../bgp/operation-error.ts'

export interface FolderLock {
  release(): Promise<void>
}

interface Holder {
  readonly pid: number
  /** Clock ticks after boot (proc(5), field 22). */
  readonly startedAt: string
}

/** Fails with `store-misconfigured` where a living process holds the folder. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = join(folder, 'controller.lock')
  const mine = join(folder, `controller.${process.pid}.${randomUUID()}`)
  const holder: Holder = { pid: process.pid, startedAt: processStart(process.pid) ?? '' }
  await writeFile(mine, JSON.stringify(holder), { mode: 0o600 })
  try {
    for (;;) {
      if (await claim(mine, file)) break
      const other = await readHolder(file)
      if (other !== undefined && isAlive(other))
        throw new OperationError(
          'store-misconfigured',
          `the data folder ${folder} is in use by process ${other.pid}; stop it, or give this one a folder of its own`,
        )
      await removeStale(file)
    }
  } finally {
    await unlink(mine)
  }
  return {
    async release() {
      const held = await readHolder(file)
      if (held?.pid === holder.pid && held.startedAt === holder.startedAt) await unlink(file)
    },
  }
}

/** When a process started; undefined where there is none. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : fields[18]
  } catch {
    return undefined
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  return processStart(pid) === startedAt
}

/** A link is made whole or not at all, and never over another. */
async function claim(mine: string, file: string): Promise<boolean> {
  try {
    await link(mine, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** Two starters may both find a stale lock: whoever moves away the other's fresh one puts it back. */
async function removeStale(file: string): Promise<void> {
  const moved = `${file}.${randomUUID()}`
  try {
    await rename(file, moved)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const holder = await readHolder(moved)
  if (holder !== undefined && isAlive(holder)) await claim(moved, file)
  await unlink(moved)
}
