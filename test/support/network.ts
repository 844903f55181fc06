/** Documents of a network of private gobgpd daemons, one POP each, for tests and benchmarks that go the whole way. */
import type { Document } from '../../src/intent/document.ts'

export interface SpeakerPlace {
  readonly id: string
  readonly endpoint: string
  /** Present where Herald starts BGP itself. */
  readonly start?: {
    readonly routerId: string
    readonly listenPort: number
    readonly listenAddresses: readonly string[]
  }
}

export interface NeighborPlace {
  readonly id: string
  readonly speaker: string
  readonly address: string
  readonly asn: number
  readonly localAddress?: string
  readonly remotePort?: number
  readonly passive?: boolean
}

export const networkAsn = 64500

/** One area `world`, one region and one POP a speaker (`pop-<id>`), neighbors managed by Herald, one pool for each family. */
export function networkDocuments(
  speakers: readonly SpeakerPlace[],
  neighbors: readonly NeighborPlace[] = [],
): readonly Document[] {
  const documents: Document[] = [
    { kind: 'Network', name: 'test', spec: { asn: networkAsn, drainSeconds: 0 } },
    { kind: 'Area', name: 'world', spec: {} },
    { kind: 'Pool', name: 'service', spec: { prefixes: ['10.0.0.0/8', '203.0.113.0/24', '2001:db8::/32'] } },
  ]
  for (const { id, endpoint, start } of speakers)
    documents.push(
      { kind: 'Region', name: `region-${id}`, spec: { area: 'world' } },
      { kind: 'Pop', name: `pop-${id}`, spec: { region: `region-${id}` } },
      {
        kind: 'Speaker',
        name: id,
        spec: {
          pop: `pop-${id}`,
          endpoint,
          nextHop: { ipv4: '192.0.2.1', ipv6: '2001:db8::1' },
          ...(start && { start }),
        },
      },
    )
  for (const { id, speaker, address, asn, ...session } of neighbors)
    documents.push({
      kind: 'Neighbor',
      name: id,
      spec: {
        speaker,
        address,
        asn,
        kind: 'transit',
        managed: true,
        families: ['ipv4', 'ipv6'],
        session: { connectRetrySeconds: 1, ebgpMultihop: 8, gracefulRestartSeconds: 60, ...session },
      },
    })
  return documents
}
