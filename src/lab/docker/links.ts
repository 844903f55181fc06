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

/** Interfaces that are no link: loopback and the management network. */
const noLinks: ReadonlySet<string> = new Set(['lo', 'eth0'])

/** Interfaces of other nodes in a subnet of this one's; empty where it has no IPv4 address, such as a bridge's port. */
export function farEnds(all: ReadonlyMap<string, readonly Interface[]>, end: LinkEnd): readonly LinkEnd[] {
  const own = all.get(end.node)?.find(({ ifname }) => ifname === end.interface)
  if (own === undefined) throw new Error(`${end.node} has no interface ${end.interface}`)
  const subnets = new Set(subnetsOf(own))
  return [...all].flatMap(([node, interfaces]) =>
    node === end.node
      ? []
      : interfaces
          .filter((other) => !noLinks.has(other.ifname) && subnetsOf(other).some((subnet) => subnets.has(subnet)))
          .map(({ ifname }) => ({ node, interface: ifname })),
  )
}

/** All that a node has, without loopback and management. */
export function linkEnds(all: ReadonlyMap<string, readonly Interface[]>, node: string): readonly LinkEnd[] {
  return (all.get(node) ?? [])
    .filter(({ ifname }) => !noLinks.has(ifname))
    .map(({ ifname }) => ({ node, interface: ifname }))
}

function subnetsOf({ addr_info: addresses }: Interface): readonly string[] {
  return addresses
    .filter(({ local, scope, prefixlen }) => scope === 'global' && !local.includes(':') && prefixlen < 32)
    .map(({ local, prefixlen }) => {
      const value = local.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
      return `${Math.floor(value / 2 ** (32 - prefixlen))}/${prefixlen}`
    })
}
