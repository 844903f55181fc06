/** Which node and interface an address belongs to: read from the nodes themselves, so that it is right however they run. */
import type { RunningLab } from './running-lab.ts'

export interface AddressOwner {
  readonly node: string
  readonly interface: string
}

/** By address, in canonical form. What several nodes have, as an anycast address, is left out. */
export type NodeAddresses = ReadonlyMap<string, AddressOwner>

interface IpLink {
  readonly ifname?: string
  readonly addr_info?: readonly { readonly local?: string; readonly scope?: string }[]
}

/** Nodes that do not answer are left out. */
export async function readNodeAddresses(lab: RunningLab): Promise<NodeAddresses> {
  const owners = new Map<string, AddressOwner>()
  const shared = new Set<string>()
  const answers = await Promise.all(
    lab.nodes.map(async ({ name }) => ({ name, answer: await lab.exec(name, ['ip', '-j', 'addr', 'show']) })),
  )
  for (const { name, answer } of answers) {
    if (answer.code !== 0) continue
    for (const { ifname = '', addr_info: addresses = [] } of JSON.parse(answer.stdout) as readonly IpLink[])
      for (const { local = '', scope } of addresses) {
        if (scope !== 'global' && scope !== 'link') continue
        if (owners.has(local)) shared.add(local)
        owners.set(local, { node: name, interface: ifname })
      }
  }
  for (const address of shared) owners.delete(address)
  return owners
}
