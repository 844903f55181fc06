/**
 * What is done although it has no effect, or less than its author may think. What depends only on where a prefix is
 * announced is remembered with its sites, which prefixes of one shape share (intent/compile/shape).
 */
import type { Asn } from '../bgp/asn.ts'
import { isExternal, serviceLocalPref } from '../bgp/neighbor.ts'
import { attributesOf } from '../bgp/path.ts'
import { prefixFamily, prefixLength } from '../bgp/prefix.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import type { DesiredPrefix } from '../intent/desired.ts'
import type { Intent, Neighbor } from '../intent/model.ts'
import type { Warning } from './action.ts'

/** The longest prefixes that networks commonly accept from others. */
const longestAccepted = { ipv4: 24, ipv6: 48 } as const

export function warningsOf(intent: Intent, desired: DesiredPrefix): readonly Warning[] {
  const { prefix } = desired
  const reach = reachOf(intent, desired)
  const warnings: Warning[] = []
  const warn = (code: string, message: string): number => warnings.push({ code, prefix, message })
  const longest = longestAccepted[prefixFamily(prefix)]
  if (prefixLength(prefix) > longest && reach.transit !== undefined)
    warn('too-specific', `${prefix} is longer than /${longest}: most networks behind ${reach.transit} will drop it.`)
  if (reach.localPref !== undefined && reach.internal === 0)
    warn(
      'local-pref-ebgp',
      `LOCAL_PREF ${reach.localPref} of ${prefix} has no effect: it never crosses eBGP, and no speaker that announces it has an internal neighbor.`,
    )
  if (reach.med !== undefined && !reach.parallelLinks)
    warn(
      'med-one-link',
      `MED ${reach.med} of ${prefix} has no effect: it is compared only between links to the same neighbor AS, and there is one link to each.`,
    )
  const toward = localPrefTowardExternal(intent, desired)
  if (toward !== undefined)
    warn('local-pref-ebgp', `LOCAL_PREF of ${prefix} toward ${toward} has no effect: it never crosses eBGP.`)
  return warnings
}

interface Reach {
  /** A transit neighbor that is sent the prefix. */
  readonly transit: string | undefined
  /** Internal neighbors that are sent the prefix. */
  readonly internal: number
  /** True where some neighbor AS is met on more than one link. */
  readonly parallelLinks: boolean
  /** A LOCAL_PREF or MED that somebody wrote. */
  readonly localPref: number | undefined
  readonly med: number | undefined
}

const reaches = new WeakMap<DesiredPrefix['sites'], Reach>()

function reachOf(intent: Intent, { sites }: DesiredPrefix): Reach {
  let reach = reaches.get(sites)
  if (reach === undefined) {
    reach = measureReach(intent, sites)
    reaches.set(sites, reach)
  }
  return reach
}

function measureReach(intent: Intent, sites: DesiredPrefix['sites']): Reach {
  const neighbors: Neighbor[] = []
  for (const speaker of sites.keys()) neighbors.push(...inventoryOf(intent).neighborsOf(speaker))
  const asns = new Set<Asn>()
  const external = neighbors.filter(({ kind }) => isExternal(kind))
  for (const { asn } of external) asns.add(asn)
  const attributes = [...new Set(Array.from(sites.values(), (site) => site.attributes))].map(attributesOf)
  return {
    transit: neighbors.find(({ kind }) => kind === 'transit')?.id,
    internal: neighbors.length - external.length,
    parallelLinks: asns.size < external.length,
    localPref: attributes.find(({ localPref }) => localPref !== serviceLocalPref)?.localPref,
    med: attributes.find(({ med }) => med !== undefined)?.med,
  }
}

function localPrefTowardExternal({ prefixes, neighbors }: Intent, { prefix }: DesiredPrefix): string | undefined {
  for (const [id, { localPref }] of prefixes.get(prefix)?.neighbors ?? []) {
    const neighbor = neighbors.get(id)
    if (localPref !== undefined && neighbor !== undefined && isExternal(neighbor.kind)) return id
  }
  return undefined
}
