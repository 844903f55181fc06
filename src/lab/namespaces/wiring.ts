/**
 * The links of a lab. Each is two veth pairs whose inner ends meet here, in the supervisor's network namespace, on a
 * bridge of their own: the kernel forwards, nobody else works. What is done to a link is done to the inner ends, so
 * that the nodes see packets late or lost, or no carrier, but never a change of their interfaces.
 *
 * The management network is one bridge of the same kind with all nodes on it.
 */
import type { ClabLink, ClabTopology } from '../clab/topology.ts'

export interface Wire {
  readonly link: ClabLink
  readonly bridge: string
  /** Inner ends, in the order of `link.ends`. */
  readonly inner: readonly [string, string]
}

export const managementBridge = 'management'

export function wiresOf({ links }: ClabTopology): readonly Wire[] {
  return links.map((link, index) => ({ link, bridge: `link${index}`, inner: [`w${index}a`, `w${index}b`] }))
}

export function managementPort(index: number): string {
  return `m${index}`
}

/** ageing_time 0: a bridge of two ports needs to learn nothing. Segments as in the wire, so that a loss is one packet. */
export function bridgeCommands(name: string): readonly string[] {
  return [`link add name ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`, `link set ${name} up`]
}

export function wireBridges(wires: readonly Wire[]): readonly string[] {
  return wires.flatMap(({ bridge }) => bridgeCommands(bridge))
}

/**
 * All that a node needs to be on its links: its ends, and the inner ends on their bridges.
 *
 * @param pid process 1 of the node, as /proc numbers it: the namespace is named by its file, because ip(8) of Debian 12
 * takes a bare number as its own process namespace does, and that of Debian 13 looks it up in /proc
 */
export function plugCommands(node: string, index: number, pid: number, wires: readonly Wire[]): readonly string[] {
  const management = pair(managementPort(index), 'eth0', hardwareAddress(0, index), pid, managementBridge)
  const links = wires.flatMap(({ link, bridge, inner }, wire) =>
    link.ends.flatMap((end, side) =>
      end.node === node
        ? pair(inner[side] ?? '', end.interface, hardwareAddress(1 + side, wire), pid, bridge, link.mtu)
        : [],
    ),
  )
  return [...management, ...links]
}

/**
 * A node that failed comes back with the hardware addresses it had, as a machine does: else its neighbors send to the old
 * ones until their caches are doubted, half a minute later. Locally administered (IEEE 802), unique in the lab.
 */
function hardwareAddress(kind: number, index: number): string {
  const octets = [0x02, 0, 0, kind, index >> 8, index & 255]
  return octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':')
}

function pair(
  inner: string,
  device: string,
  address: string,
  pid: number,
  bridge: string,
  mtu?: number,
): readonly string[] {
  const size = mtu === undefined ? '' : ` mtu ${mtu}`
  return [
    `link add name ${inner}${size} type veth peer name ${device}${size} address ${address} gso_max_segs 1 netns /proc/${pid}/ns/net`,
    `link set ${inner} master ${bridge} up`,
  ]
}
