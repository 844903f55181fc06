/** G1 in desired state: how many POPs a prefix must keep, and whether a person accepted fewer. */
import type { DesiredPrefix } from '../desired.ts'
import type { Announcement, PopId } from '../model.ts'

/** Its own floor, or half of its POPs and at least two; never more than there are POPs to announce it at. */
export function floorOf({ floor }: Announcement, intended: number): number {
  return floor === undefined ? halfOf(intended) : Math.min(intended, floor)
}

/** Half of the POPs intended and at least two, as far as there are so many: below that only a person goes, by force. */
export function halfOf(intended: number): number {
  return Math.min(intended, Math.max(2, Math.ceil(intended / 2)))
}

/** True where the POPs lost to forced overlays are what is missing to the floor. */
export function isFloorForced({ sites, lost }: Pick<DesiredPrefix, 'sites' | 'lost'>, floor: number): boolean {
  const announced = new Set<PopId>()
  for (const { pop } of sites.values()) announced.add(pop)
  if (announced.size >= floor) return false
  const withoutForced = new Set(announced)
  for (const { pop, forced } of lost.values()) if (forced) withoutForced.add(pop)
  return withoutForced.size >= floor
}
