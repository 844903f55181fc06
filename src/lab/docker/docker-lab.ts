/**
 * A topology that containerlab or docker compose brought up, driven by `docker exec` alone.
 *
 * A container that is killed loses the links that containerlab gave it for good. So a node that fails here is one whose
 * processes are killed (all but the first, which only waits) and whose links are down; healed, it has its links back and
 * its processes start anew.
 */
import { type FaultyNodes, type NodeFailure, failNode, healNode } from '../node-fault.ts'
import type { Failure, LabNode, Output, RunningLab } from '../running-lab.ts'
import { type Container, type ContainerGroup, docker, execIn, findContainers, spawnIn } from './engine.ts'
import { type Interface, type LinkEnd, farEnds, onlyLinks } from './links.ts'
import { netemCommand } from './netem.ts'

/** @throws EngineError; Error where nothing of that name is up */
export async function openDockerLab(group: ContainerGroup): Promise<RunningLab> {
  const containers = await findContainers(group)
  if (containers.length === 0) throw new Error(`no containers of ${group.by} ${group.name} are there`)
  return new DockerLab(group, containers)
}

class DockerLab implements RunningLab {
  readonly name: string
  readonly #group: ContainerGroup
  readonly #containers: readonly Container[]
  readonly #failed = new Set<string>()

  constructor(group: ContainerGroup, containers: readonly Container[]) {
    this.name = group.name
    this.#group = group
    this.#containers = containers
  }

  get nodes(): readonly LabNode[] {
    return this.#containers.map(({ node: name, image, managementAddress, running }) => ({
      name,
      image,
      managementAddress,
      state: running && !this.#failed.has(name) ? 'running' : 'failed',
    }))
  }

  exec(node: string, command: readonly string[], options?: Parameters<RunningLab['exec']>[2]): Promise<Output> {
    return execIn(this.#container(node), command, options)
  }

  spawn(node: string, command: readonly string[]): ReturnType<RunningLab['spawn']> {
    return spawnIn(this.#container(node), command)
  }

  async impair(endpoint: string, impairment: Parameters<RunningLab['impair']>[1]): Promise<void> {
    if (impairment?.exceptBgp === true)
      throw new Error('links in containers lose what comes, BGP or not: "except bgp" works in network namespaces only')
    const near = readEnd(endpoint)
    for (const end of [near, ...farEnds(await this.#interfaces(), near)]) {
      const { code, stderr } = await this.exec(end.node, netemCommand(end.interface, impairment))
      // An end that was never impaired has no qdisc to delete.
      if (code !== 0 && impairment !== undefined)
        throw new Error(`${end.node}:${end.interface}: no tc netem here: ${stderr.trim()}`)
    }
  }

  async fail(failure: Failure): Promise<void> {
    if (failure.kind === 'link') return this.#carry(await this.#link(failure.endpoint), 'down')
    if (failure.kind !== 'node') return failNode(this.#faulty(), failure satisfies NodeFailure)
    const { node } = failure
    const ends = await this.#linksOf(node)
    this.#failed.add(node)
    await this.#carry(ends, 'down')
    await this.#must(node, ['bash', '-c', killAll])
  }

  async heal(failure: Failure): Promise<void> {
    if (failure.kind === 'link') return this.#carry(await this.#link(failure.endpoint), 'up')
    if (failure.kind !== 'node') return healNode(this.#faulty(), failure satisfies NodeFailure)
    const { node } = failure
    await this.#carry(await this.#linksOf(node), 'up')
    await this.#must(node, ['bash', '-c', startAll])
    this.#failed.delete(node)
  }

  async down(): Promise<void> {
    await docker(['rm', '--force', '--volumes', ...this.#containers.map(({ id }) => id)])
  }

  #faulty(): FaultyNodes {
    return { nodes: this.nodes, exec: (node, command) => this.exec(node, command) }
  }

  async #link(endpoint: string): Promise<readonly LinkEnd[]> {
    const near = readEnd(endpoint)
    return [near, ...farEnds(await this.#interfaces(), near)]
  }

  /** Both ends of all links of a node, and its management interface; hosts keep theirs up, or they forget their routes. */
  async #linksOf(node: string): Promise<readonly LinkEnd[]> {
    const all = await this.#interfaces()
    const own = (all.get(node) ?? []).map(({ ifname }) => ({ node, interface: ifname }))
    const management = { node, interface: await this.#managementInterface(node) }
    const ends = [...own, ...own.flatMap((end) => farEnds(all, end)), management]
    return ends.filter((end) => this.#container(end.node).image !== 'host')
  }

  async #carry(ends: readonly LinkEnd[], way: 'up' | 'down'): Promise<void> {
    await Promise.all(ends.map((end) => this.#must(end.node, ['ip', 'link', 'set', end.interface, way])))
  }

  async #interfaces(): Promise<ReadonlyMap<string, readonly Interface[]>> {
    const read = this.#containers.map(
      async ({ node, managementAddress }) => [node, onlyLinks(await this.#addresses(node), managementAddress)] as const,
    )
    return new Map(await Promise.all(read))
  }

  async #managementInterface(node: string): Promise<string> {
    const { managementAddress } = this.#container(node)
    const found = (await this.#addresses(node)).find(({ addr_info: addresses }) =>
      addresses.some(({ local }) => local === managementAddress),
    )
    return found?.ifname ?? 'eth0'
  }

  async #addresses(node: string): Promise<readonly Interface[]> {
    const { stdout, code } = await this.exec(node, ['ip', '-json', 'address', 'show'])
    return code === 0 ? (JSON.parse(stdout) as readonly Interface[]) : []
  }

  async #must(node: string, command: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await this.exec(node, command)
    if (code !== 0) throw new Error(`${node}: ${(stderr || stdout).trim() || `${command[0]} exited with ${code}`}`)
  }

  #container(name: string): Container {
    const container = this.#containers.find(({ node }) => node === name)
    if (container !== undefined) return container
    const names = this.#containers.map(({ node }) => node).join(', ')
    throw new Error(`${this.#group.by} ${this.name} has no node ${name}: ${names}`)
  }
}

function readEnd(endpoint: string): LinkEnd {
  const [node = '', device = ''] = endpoint.split(':')
  return { node, interface: device }
}

/** Image contract: /run/<process>.pid names each process. What a host runs goes on, behind its dead links. */
const processes = `
  hosts='respond|command'
  names=$(cd /run && ls *.pid 2>/dev/null | sed 's/[.]pid$//' | grep -vxE "$hosts")`

const killAll = `${processes}
  for name in $names; do kill -9 "$(cat "/run/$name.pid")" 2>/dev/null; done; true`

/** zebra first: the others need it. */
const startAll = `${processes}
  for name in zebra staticd $names; do
    [ ! -e "/run/$name.pid" ] || kill -0 "$(cat "/run/$name.pid")" 2>/dev/null || /run/start "$name" || exit 1
  done`
