/** The lab as Herald's own manifests (herald/v1): what an operator of this network would have written down. */
import { stringify } from 'yaml'
import { apiVersion, type Document } from '../intent/document.ts'
import { gracefulRestartSeconds } from './speaker-daemon.ts'
import { type Topology, linksOf } from './topology.ts'

export function speakerId(pop: string): string {
  return `${pop}-1`
}

/** Pops in order; `endpoint` of each one's speaker. */
export function labDocuments(topology: Topology, endpoint: (pop: string) => string): readonly Document[] {
  const places = Object.entries(topology.areas).flatMap(([area, regions]): Document[] => [
    { kind: 'Area', name: area, spec: {} },
    ...regions.map((region): Document => ({ kind: 'Region', name: region, spec: { area } })),
  ])
  return [
    { kind: 'Network', name: 'lab', spec: { asn: topology.asn, drainSeconds: topology.drainSeconds } },
    ...places,
    { kind: 'Pool', name: 'service', spec: { prefixes: topology.pool } },
    ...topology.pops.flatMap((pop, index) => popDocuments(pop, index, endpoint(pop.id))),
  ]
}

export function labManifests(documents: readonly Document[]): string {
  return documents
    .map(({ kind, name, spec }) => stringify({ apiVersion, kind, metadata: { name }, spec }))
    .join('---\n')
}

function popDocuments(pop: Topology['pops'][number], index: number, endpoint: string): readonly Document[] {
  const start = { routerId: linksOf(index, 0)[0].speaker }
  const managed = pop.configuredBy === 'herald'
  const session = { holdTimeSeconds: 9, keepaliveSeconds: 3, connectRetrySeconds: 1, gracefulRestartSeconds }
  return [
    { kind: 'Pop', name: pop.id, spec: { region: pop.region } },
    { kind: 'Speaker', name: speakerId(pop.id), spec: { pop: pop.id, endpoint, ...(managed && { start }) } },
    ...pop.lines.flatMap((line, place) =>
      linksOf(index, place).map(({ family, upstream }): Document => ({
        kind: 'Neighbor',
        name: `${pop.id}-${line.name}-${family}`,
        spec: {
          speaker: speakerId(pop.id),
          address: upstream,
          asn: line.asn,
          kind: line.kind,
          managed,
          ...(managed && { session }),
        },
      })),
    ),
  ]
}
