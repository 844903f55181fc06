/**
 * A container engine that speaks Docker's command line: which containers a topology has, and commands inside them.
 * Containers are found by the labels that containerlab and compose put on theirs.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Output } from '../running-lab.ts'

/** Who brought the topology up, and the name it has there: `name:` of the file, or the compose project. */
export interface ContainerGroup {
  readonly by: 'containerlab' | 'compose'
  readonly name: string
}

export interface Container {
  readonly id: string
  /** Name of the node or service. */
  readonly node: string
  /** Without registry and tag. */
  readonly image: string
  readonly running: boolean
  /** In the network it was created with: the management network. Empty while it does not run. */
  readonly managementAddress: string
}

/** docker(1) itself failed, in its own words. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
}

const labels = {
  containerlab: { group: 'containerlab', node: 'clab-node-name' },
  compose: { group: 'com.docker.compose.project', node: 'com.docker.compose.service' },
} as const

/** In order of their names. @throws EngineError where there is no engine, or it refuses */
export async function findContainers({ by, name }: ContainerGroup): Promise<readonly Container[]> {
  const { group, node } = labels[by]
  const ids = await docker(['ps', '--all', '--no-trunc', '--quiet', '--filter', `label=${group}=${name}`])
  if (ids.trim() === '') return []
  const inspected = JSON.parse(await docker(['inspect', ...ids.trim().split('\n')])) as readonly Inspected[]
  return inspected
    .map(({ Id: id, State, Config, HostConfig, NetworkSettings }) => ({
      id,
      node: Config.Labels[node] ?? '',
      image: Config.Image.split('/').at(-1)?.split(/[:@]/)[0] ?? '',
      running: State.Running,
      managementAddress: NetworkSettings.Networks[HostConfig.NetworkMode]?.IPAddress ?? '',
    }))
    .sort((one, other) => (one.node < other.node ? -1 : 1))
}

interface Inspected {
  readonly Id: string
  readonly State: { readonly Running: boolean }
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> }
  readonly HostConfig: { readonly NetworkMode: string }
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> }
}

/**
 * `docker exec` dies alone when it is killed. So the command runs behind a pipe: when our stdin ends, the command's does,
 * and a command that does not end by that is killed.
 */
const leashed = `
  shopt -s lastpipe
  { cat; exec >&-; for i in {1..10}; do sleep 0.2; [ -e /proc/$$ ] || exit; done; kill -9 $$; } 2>/dev/null | exec "$@"`

/** stdio is piped; it ends when stdin closes. */
export function spawnIn({ id }: Container, command: readonly string[]): ChildProcess {
  return spawn('docker', ['exec', '--interactive', id, 'bash', '-c', leashed, 'leashed', ...command], { stdio: 'pipe' })
}

export function execIn(
  { id }: Container,
  command: readonly string[],
  options: { readonly timeoutMs?: number; readonly input?: string } = {},
): Promise<Output> {
  const stdin = options.input === undefined ? [] : ['--interactive']
  const limit = options.timeoutMs === undefined ? [] : ['timeout', '--signal=KILL', String(options.timeoutMs / 1000)]
  return collect(['exec', ...stdin, id, ...limit, ...command], options.input)
}

/** @throws EngineError */
export async function docker(words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await collect(words, undefined)
  if (code !== 0) throw new EngineError(`docker ${words[0] ?? ''}: ${stderr.trim() || `exit code ${code}`}`)
  return stdout
}

async function collect(words: readonly string[], input: string | undefined): Promise<Output> {
  const child = spawn('docker', words, { stdio: 'pipe' })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input ?? '')
  const missing = once(child, 'error').then(([error]) => {
    throw new EngineError(`docker cannot be run: ${error instanceof Error ? error.message : String(error)}`)
  })
  const [code] = (await Promise.race([once(child, 'close'), missing])) as [number | null]
  return { ...output, code: code ?? 137 }
}
