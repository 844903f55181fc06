/**
 * What a speaker must have before its first path: BGP started, and the export policy. Neighbors come after the paths
 * (neighbors.ts).
 */
import { OperationError } from '../bgp/operation-error.ts'
import { neighborNumber } from '../bgp/mark.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { ExportPolicy } from '../speaker/export-policy.ts'
import type { PolicyOptions, Speaker } from '../speaker/speaker.ts'

/** `was-empty`: the daemon had no export policy of ours, so it is new or was restarted and holds nothing. */
export type Condition = 'was-empty' | 'ready'

interface Verified {
  readonly configured: string
  readonly incarnation: number
  readonly untilMs: number
}

/** What was verified of a speaker and still holds: the same daemon, the same configuration, a few seconds ago at most. */
const verified = new WeakMap<Speaker, Verified>()
const verifiedForMs = 5000

/**
 * As {@link prepare}, without asking the daemon where it was asked a moment ago and cannot have been restarted since. One
 * that was empty is asked again: gobgpd answers a moment before it has read its file, and what the file says of policies
 * takes the place of ours.
 */
export async function prepareOnce(
  speaker: Speaker,
  configured: DesiredSpeaker,
  options: PolicyOptions,
): Promise<Condition> {
  const known = verified.get(speaker)
  const text = JSON.stringify(configured)
  const nowMs = performance.now()
  if (known?.configured === text && known.incarnation === speaker.incarnation() && nowMs < known.untilMs) return 'ready'
  verified.delete(speaker)
  const condition = await prepare(speaker, configured, options)
  if (condition === 'ready')
    verified.set(speaker, { configured: text, incarnation: speaker.incarnation(), untilMs: nowMs + verifiedForMs })
  return condition
}

/**
 * Makes sure of BGP and of the export policy, before any path.
 * Throws `speaker-refused` where the daemon runs with another AS than intent says.
 */
async function prepare(speaker: Speaker, configured: DesiredSpeaker, options: PolicyOptions): Promise<Condition> {
  const policy = exportPolicy(configured)
  // Asked at once: in the usual case both answer that nothing is to be done.
  const [{ asn }, policed] = await Promise.all([
    speaker.global(options),
    speaker.ensureExportPolicy(policy, options).catch((error: unknown) => ({ error })),
  ])
  if (asn !== undefined && asn !== configured.asn)
    throw new OperationError(
      'speaker-refused',
      `${configured.speaker} runs AS ${asn}, and the Network document says AS ${configured.asn}`,
    )
  if (asn === undefined) {
    if (configured.start === undefined)
      throw new OperationError(
        'speaker-refused',
        `${configured.speaker}: BGP is not started there; give gobgpd a configuration file, or the Speaker document spec.start`,
      )
    await speaker.start({ asn: configured.asn, ...configured.start }, options)
    await speaker.ensureExportPolicy(policy, options)
    return 'was-empty'
  }
  if (typeof policed === 'object') throw policed.error
  return policed === 'installed' ? 'was-empty' : 'ready'
}

function exportPolicy({ asn, neighbors, treatments }: DesiredSpeaker): ExportPolicy {
  const addresses = new Map(neighbors.map(({ id, address }) => [id, address]))
  return {
    asn,
    neighbors: neighbors.map((neighbor) => ({ address: neighbor.address, number: neighborNumber(neighbor) })),
    treatments: treatments.flatMap(({ neighbor, ...treatment }) => {
      const address = addresses.get(neighbor)
      return address === undefined ? [] : [{ ...treatment, neighbor: address }]
    }),
  }
}
