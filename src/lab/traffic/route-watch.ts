/**
 * What the upstream routers forward by: every change of a service's route in their kernels, told by `ip monitor` with
 * its time as it happens. Nothing is polled, and nothing that Herald says counts here.
 */
import type { NodeAddresses } from '../node-addresses.ts'
import type { RunningLab } from '../running-lab.ts'
import { follow } from './program.ts'

export interface RouteChange {
  readonly node: string
  readonly prefix: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
  /** Next hops as nodes, or as addresses that no node has; empty: the route is gone. */
  readonly via: readonly string[]
}

export interface RouteWatch {
  /** In the order they happened on each node. */
  readonly changes: readonly RouteChange[]
  stop(): Promise<void>
}

/** The time is when `ip` reads the message, so it must not wait for the processor, where that is allowed. */
const monitor = ['nice', '-n', '-10', 'env', 'TZ=UTC', 'ip', '-oneline', '-tshort', 'monitor', 'route']

/** Watches every router that is no POP: those say what Herald made them say. */
export function watchRoutes(lab: RunningLab, addresses: NodeAddresses): RouteWatch {
  const changes: RouteChange[] = []
  const routers = lab.nodes.filter(({ image }) => image === 'frr' || image === 'bird')
  const programs = routers.map(({ name }) =>
    follow(lab.spawn(name, monitor), (line) => {
      const change = readRouteLine(line)
      if (change !== undefined)
        changes.push({ ...change, node: name, via: change.via.map((hop) => addresses.get(hop)?.node ?? hop) })
    }),
  )
  return {
    changes,
    async stop() {
      await Promise.all(programs.map((program) => program.end(0)))
    },
  }
}

/**
 * `[2026-11-21T10:11:50.128193] 203.0.113.0/24 nhid 5 via 10.0.0.3 dev eth1 proto bgp metric 20`, with `Deleted` before
 * the prefix where it goes; several `nexthop via …` where there are several. Undefined for what is no route to a prefix.
 */
export function readRouteLine(line: string): Omit<RouteChange, 'node'> | undefined {
  const match = /^\[([0-9T:.-]+)\] (Deleted )?([0-9a-f.:]+\/\d+) (.*)$/.exec(line)
  if (match === null) return undefined
  const [, time = '', deleted, prefix = '', rest = ''] = match
  const via =
    deleted === undefined ? [...rest.matchAll(/via (?:inet6 )?([0-9a-f.:]+)/g)].map(([, hop = '']) => hop) : []
  return { prefix, atMs: Date.parse(`${time.slice(0, 23)}Z`) + Number(`0.${time.slice(23) || '0'}`), via }
}
