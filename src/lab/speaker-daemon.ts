/**
 * A POP's gobgpd in its namespace, reached by a unix socket (namespaces share the file system). It is configured by
 * Herald, or has a file of its own with its neighbors in it, as a network has that brings its own automation.
 */
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, accepting, startChild } from './child.ts'
import type { Namespace } from './namespace.ts'
import type { RunFolder } from './run-folder.ts'
import type { Link } from './topology.ts'

export interface SpeakerDaemon {
  /** `unix:///…`, as a Speaker document takes it. */
  readonly endpoint: string
  readonly socket: string
  /** undefined while it is down. */
  pid(): number | undefined
  /** kill -9. */
  kill(): Promise<void>
  /** Starts it again, empty (but for its file). */
  start(): Promise<void>
}

export interface SpeakerPlan {
  readonly id: string
  readonly asn: number
  readonly routerId: string
  /** undefined: Herald configures it. */
  readonly file: readonly { readonly asn: number; readonly link: Link }[] | undefined
}

/** How long neighbors keep routes while the speaker restarts (RFC 4724). */
export const gracefulRestartSeconds = 30

export function gobgpProgram(name: 'gobgp' | 'gobgpd'): string {
  const path = fileURLToPath(new URL(`../../.cache/gobgp/forky/${name}`, import.meta.url))
  if (!existsSync(path)) throw new Error(`${name} 4.8 is missing: run make install`)
  return path
}

export async function startSpeaker(folder: RunFolder, space: Namespace, plan: SpeakerPlan): Promise<SpeakerDaemon> {
  const place = join(folder.path, plan.id)
  const socket = `${place}.sock`
  const args = ['--api-hosts', `unix://${socket}`, '--pprof-disable', '--log-plain']
  if (plan.file !== undefined) {
    await writeFile(`${place}.toml`, configuration(plan, plan.file))
    args.push('--config-file', `${place}.toml`)
  }
  const command = space.inside([gobgpProgram('gobgpd'), ...args])
  let child: Child | undefined

  const daemon: SpeakerDaemon = {
    endpoint: `unix://${socket}`,
    socket,
    pid: () => child?.pid,
    async kill() {
      const dying = child
      child = undefined
      await dying?.end('SIGKILL')
    },
    async start() {
      await daemon.kill()
      await rm(socket, { force: true })
      child = startChild(folder, command, { log: `${place}.log` })
      await accepting(child, socket, `${place}.log`)
    },
  }
  await daemon.start()
  return daemon
}

function configuration({ asn, routerId }: SpeakerPlan, neighbors: NonNullable<SpeakerPlan['file']>): string {
  const blocks = neighbors.map(
    ({ asn: peerAsn, link }) => `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${link.upstream}"
    peer-as = ${peerAsn}
  [neighbors.timers.config]
    connect-retry = 1
    hold-time = 9
    keepalive-interval = 3
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = ${gracefulRestartSeconds}
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "${link.family}-unicast"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true
`,
  )
  return `[global.config]\n  as = ${asn}\n  router-id = "${routerId}"\n${blocks.join('')}`
}
