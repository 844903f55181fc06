/**
 * G10 for part of a prefix: whether its sites at some POPs are as desired state says, read back from RIB and adj-out. What
 * the prefix does elsewhere, and what is held there, is another matter.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import type { DesiredSite } from '../intent/desired.ts'
import type { Intent, PopId } from '../intent/model.ts'
import type { FleetState } from './fleet-state.ts'
import { type SiteView, isProved, viewSite } from './site-view.ts'

/** Why it is not, at the first site where it is not, in words without a full stop; undefined: it is. */
export function notReadBack(
  { intent, fleet, moment }: { readonly intent: Intent; readonly fleet: FleetState; readonly moment: Moment },
  prefix: Prefix,
  pops: Iterable<PopId>,
): string | undefined {
  const sites = compilePrefix(intent, prefix, moment)?.sites
  for (const pop of pops)
    for (const { id } of inventoryOf(intent).speakersAt(pop)) {
      const view = viewSite(intent, fleet, prefix, id)
      const problem = problemOf(view, sites?.get(id)) ?? fleet.unproved(id, prefix)
      if (problem !== undefined) return `${id}, ${prefix}: ${problem}`
    }
  return undefined
}

function problemOf(view: SiteView, desired: DesiredSite | undefined): string | undefined {
  if (desired === undefined && view.target === undefined && view.observed?.owner !== 'ours') return undefined
  if (!view.up) return 'the speaker cannot be reached'
  if (desired !== undefined) return isProved(view, desired.attributes) ? undefined : 'not announced as decided yet'
  const isGone = view.target?.kind !== 'announce' && view.applied && view.observed?.owner !== 'ours'
  return isGone ? undefined : 'not withdrawn yet'
}
