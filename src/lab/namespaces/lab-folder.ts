/**
 * One folder per running lab, under its name, with its control socket and the logs of its nodes. It names the process
 * that the lab lives in; a folder whose process is gone is left over and removed by the next start.
 */
import { lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProcessIdentity, lives, outerUid } from '../process-table.ts'

const ownerName = 'owner'
/** A folder without an owner is one that is being made, unless it is older. */
const makingMs = 60_000

export function controlSocket(folder: string): string {
  return join(folder, 'control.sock')
}

/** The controller's API, for commands of the user who runs the lab. */
export function apiSocket(folder: string): string {
  return join(folder, 'api.sock')
}

export function nodeLog(folder: string, node: string): string {
  return join(folder, `${node}.log`)
}

export function supervisorLog(folder: string): string {
  return join(folder, 'supervisor.log')
}

/** Of this user, whether in a user namespace or not. */
export function labFolder(name: string): string {
  return join(baseFolder(), name)
}

/** @throws LabIsUp */
export function makeLabFolder(name: string): string {
  const base = baseFolder()
  sweep(base)
  const folder = join(base, name)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new LabIsUp(name)
    throw error
  }
  return folder
}

export class LabIsUp extends Error {
  override readonly name = 'LabIsUp'
  constructor(lab: string) {
    super(`a lab named ${lab} is up already: herald lab down ${lab}`)
  }
}

/** Called by the process that the lab lives in. */
export function ownLabFolder(folder: string, { pid, startedAt }: ProcessIdentity): void {
  const file = join(folder, ownerName)
  writeFileSync(`${file}.new`, `${pid} ${startedAt}\n`)
  renameSync(`${file}.new`, file)
}

export function labOwner(folder: string): ProcessIdentity | undefined {
  try {
    const [pid, startedAt] = readFileSync(join(folder, ownerName), 'utf8').split(' ').map(Number)
    return pid && startedAt ? { pid, startedAt } : undefined
  } catch {
    return undefined
  }
}

/** Names of the labs whose process lives. */
export function runningLabs(): readonly string[] {
  const base = baseFolder()
  return readdirSync(base)
    .filter((name) => {
      const owner = labOwner(join(base, name))
      return owner !== undefined && lives(owner)
    })
    .toSorted()
}

export function removeLabFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}

function sweep(base: string): void {
  for (const name of readdirSync(base)) {
    const folder = join(base, name)
    const owner = labOwner(folder)
    const left = owner === undefined ? Date.now() - statSync(folder).mtimeMs > makingMs : !lives(owner)
    if (left) removeLabFolder(folder)
  }
}

/** A name that another user could take first is checked to be ours. */
function baseFolder(): string {
  const base = join(tmpdir(), `herald-labs-${outerUid()}`)
  mkdirSync(base, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(base)
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) throw new Error(`${base} is not ours alone: remove it`)
  return base
}
