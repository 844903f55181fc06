/** A lab as its containerlab file describes it, with everything inherited, checked and resolved. */

export interface ClabTopology {
  readonly name: string
  readonly nodes: readonly ClabNode[]
  readonly links: readonly ClabLink[]
}

export interface ClabNode {
  readonly name: string
  /** Without registry and tag: a folder of deploy/images. */
  readonly image: string
  readonly management: ManagementAddresses
  readonly binds: readonly Bind[]
  readonly env: Readonly<Record<string, string>>
  /** Arguments of the image's start program. */
  readonly cmd: readonly string[]
  /** Commands to run inside once the links are there, one after the other. */
  readonly exec: readonly (readonly string[])[]
  /** By name with dots, as sysctl(8) takes them. */
  readonly sysctls: Readonly<Record<string, string>>
}

/** With prefix length, as `ip address add` takes them. */
export interface ManagementAddresses {
  readonly ipv4: string
  readonly ipv6?: string
}

export interface Bind {
  /** Absolute path outside. */
  readonly source: string
  /** Absolute path inside. */
  readonly target: string
  readonly writable: boolean
}

export interface ClabLink {
  readonly ends: readonly [LinkEnd, LinkEnd]
  /** Bytes. */
  readonly mtu?: number
}

export interface LinkEnd {
  readonly node: string
  readonly interface: string
}

/** `node:interface`, as people name an end of a link. */
export function endpointOf({ node, interface: device }: LinkEnd): string {
  return `${node}:${device}`
}
