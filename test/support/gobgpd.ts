/**
 * A private gobgpd for tests: real Debian builds of 4.8 (`forky`) and 3.36 (`trixie`), each daemon on a loopback address
 * and free ports of its own. It can be killed as the out-of-memory killer does it, frozen, and started again.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export type GobgpVersion = 'forky' | 'trixie'

/** The versions that tests run against; make install puts them there. */
export const gobgpVersions = ['forky', 'trixie'] as const satisfies readonly GobgpVersion[]

export interface GobgpdOptions {
  /** `forky` is 4.8 (default), `trixie` is 3.36. */
  readonly version?: GobgpVersion
  /** Given: BGP runs from a configuration file. Absent: the daemon waits for StartBgp. */
  readonly asn?: number
  readonly routerId?: string
  /** Where BGP listens and where its sessions come from. Default: a random address of 127.0.0.0/8. */
  readonly address?: string
  /** Default: free. -1 does not listen. */
  readonly bgpPort?: number
  /** More TOML below the generated [global.config], such as neighbors. */
  readonly config?: string
  /** Serve the API on a unix socket instead of a TCP port. */
  readonly apiSocket?: boolean
  /** Default: free. */
  readonly apiPort?: number
  /** PEM files for TLS on the API; with `clientCa` clients must show a certificate of it. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly clientCa?: string }
  readonly args?: readonly string[]
}

export interface Gobgpd {
  readonly version: GobgpVersion
  /** What {@link connectGobgp} takes: `127.x.y.z:port` or `unix:///path`. */
  readonly endpoint: string
  /** 0 on a unix socket. */
  readonly apiPort: number
  /** Address BGP listens on; use it as the neighbor's address. */
  readonly address: string
  readonly bgpPort: number
  /** Holds configuration and log; gone after stop. */
  readonly folder: string
  /** Process id; undefined while it is down. */
  pid(): number | undefined
  /** What it logged so far. */
  log(): Promise<string>
  /** Runs the `gobgp` of the same version against it and resolves with its output. TCP endpoints without TLS only. */
  cli(...args: readonly string[]): Promise<string>
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>
  /** Ends it with SIGTERM, as a service manager does (sessions are closed with a notification). */
  terminate(): Promise<void>
  /** Starts it again, empty, on the same addresses; resolves once its API listens. Kills it first where it runs. */
  restart(options?: { readonly version?: GobgpVersion }): Promise<void>
  /** Freezes (SIGSTOP) and thaws (SIGCONT) it: a daemon that hangs. */
  pause(): void
  resume(): void
  /** Ends it and removes its folder. Safe to call twice. */
  stop(): Promise<void>
}

const startDeadlineMs = 15_000
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export function gobgpProgram(version: GobgpVersion, program: 'gobgpd' | 'gobgp'): string {
  return fileURLToPath(new URL(`../../.cache/gobgp/${version}/${program}`, import.meta.url))
}

export async function startGobgpd(options: GobgpdOptions = {}): Promise<Gobgpd> {
  let version = options.version ?? 'forky'
  const folder = await mkdtemp(join(tmpdir(), 'herald-gobgpd-'))
  const address = options.address ?? loopbackAddress()
  const bgpPort = options.bgpPort ?? (await freePort(address))
  const socket = join(folder, 'api.sock')
  const apiPort = options.apiSocket === true ? 0 : (options.apiPort ?? (await freePort(address)))
  const endpoint = apiPort === 0 ? `unix://${socket}` : `${address}:${apiPort}`
  const settled = { ...options, address, bgpPort }
  const args = [...(await configuration(settled, folder)), '--api-hosts', endpoint, '--pprof-disable', '--log-plain']
  args.push(...tlsArguments(options), ...(options.args ?? []))
  const log = join(folder, 'gobgpd.log')
  const listeners = [apiPort === 0 ? { path: socket } : { host: address, port: apiPort }]
  if (options.asn !== undefined && bgpPort > 0) listeners.push({ host: address, port: bgpPort })
  const begin = () => start(gobgpProgram(version, 'gobgpd'), args, log, listeners)
  let child: ChildProcess | undefined = await begin()

  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const dying = child
    child = undefined
    if (dying !== undefined) await gone(dying, signal)
  }
  return {
    get version() {
      return version
    },
    endpoint,
    apiPort,
    address,
    bgpPort,
    folder,
    pid: () => child?.pid,
    log: () => readFile(log, 'utf8'),
    async cli(...words) {
      const where = ['--host', address, '--port', String(apiPort)]
      return (await promisify(execFile)(gobgpProgram(version, 'gobgp'), [...where, ...words])).stdout
    },
    kill: () => end('SIGKILL'),
    terminate: () => end('SIGTERM'),
    async restart(changes = {}) {
      await end('SIGKILL')
      version = changes.version ?? version
      await rm(socket, { force: true })
      child = await begin()
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async stop() {
      await end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** TOML of a neighbor in gobgpd's own file, reached from `address`; for {@link GobgpdOptions.config}. */
export function neighborTable(
  neighbor: { readonly address: string; readonly asn: number; readonly port: number },
  address: string,
): string {
  return `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${neighbor.address}"
    peer-as = ${neighbor.asn}
  [neighbors.transport.config]
    remote-port = ${neighbor.port}
    local-address = "${address}"
  [neighbors.timers.config]
    connect-retry = 1
  [neighbors.ebgp-multihop.config]
    enabled = true
    multihop-ttl = 8
`
}

/** A random address of 127.0.0.0/8, so that daemons of parallel tests do not meet. */
export function loopbackAddress(): string {
  const octet = (from: number) => from + Math.floor(Math.random() * (254 - from))
  return `127.${octet(16)}.${octet(1)}.${octet(1)}`
}

/** A TCP port nobody listens on at the address. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const server = createServer()
  server.listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function configuration(options: GobgpdOptions, folder: string): Promise<readonly string[]> {
  const { asn, address = '127.0.0.1', bgpPort = 179 } = options
  if (asn === undefined) return []
  const file = join(folder, 'gobgpd.toml')
  const lines = [
    '[global.config]',
    `  as = ${asn}`,
    `  router-id = "${options.routerId ?? address}"`,
    `  port = ${bgpPort}`,
    `  local-address-list = ["${address}"]`,
    options.config ?? '',
  ]
  await writeFile(file, lines.join('\n'))
  return ['--config-file', file]
}

function tlsArguments({ tls }: GobgpdOptions): readonly string[] {
  if (tls === undefined) return []
  const args = ['--tls', '--tls-cert-file', tls.certificate, '--tls-key-file', tls.key]
  return tls.clientCa === undefined ? args : [...args, '--tls-client-ca-file', tls.clientCa]
}

type Listener = { readonly path: string } | { readonly host: string; readonly port: number }

async function start(program: string, args: readonly string[], log: string, listeners: readonly Listener[]) {
  if (!existsSync(program)) throw new Error(`${program} is missing: run make install`)
  const output = await open(log, 'a')
  const child = spawn(program, [...args], { stdio: ['ignore', output.fd, output.fd] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  await output.close()
  const deadline = performance.now() + startDeadlineMs
  for (const listener of listeners)
    while (!(await accepts(listener))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        await gone(child, 'SIGKILL')
        throw new Error(`gobgpd did not start: ${await readFile(log, 'utf8')}`)
      }
      await sleep(10)
    }
  return child
}

async function accepts(listener: Listener): Promise<boolean> {
  const socket = connect(listener)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function gone(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGCONT')
  child.kill(signal)
  await exited
}
