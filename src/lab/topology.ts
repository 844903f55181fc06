/**
 * What a lab consists of: POPs with one gobgpd each, and upstream routers (BIRD) of other ASes on links of their own.
 * Every address follows from the place in the topology: links come from documentation space (RFC 5737, RFC 3849), one
 * /31 and one /64 each, so that every line has an IPv4 and an IPv6 session.
 */
export interface Topology {
  readonly asn: number
  /** Name of the area → its regions; every region has at least one POP. */
  readonly areas: Readonly<Record<string, readonly string[]>>
  readonly pops: readonly PopPlan[]
  /** Space that may be announced. */
  readonly pool: readonly string[]
  /** How long a site is marked GRACEFUL_SHUTDOWN before a planned withdrawal. */
  readonly drainSeconds: number
}

export interface PopPlan {
  readonly id: string
  readonly region: string
  /** `herald`: Herald starts BGP and adds the neighbors. `file`: gobgpd has a configuration file of its own. */
  readonly configuredBy: 'herald' | 'file'
  readonly lines: readonly LinePlan[]
}

/** One line to an upstream router. */
export interface LinePlan {
  readonly name: string
  readonly asn: number
  readonly kind: 'transit' | 'peer'
}

/** The two ends of one session. */
export interface Link {
  readonly family: 'ipv4' | 'ipv6'
  readonly speaker: string
  readonly upstream: string
  readonly prefixLength: number
}

/** Links of line `line` of POP `pop`, by their places in the topology. */
export function linksOf(pop: number, line: number): readonly [Link, Link] {
  if (pop > 15 || line > 7) throw new Error('a lab has at most 16 POPs of 8 lines')
  const host = pop * 16 + line * 2
  const net = `2001:db8:${(0xff00 + pop * 16 + line).toString(16)}`
  return [
    { family: 'ipv4', speaker: `192.0.2.${host + 1}`, upstream: `192.0.2.${host}`, prefixLength: 31 },
    { family: 'ipv6', speaker: `${net}::2`, upstream: `${net}::1`, prefixLength: 64 },
  ]
}

const transit: LinePlan = { name: 'transit', asn: 64496, kind: 'transit' }

function peer(asn: number): LinePlan {
  return { name: 'peer', asn, kind: 'peer' }
}

/** The demo: five POPs on three continents, at each the same transit and a peer of its own. */
export const fivePops: Topology = {
  asn: 64500,
  areas: { eu: ['frankfurt', 'amsterdam'], asia: ['singapore', 'tokyo'], us: ['new-york'] },
  pops: [
    { id: 'fra', region: 'frankfurt', configuredBy: 'herald', lines: [transit, peer(64497)] },
    { id: 'ams', region: 'amsterdam', configuredBy: 'herald', lines: [transit, peer(64498)] },
    { id: 'sin', region: 'singapore', configuredBy: 'herald', lines: [transit, peer(64499)] },
    { id: 'tyo', region: 'tokyo', configuredBy: 'herald', lines: [transit, peer(64501)] },
    { id: 'nyc', region: 'new-york', configuredBy: 'file', lines: [transit, peer(64502)] },
  ],
  pool: ['203.0.113.0/24', '198.51.100.0/24', '2001:db8:100::/40'],
  drainSeconds: 1,
}
