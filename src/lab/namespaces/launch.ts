/** Starts a lab in namespaces: its supervisor, detached from whoever asks. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { searchPath } from '../search-path.ts'
import { readClabFile } from '../clab/read-file.ts'
import type { ClabTopology } from '../clab/topology.ts'
import { makeLabFolder, removeLabFolder, supervisorLog } from './lab-folder.ts'
import type { SupervisorPlan } from './supervisor.ts'

const tree = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '')

/** The lab could not be started, in words for whoever asked. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart'
}

export interface LaunchOptions {
  /** Default: the name in the file. */
  readonly name?: string
  /** The lab ends with this process, however that ends. Default: it runs until it is taken down. */
  readonly tied?: boolean
  readonly signal?: AbortSignal
}

/**
 * Resolves with the lab's name when all of its nodes have started.
 *
 * @throws ClabFileError, LabIsUp, CannotStart
 */
export async function launchLab(path: string, options: LaunchOptions = {}): Promise<string> {
  const { tied = false, signal } = options
  const file = resolve(path)
  const topology = readClabFile(file, join(tree, 'deploy/images'))
  const missing = missingPrograms(topology)
  if (missing.length > 0) throw new CannotStart(missing.join('\n'))
  const user = await userNamespace()
  const name = options.name ?? topology.name
  const folder = withSpace(() => makeLabFolder(name))
  const plan: SupervisorPlan = { name, file, folder, tree, tied }
  const log = withSpace(() => openSync(supervisorLog(folder), 'a', 0o600))
  const script = fileURLToPath(new URL('supervisor.ts', import.meta.url))
  const spaces = [...user, '--net', '--mount', '--pid', '--fork', '--kill-child']
  const child = spawn('unshare', [...spaces, '--', process.execPath, script, JSON.stringify(plan)], {
    stdio: [tied ? 'pipe' : 'ignore', 'pipe', log],
    detached: true,
    cwd: '/',
    env: { ...process.env, PATH: searchPath },
  })
  closeSync(log)
  const abort = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const error = await answerOf(child, supervisorLog(folder))
    if (error !== undefined) throw new CannotStart(error)
  } catch (error) {
    child.kill('SIGKILL')
    removeLabFolder(folder)
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  child.stdout?.destroy()
  child.unref()
  ;(child.stdin as Socket | null)?.unref()
  return name
}

/** Run folders are on disk, small as they are. */
function withSpace<T>(write: () => T): T {
  try {
    return write()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    throw new CannotStart(`no space is left in ${tmpdir()}; make some, or set TMPDIR`, { cause: error })
  }
}

/** undefined: it is up. */
async function answerOf(child: ChildProcess, log: string): Promise<string | undefined> {
  const ended = once(child, 'exit').then(
    () => undefined,
    (error: unknown) => {
      throw new CannotStart('unshare is missing: apt-get install util-linux', { cause: error })
    },
  )
  const said = child.stdout === null ? undefined : once(child.stdout.setEncoding('utf8'), 'data')
  const [line] = ((await Promise.race([said, ended])) ?? []) as [string?]
  if (line !== undefined) return (JSON.parse(line) as { readonly error?: string }).error
  const told = existsSync(log) ? readFileSync(log, 'utf8').trim() : ''
  return told === '' ? 'the lab was ended while it started' : told
}

/** Needs no user namespace where we may make network namespaces as we are. */
async function userNamespace(): Promise<readonly string[]> {
  const own = ['--user', '--map-root-user'] as const
  for (const words of [[], own])
    if (await succeeds('unshare', [...words, '--net', '--mount', '--pid', '--fork', 'true'])) return words
  throw new CannotStart(
    'the lab needs network namespaces: run it as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)',
  )
}

async function succeeds(program: string, words: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(program, [...words], { env: { ...process.env, PATH: searchPath } })
    return true
  } catch {
    return false
  }
}

/** Debian packages of what every node, and each image, runs. */
const everywhere = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
}
const ofImage: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  frr: { zebra: 'frr', vtysh: 'frr' },
  bird: { bird: 'bird2' },
  pop: { zebra: 'frr', vtysh: 'frr' },
  redis: { 'redis-server': 'redis-server' },
}

function missingPrograms({ nodes }: ClabTopology): readonly string[] {
  const needed = Object.assign({}, everywhere, ...nodes.map(({ image }) => ofImage[image])) as Record<string, string>
  const lines = Object.entries(needed)
    .filter(([program]) => !isInstalled(program))
    .map(([program, debian]) => `${program} is missing: apt-get install ${debian}`)
  const noGobgp = nodes.some(({ image }) => image === 'pop') && !existsSync(join(tree, '.cache/gobgp/forky/gobgpd'))
  return noGobgp ? [...lines, 'gobgpd is missing: run make install'] : lines
}

function isInstalled(program: string): boolean {
  return [...searchPath.split(delimiter), '/usr/lib/frr'].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
