/**
 * G1 in a plan: which of the leaving POPs stay because overlays nobody forced would take the prefix below its floor.
 *   1. as many as desired state is short of the floor;
 *   2. first those that are seen announcing, then those that intent itself names, then those no person forced away;
 *   3. then by name, so that the choice is the same in every look.
 */
import type { DesiredPrefix } from '../intent/desired.ts'
import type { PopId } from '../intent/model.ts'
import { type SiteView, isStanding } from './site-view.ts'

export function keptPops(desired: DesiredPrefix | undefined, leaving: readonly SiteView[]): ReadonlySet<PopId> {
  if (desired === undefined || desired.floorForced) return new Set()
  const announced = new Set<PopId>()
  for (const { pop } of desired.sites.values()) announced.add(pop)
  const missing = desired.floor - announced.size
  if (missing <= 0) return new Set()
  const ranks = new Map<PopId, number>()
  for (const site of leaving) {
    if (announced.has(site.pop)) continue
    ranks.set(site.pop, Math.min(rank(desired, site), ranks.get(site.pop) ?? Infinity))
  }
  const best = [...ranks].sort(([a, rankA], [b, rankB]) => rankA - rankB || (a < b ? -1 : 1))
  return new Set(best.slice(0, missing).map(([pop]) => pop))
}

/** Lower is better. */
function rank(desired: DesiredPrefix, site: SiteView): number {
  const forced = desired.lost.get(site.speaker)?.forced === true
  return (isStanding(site) ? 0 : 4) + (desired.intended.has(site.pop) ? 0 : 2) + (forced ? 1 : 0)
}
