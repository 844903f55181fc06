/** One node of a lab over its life: built, plugged, started, ended, built again. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClabNode, ClabTopology } from '../clab/topology.ts'
import { bootScript } from './boot-script.ts'
import type { NodeState } from './control.ts'
import { execIn } from './enter.ts'
import { nodeLog } from './lab-folder.ts'
import { NodeDied, type NodeProcess, startNode } from './node-process.ts'

export interface LabPlace {
  readonly topology: ClabTopology
  /** Run folder. */
  readonly folder: string
  /** Herald's source tree. */
  readonly tree: string
}

/** Contract of the images: the start program makes this file when everything of it runs. */
const startedFile = '/run/started'
export const startDeadlineMs = 90_000

export class LabNode {
  readonly node: ClabNode
  /** Place in the file; names its port of the management network. */
  readonly index: number
  readonly #place: LabPlace
  readonly #environment: Readonly<Record<string, string>>
  #process: NodeProcess | undefined

  constructor(place: LabPlace, node: ClabNode, index: number) {
    this.node = node
    this.index = index
    this.#place = place
    this.#environment = environmentOf(place, node)
  }

  get name(): string {
    return this.node.name
  }

  get running(): boolean {
    return this.#process !== undefined
  }

  /** Process 1 of the node, as /proc numbers it. */
  get pid(): number {
    if (this.#process === undefined) throw new Error(`assertion: ${this.name} was not built`)
    return this.#process.pid
  }

  state(): NodeState {
    return {
      name: this.name,
      image: this.node.image,
      managementAddress: withoutLength(this.node.management.ipv4),
      state: this.#process === undefined ? 'failed' : 'running',
      pid: this.#process?.pid ?? 0,
      environment: this.#environment,
    }
  }

  /** Namespaces and file system; it waits for its links. */
  async build(): Promise<void> {
    const { topology, tree, folder } = this.#place
    const script = bootScript({
      node: this.node,
      hosts: hostsFile(topology),
      tree,
      environment: this.#environment,
      start: join(tree, 'deploy/images', this.node.image, 'start'),
    })
    this.#process = await startNode(this.name, script, nodeLog(folder, this.name))
  }

  /**
   * Runs the image's start program, and beside it, as containerlab does, the node's exec commands.
   *
   * @param onEnd called when it ends by itself
   */
  async start(onEnd: () => void): Promise<void> {
    const process = this.#process
    if (process === undefined) throw new Error(`assertion: ${this.name} was not built`)
    let ended = false
    void process.ended.then(() => {
      ended = true
      if (this.#process !== process) return
      this.#process = undefined
      onEnd()
    })
    await process.go()
    const place = { pid: process.pid, environment: this.#environment }
    for (const command of this.node.exec) {
      const { code, stdout, stderr } = await execIn(place, command, { timeoutMs: startDeadlineMs })
      if (code !== 0 && !ended)
        throw new Error(`${this.name}: exec "${command.join(' ')}": ${(stderr || stdout).trim()}`)
    }
    const giveUpAt = performance.now() + startDeadlineMs
    const hasEnded = (): boolean => ended
    while (!existsSync(`/proc/${process.pid}/root${startedFile}`)) {
      if (hasEnded()) throw new NodeDied(this.name, nodeLog(this.#place.folder, this.name))
      if (performance.now() > giveUpAt)
        throw new Error(`${this.name} has not started after ${startDeadlineMs / 1000} s`)
      await sleep(20)
    }
  }

  async kill(): Promise<void> {
    const process = this.#process
    this.#process = undefined
    await process?.kill()
  }
}

/** FRR's programs and libraries, where the machine's own FRR is too new for gobgpd. */
const ownFrr = '.cache/frr'

function environmentOf({ topology, tree }: LabPlace, node: ClabNode): Readonly<Record<string, string>> {
  const links = topology.links.flatMap(({ ends }) => ends).filter((end) => end.node === node.name)
  const own = ['deploy/bin', 'node_modules/.bin', '.cache/gobgp/forky', ownFrr].map((folder) => join(tree, folder))
  const hasFrr = existsSync(join(tree, ownFrr))
  return {
    ...(hasFrr && { LD_LIBRARY_PATH: join(tree, ownFrr) }),
    PATH: [...own, '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'].join(':'),
    HOME: '/tmp',
    LANG: 'C.UTF-8',
    HOSTNAME: node.name,
    CLAB_INTFS: String(links.length), // containerlab's own
    ...node.env,
  }
}

function hostsFile({ nodes }: ClabTopology): string {
  const lines = nodes.flatMap(({ name, management }) =>
    Object.values(management).map((address: string) => `${withoutLength(address)} ${name}`),
  )
  return ['127.0.0.1 localhost', '::1 localhost ip6-localhost', ...lines, ''].join('\n')
}

function withoutLength(address: string): string {
  return address.split('/')[0] ?? ''
}
