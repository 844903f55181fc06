/**
 * G1 in a plan: which of the leaving POPs stay because overlays nobody forced would take the prefix below its floor.
 *   1. as many as desired state is short of the floor;
 *   2. first those that are seen announcing, then those that intent itself names, then those no person forced away, then
 *      those that are not sick;
 *   3. then by name, so that the choice is the same in every look.
 */
import type { DesiredPrefix, LostSite } from '../intent/desired.ts'
import { splitKey } from '../intent/document.ts'
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
  const lost = desired.lost.get(site.speaker)
  const standing = isStanding(site) ? 0 : 8
  const intended = desired.intended.has(site.pop) ? 0 : 4
  return standing + intended + (lost?.forced === true ? 2 : 0) + (isFailedOver(lost) ? 1 : 0)
}

/** True where automation took the site away because it is sick. */
export function isFailedOver(lost: LostSite | undefined): boolean {
  return lost !== undefined && splitKey(lost.overlay).kind === 'Failover'
}
