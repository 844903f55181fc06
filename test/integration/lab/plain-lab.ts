/**
 * The smallest lab that is one: a client, a router and two service nodes in namespaces, without BGP, and a controller
 * that does not run. Routes of the router are changed by hand, so that what traffic measures is known beforehand; links of
 * the router can fail.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Namespace, openNamespace } from '../../../src/lab/namespace.ts'
import { openRunFolder } from '../../../src/lab/run-folder.ts'
import type { Failure, LabNode, RunningLab } from '../../../src/lab/running-lab.ts'

export const serviceAddresses = ['203.0.113.10', '2001:db8:100::10'] as const

export interface PlainLab extends RunningLab {
  /** Where the router sends the service's packets; undefined: nowhere. */
  route(pop: 'fra' | 'ams' | undefined): Promise<void>
}

const places = ['router', 'client1', 'svc-fra', 'svc-ams', 'controller']

export async function openPlainLab(): Promise<PlainLab> {
  const folder = openRunFolder()
  const spaces = new Map<string, Namespace>()
  for (const name of places) spaces.set(name, await openNamespace(folder))
  const space = (name: string): Namespace => {
    const found = spaces.get(name)
    if (found === undefined) throw new Error(`no node ${name}`)
    return found
  }
  for (const [number, name] of places.slice(1, 4).entries()) await join2(space('router'), space(name), name, number + 1)
  await promisify(execFile)(...words(space('router'), ['sh', '-c', forward]))
  const path = join(folder.path, 'bin')
  await mkdir(path)
  await symlink(resolve('src/cli.ts'), join(path, 'herald'))
  const environment = { ...process.env, PATH: `${path}:${process.env['PATH'] ?? ''}` }
  let routed: 'fra' | 'ams' | undefined
  const route = async (pop: 'fra' | 'ams' | undefined): Promise<void> => {
    const via = { fra: 2, ams: 3 }
    await space('router').ip(
      pop === undefined
        ? ['route del 203.0.113.0/24', 'route del 2001:db8:100::/48']
        : [
            `route replace 203.0.113.0/24 via 10.0.${via[pop]}.2`,
            `route replace 2001:db8:100::/48 via fd00:${via[pop]}::2`,
          ],
    )
    routed = pop
  }
  const nodes = places.map((name): LabNode => ({
    name,
    image: name === 'router' ? 'frr' : 'host',
    managementAddress: '',
    state: 'running',
  }))
  const setLink = async (failure: Failure, state: 'up' | 'down'): Promise<void> => {
    if (failure.kind !== 'link') return unsupported()
    const [node = '', device = ''] = failure.endpoint.split(':')
    await space(node).ip([`link set ${device} ${state}`])
    // A link that was down has lost its routes.
    if (state === 'up' && routed !== undefined) await route(routed)
  }
  const unsupported = (): never => {
    throw new Error('not in a plain lab')
  }
  return {
    name: 'plain',
    nodes,
    async exec(node, command) {
      try {
        const done = await promisify(execFile)(...words(space(node), command), { env: environment })
        return { ...done, code: 0 }
      } catch (error) {
        const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number }
        return { stdout, stderr, code }
      }
    },
    spawn: (node, command) => spawn(...words(space(node), command), { env: environment, stdio: 'pipe' }),
    impair: unsupported,
    fail: (failure) => setLink(failure, 'down'),
    heal: (failure) => setLink(failure, 'up'),
    route,
    async down() {
      for (const one of spaces.values()) await one.close()
      folder.remove()
    },
  }
}

/** IPv6 addresses would go with a link that fails, and would not come back. */
const forward = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', 'ipv6/conf/all/keep_addr_on_down']
  .map((setting) => `echo 1 > /proc/sys/net/${setting}`)
  .join('; ')

async function join2(router: Namespace, node: Namespace, name: string, number: number): Promise<void> {
  await router.ip([
    `link add to-${name} type veth peer name eth1 netns ${node.pid}`,
    `addr add 10.0.${number}.1/24 dev to-${name}`,
    `addr add fd00:${number}::1/64 dev to-${name} nodad`,
    `link set to-${name} up`,
  ])
  const service = name.startsWith('svc-')
    ? serviceAddresses.map((address) => `addr add ${address}/${address.includes(':') ? 128 : 32} dev lo`)
    : []
  await node.ip([
    'link set lo up',
    `addr add 10.0.${number}.2/24 dev eth1`,
    `addr add fd00:${number}::2/64 dev eth1 nodad`,
    'link set eth1 up',
    `route add default via 10.0.${number}.1`,
    `route add default via fd00:${number}::1`,
    ...service,
  ])
}

function words(space: Namespace, command: readonly string[]): [string, string[]] {
  const [program = '', ...rest] = space.inside(command)
  return [program, [...rest]]
}
