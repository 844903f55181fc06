/**
 * Which interfaces are the two ends of a link: those with addresses in one subnet. Read from the nodes, because a
 * compose file's interfaces have no fixed names. Pure.
 */

/** What `ip -json address show` says of an interface, as far as it matters here. */
export interface Interface {
  readonly ifname: string
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[]
}

export interface LinkEnd {
  readonly node: string
  readonly interface: string
}

/** What `ip` says of every node's links: without loopback and the management network, whatever its interface is called. */
export function onlyLinks(interfaces: readonly Interface[], managementAddress: string): readonly Interface[] {
  return interfaces.filter(
    ({ ifname, addr_info: addresses }) =>
      ifname !== 'lo' && !addresses.some(({ local }) => local === managementAddress),
  )
}

/** Interfaces of other nodes in a subnet of this one's; empty where it has no IPv4 address, such as a bridge's port. */
export function farEnds(all: ReadonlyMap<string, readonly Interface[]>, end: LinkEnd): readonly LinkEnd[] {
  const own = all.get(end.node)?.find(({ ifname }) => ifname === end.interface)
  if (own === undefined) throw new Error(`${end.node} has no interface ${end.interface}`)
  const subnets = new Set(subnetsOf(own))
  return [...all].flatMap(([node, interfaces]) =>
    node === end.node
      ? []
      : interfaces
          .filter((other) => subnetsOf(other).some((subnet) => subnets.has(subnet)))
          .map(({ ifname }) => ({ node, interface: ifname })),
  )
}

function subnetsOf({ addr_info: addresses }: Interface): readonly string[] {
  return addresses
    .filter(({ local, scope, prefixlen }) => scope === 'global' && !local.includes(':') && prefixlen < 32)
    .map(({ local, prefixlen }) => {
      const value = local.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
      return `${Math.floor(value / 2 ** (32 - prefixlen))}/${prefixlen}`
    })
}
