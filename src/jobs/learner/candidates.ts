/** The paths of a group that a POP really has: those whose neighbor offers a destination now. */
import { OverlayTime } from '../../intent/compile/overlay-time.ts'
import { neighborOfPath } from '../../intent/compile/steering.ts'
import type { Intent, PopId } from '../../intent/model.ts'
import type { CheckId } from '../../intent/monitoring.ts'
import { selectPops, speakersAt } from '../../intent/select.ts'
import type { PathGroup, Preference } from '../../intent/steering.ts'
import type { Candidate } from '../../learning/batch.ts'
import type { OfferView } from '../planner.ts'

export interface OfferedPath {
  readonly candidate: Candidate
  readonly check: CheckId | undefined
}

export interface Place {
  readonly group: PathGroup
  readonly pop: PopId
  readonly paths: readonly OfferedPath[]
  /** The path that BGP takes by itself; while a steering route stands, any that is offered. */
  readonly bgpChoice: string
  /** What is preferred there now. */
  readonly preference: Preference | undefined
}

/** Every (group, POP) that is measured and has at least one path. */
export function placesOf({ intent, offers }: Pick<OfferView, 'intent' | 'offers'>, nowMs: number): readonly Place[] {
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  const places: Place[] = []
  for (const group of intent.pathGroups.values()) {
    if (group.mode === 'off') continue
    for (const pop of selectPops(intent, group.at, group.except)) {
      const paths = offeredPaths(intent, group, pop, offers)
      const [best] = paths
      if (best === undefined) continue
      const found = [...intent.preferences.values()].find((one) => one.group === group.id && one.pop === pop)
      // What a person preferred for a while is nobody's word any more.
      const preference = found !== undefined && time.inForce(found) ? found : undefined
      // By name, because the order of BGP changes and a learner's memory of its arms should not.
      const sorted = paths.toSorted((a, b) => (a.candidate.path < b.candidate.path ? -1 : 1))
      places.push({ group, pop, paths: sorted, bgpChoice: best.candidate.path, preference })
    }
  }
  return places
}

function offeredPaths(
  intent: Intent,
  group: PathGroup,
  pop: PopId,
  offers: OfferView['offers'],
): readonly OfferedPath[] {
  const found = new Map<string, OfferedPath>()
  for (const speaker of speakersAt(intent, [pop]))
    for (const destination of group.destinations)
      for (const { neighbor: address } of offers(speaker.id, destination))
        for (const [name, path] of group.paths) {
          const neighbor = neighborOfPath(intent, path, speaker, destination)
          if (neighbor?.address !== address || found.has(name)) continue
          found.set(name, { candidate: { path: name, kind: neighbor.kind }, check: path.check })
        }
  return [...found.values()]
}
