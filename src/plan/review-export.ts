/**
 * Guards on what may be said to others: G7 (owned, exact prefixes; no private AS numbers outward) and G8 (LOCAL_PREF
 * inside the band of local services). The plan looks at both again, so forcing them would only move the refusal;
 * a private AS number is a person's choice, because some providers strip it.
 */
import { type Asn, isPrivateAsn } from '../bgp/asn.ts'
import { inBand, isExternal, serviceBand } from '../bgp/neighbor.ts'
import { type DocumentChange, type DocumentKey, splitKey } from '../intent/document.ts'
import type { Intent, NeighborId, SiteAttributes } from '../intent/model.ts'
import type { Prefix } from '../bgp/prefix.ts'
import { exportProblem } from './export-rule.ts'
import type { Loss } from './loss.ts'
import type { Refusal } from './review.ts'

/** G7: prefixes that would newly be announced although they may not be. */
export function refuseUnowned(before: Intent, after: Intent, { prefixes }: Loss): readonly Refusal[] {
  const refusals: Refusal[] = []
  for (const { prefix } of prefixes) {
    if (!after.prefixes.has(prefix)) continue
    const message = exportProblem(after, prefix)
    if (message === undefined || (before.prefixes.has(prefix) && exportProblem(before, prefix) !== undefined)) continue
    refusals.push({ guard: 'G7', code: 'export', forceable: false, document: `Prefix/${prefix}`, message })
  }
  return refusals
}

/** G7: our AS is private and the neighbor's is not. Where both are private, it is a lab or one house. */
export function refusePrivateAsn(before: Intent, after: Intent): readonly Refusal[] {
  const leaks = privateLeaks(before)
  return [...privateLeaks(after)]
    .filter(([neighbor]) => !leaks.has(neighbor))
    .map(([neighbor, asn]) => ({
      guard: 'G7',
      code: 'private-asn',
      forceable: true,
      document: `Neighbor/${neighbor}`,
      message:
        `Neighbor ${neighbor} (AS ${asn}) would be sent paths of our private AS ${after.network?.asn}, which others` +
        ' drop (RFC 6996, G7); use your public AS, or repeat with --force --reason … if the neighbor strips it.',
    }))
}

function privateLeaks({ network, neighbors }: Intent): ReadonlyMap<NeighborId, Asn> {
  const leaks = new Map<NeighborId, Asn>()
  if (network === undefined || !isPrivateAsn(network.asn)) return leaks
  for (const { id, kind, asn } of neighbors.values()) if (isExternal(kind) && !isPrivateAsn(asn)) leaks.set(id, asn)
  return leaks
}

/** G8: a LOCAL_PREF written outside the band of local services. */
export function refuseOutOfBand(after: Intent, changes: readonly DocumentChange[]): readonly Refusal[] {
  const refusals: Refusal[] = []
  for (const { key } of changes) {
    for (const { localPref } of layersOf(after, key)) {
      if (localPref === undefined || inBand(serviceBand, localPref)) continue
      refusals.push({
        guard: 'G8',
        code: 'band',
        forceable: false,
        document: key,
        message:
          `${key} writes LOCAL_PREF ${localPref}, outside the band of local services (G8);` +
          ` write ${serviceBand.min} to ${serviceBand.max}.`,
      })
    }
  }
  return refusals
}

function layersOf(intent: Intent, key: DocumentKey): readonly SiteAttributes[] {
  const { kind, name } = splitKey(key)
  if (kind === 'Override') return defined(intent.overrides.get(name)?.attributes)
  if (kind === 'Neighbor') return defined(intent.neighbors.get(name as NeighborId)?.attributes)
  const announcement = kind === 'Prefix' ? intent.prefixes.get(name as Prefix) : undefined
  if (announcement === undefined) return []
  return [announcement.attributes, ...announcement.pops.values(), ...announcement.neighbors.values()]
}

function defined<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}
