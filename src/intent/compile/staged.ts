/**
 * A prefix in a staged change (G5): the shape of what is new at POPs whose stage is out, the shape of what was before at
 * all others. Overlays lie on both alike. Of two floors the higher one counts, so that no half-way state is held to less
 * than either end is.
 */
import type { Prefix } from '../../bgp/prefix.ts'
import type { Announcement, Intent, PopId, SpeakerId } from '../model.ts'
import { type Rollout, isAllOut, outPops, waitsForStage } from '../rollout.ts'
import { floorOf, isFloorForced } from './floor.ts'
import { inventoryOf } from './inventory.ts'
import type { Shape } from './shape.ts'

interface Part {
  readonly announcement: Announcement
  readonly shape: Shape
}

/** @param was undefined: there was no document, and so it was announced nowhere */
export function stagedShape(rollout: Rollout, was: Part | undefined, after: Part): Shape {
  const out = outPops(rollout)
  const isNew = ({ pop }: { readonly pop: PopId }): boolean => out.has(pop)
  const sites = joined(was?.shape.sites, after.shape.sites, isNew, (site) => ({
    ...site,
    because: `${site.because}, as before Rollout/${rollout.id}`,
  }))
  const lost = joined(was?.shape.lost, after.shape.lost, isNew, (site) => site)
  const intended = new Set<PopId>()
  for (const pop of after.shape.intended) if (out.has(pop)) intended.add(pop)
  for (const pop of was?.shape.intended ?? []) if (!out.has(pop)) intended.add(pop)
  const floors = [was, after].map((part) => (part === undefined ? 0 : floorOf(part.announcement, intended.size)))
  const floor = Math.max(...floors)
  const changesAtMs = Math.min(was?.shape.changesAtMs ?? Infinity, after.shape.changesAtMs ?? Infinity)
  return {
    sites,
    lost,
    intended,
    floor,
    floorForced: isFloorForced({ sites, lost }, floor),
    ...(changesAtMs < Infinity && { changesAtMs }),
  }
}

/** The announcement that counts at a POP: the Prefix document's, or what it was where a stage is not out yet. */
export function announcementAt(intent: Intent, prefix: Prefix, pop: PopId): Announcement | undefined {
  const rollout = inventoryOf(intent).rolloutOf(prefix)
  if (rollout === undefined || waitsForStage(rollout, pop) === undefined) return intent.prefixes.get(prefix)
  return rollout.before.get(prefix)
}

/** What counts of a prefix anywhere: its document, and while stages are not out what it was before. */
export function standingAnnouncements(intent: Intent, prefix: Prefix): readonly Announcement[] {
  const rollout = inventoryOf(intent).rolloutOf(prefix)
  const before = rollout === undefined || isAllOut(rollout) ? undefined : rollout.before.get(prefix)
  return [intent.prefixes.get(prefix), before].filter((one) => one !== undefined)
}

/** By speaker, in id order. */
function joined<S extends { readonly pop: PopId }>(
  was: ReadonlyMap<SpeakerId, S> | undefined,
  after: ReadonlyMap<SpeakerId, S>,
  isNew: (site: S) => boolean,
  old: (site: S) => S,
): ReadonlyMap<SpeakerId, S> {
  const sites: [SpeakerId, S][] = []
  for (const [speaker, site] of after) if (isNew(site)) sites.push([speaker, site])
  for (const [speaker, site] of was ?? []) if (!isNew(site)) sites.push([speaker, old(site)])
  return new Map(sites.sort(([a], [b]) => (a < b ? -1 : 1)))
}
