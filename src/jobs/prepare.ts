/**
 * What a speaker must have before its first path and after its last: BGP started, the export policy, then neighbors.
 * Paths go in between, so that a neighbor's first End-of-RIB comes after everything it should hear (RFC 4724).
 */
import { OperationError } from '../bgp/operation-error.ts'
import { markNumber } from '../bgp/mark.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { Neighbor } from '../intent/model.ts'
import type { ExportPolicy } from '../speaker/export-policy.ts'
import type { CallOptions, NeighborConfig, Speaker } from '../speaker/speaker.ts'

/**
 * `was-empty`: the daemon had no export policy of ours, so it is new or was restarted and holds nothing.
 * Throws `speaker-refused` where the daemon runs with another AS than intent says.
 */
export async function prepare(
  speaker: Speaker,
  configured: DesiredSpeaker,
  options: CallOptions,
): Promise<'was-empty' | 'ready'> {
  const { asn } = await speaker.global(options)
  if (asn === undefined) {
    if (configured.start === undefined)
      throw new OperationError(
        'speaker-refused',
        `${configured.speaker}: BGP is not started there; give gobgpd a configuration file, or the Speaker document spec.start`,
      )
    await speaker.start({ asn: configured.asn, ...configured.start }, options)
  } else if (asn !== configured.asn)
    throw new OperationError(
      'speaker-refused',
      `${configured.speaker} runs AS ${asn}, and the Network document says AS ${configured.asn}`,
    )
  return (await speaker.ensureExportPolicy(exportPolicy(configured), options)) === 'installed' ? 'was-empty' : 'ready'
}

/** Adds the managed neighbors that are missing; those of gobgpd's own file are left alone. */
export async function addNeighbors(
  speaker: Speaker,
  configured: DesiredSpeaker,
  condition: 'was-empty' | 'ready',
  options: CallOptions,
): Promise<void> {
  const managed = configured.neighbors.filter((neighbor) => neighbor.managed)
  if (managed.length === 0) return
  const present = new Set((await speaker.neighbors(options)).map(({ address }) => address))
  for (const neighbor of managed)
    if (!present.has(neighbor.address))
      await speaker.addNeighbor(neighborConfig(neighbor, condition === 'was-empty'), options)
}

function exportPolicy({ asn, neighbors, treatments }: DesiredSpeaker): ExportPolicy {
  const addresses = new Map(neighbors.map(({ id, address }) => [id, address]))
  return {
    asn,
    neighbors: neighbors.map(({ id, address }) => ({ address, number: markNumber(id) })),
    treatments: treatments.flatMap(({ neighbor, ...treatment }) => {
      const address = addresses.get(neighbor)
      return address === undefined ? [] : [{ ...treatment, neighbor: address }]
    }),
  }
}

function neighborConfig({ address, asn, families, session }: Neighbor, restarting: boolean): NeighborConfig {
  return { address, asn, families, ...session, restarting }
}
