/**
 * The path of a client's packets, hop by hop, by Debian's traceroute on the client's node; addresses become nodes,
 * interfaces and AS numbers, read from the nodes themselves.
 */
import { type NodeAddresses, readNodeAddresses } from './node-addresses.ts'
import type { RunningLab } from './running-lab.ts'
import { servedBy } from './traffic/service-address.ts'

export interface Hop {
  /** From 1. */
  readonly number: number
  /** Undefined: nobody answered for this hop. */
  readonly address: string | undefined
  readonly node: string | undefined
  readonly interface: string | undefined
  readonly asn: number | undefined
  /** Round trips of the probes that were answered. */
  readonly rttsMs: readonly number[]
}

export interface Trace {
  readonly from: string
  readonly to: string
  readonly hops: readonly Hop[]
  readonly reached: boolean
}

const maxHops = 15
const probes = 3

/** @throws where the node has no traceroute or no such address family */
export async function traceFrom(lab: RunningLab, node: string, address: string): Promise<Trace> {
  const limits = ['-n', '-q', String(probes), '-w', '1', '-m', String(maxHops), '-N', '8']
  const [addresses, asns, answer] = await Promise.all([
    readNodeAddresses(lab),
    readAsns(lab),
    lab.exec(node, ['traceroute', ...limits, address], { timeoutMs: 60_000 }),
  ])
  if (answer.code !== 0) throw new Error(`traceroute on ${node}: ${answer.stderr.trim() || `exit code ${answer.code}`}`)
  const hops = readTraceroute(answer.stdout).map((hop) => named(hop, addresses, asns))
  const last = hops.at(-1)
  if (last?.address !== address) return { from: node, to: address, hops, reached: false }
  return { from: node, to: address, hops: [...hops.slice(0, -1), served(lab, last, hops.at(-2))], reached: true }
}

/** An anycast address is on many nodes: it was the service of the POP before it. */
function served(lab: RunningLab, last: Hop, before: Hop | undefined): Hop {
  if (last.node !== undefined || before?.node === undefined) return last
  const service = lab.nodes.find(({ name }) => name === `svc-${before.node}`)
  return { ...last, node: service?.name, interface: service === undefined ? undefined : 'lo' }
}

/** What the service nodes serve: the addresses of `lo`, IPv4 first. */
export async function serviceAddressesOf(lab: RunningLab): Promise<readonly string[]> {
  const service = lab.nodes.find(({ name }) => name.startsWith('svc-'))
  return service === undefined ? [] : servedBy(lab, service.name)
}

type BareHop = Pick<Hop, 'number' | 'address' | 'rttsMs'>

/** ` 2  192.0.2.1  0.512 ms  0.480 ms *`; where a hop has several addresses, the first is taken. */
export function readTraceroute(output: string): readonly BareHop[] {
  return output.split('\n').flatMap((line): readonly BareHop[] => {
    const number = /^\s*(\d+)\s/.exec(line)?.[1]
    if (number === undefined) return []
    const address = /\s([0-9a-f]*[.:][0-9a-f.:]+)\s/.exec(line)?.[1]
    const rttsMs = [...line.matchAll(/([\d.]+) ms/g)].map(([, rtt]) => Number(rtt))
    return [{ number: Number(number), address, rttsMs }]
  })
}

function named(hop: BareHop, addresses: NodeAddresses, asns: ReadonlyMap<string, number>): Hop {
  const owner = hop.address === undefined ? undefined : addresses.get(hop.address)
  const { node } = owner ?? {}
  return { ...hop, node, interface: owner?.interface, asn: node === undefined ? undefined : asns.get(node) }
}

const configurations = ['/etc/frr/frr.conf', '/etc/bird/bird.conf', '/etc/gobgp/gobgpd.toml']

/** The AS of every node that speaks BGP, from its configuration or from its daemon. */
async function readAsns(lab: RunningLab): Promise<ReadonlyMap<string, number>> {
  const asns = new Map<string, number>()
  const routers = lab.nodes.filter(({ image }) => ['frr', 'bird', 'pop'].includes(image))
  await Promise.all(
    routers.map(async ({ name, image }) => {
      const read = await lab.exec(name, ['sh', '-c', `cat ${configurations.join(' ')} 2>/dev/null`])
      const asn = asnIn(read.stdout)
      if (asn !== undefined) asns.set(name, asn)
      else if (image === 'pop') {
        const daemon = await lab.exec(name, ['gobgp', '-j', 'global'])
        const said = /"asn":\s*(\d+)/.exec(daemon.stdout)?.[1]
        if (said !== undefined) asns.set(name, Number(said))
      }
    }),
  )
  return asns
}

/** FRR `router bgp N`, BIRD `local … as N`, gobgpd `as = N`. */
export function asnIn(configuration: string): number | undefined {
  const found =
    /^\s*router bgp (\d+)/m.exec(configuration) ??
    /\blocal\b[^;\n]*\bas (\d+)/.exec(configuration) ??
    /^\s*as\s*=\s*(\d+)/m.exec(configuration)
  return found?.[1] === undefined ? undefined : Number(found[1])
}
