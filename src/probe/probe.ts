/** One probe of a task, of whatever kind; ICMP is a stream of its own (icmp/pinger). */
import type { Address } from '../bgp/address.ts'
import { addressFamily } from '../bgp/address.ts'
import type { Probe, Task } from '../health/task.ts'
import { probeDns } from './dns/dns.ts'
import { type Finding, unknown } from './finding.ts'
import { probeHttp } from './http.ts'
import type { ProbeOptions } from './probe-options.ts'
import { probeTcp } from './tcp.ts'
import { probeUdp } from './udp.ts'

export type SingleProbe = Exclude<Probe, { kind: 'icmp' }>
export type SingleTask = Task & { readonly probe: SingleProbe }

/** What every task of an agent is probed with. */
export type AgentProbeOptions = Pick<ProbeOptions, 'ca' | 'hasLink'>

/** @throws only where `signal` aborts: what goes wrong is a finding */
export async function probe(task: SingleTask, signal: AbortSignal, shared: AgentProbeOptions = {}): Promise<Finding> {
  const problem = sourceProblem(task)
  if (problem !== undefined) return unknown(problem)
  const { probe: what, source, timeoutMs } = task
  const options: ProbeOptions = { ...shared, timeoutMs, ...(source !== undefined && { source }) }
  switch (what.kind) {
    case 'tcp':
      return probeTcp(what, options, signal)
    case 'http':
      return probeHttp(what, options, signal)
    case 'dns':
      return probeDns(what, options, signal)
    case 'udp':
      return probeUdp(what, options, signal)
  }
}

/** One sentence why the source address cannot be used, or undefined. */
export function sourceProblem({ source, probe: what }: Pick<Task, 'source' | 'probe'>): string | undefined {
  const target = targetOf(what)
  if (source === undefined || target === undefined || addressFamily(source) === addressFamily(target)) return undefined
  return `source ${source} and target ${target} are of two families`
}

function targetOf(what: Probe): Address | undefined {
  return what.kind === 'dns' ? what.server : what.address
}
