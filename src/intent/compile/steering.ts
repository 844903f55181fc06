/**
 * Compile what steers: Preferences in force → which neighbor each speaker of a POP shall use for a destination. Whether
 * that neighbor offers the destination is not known here; the plan looks (plan/steer). Equal questions are answered
 * from one index per intent.
 */
import type { Address } from '../../bgp/address.ts'
import type { Family } from '../../bgp/family.ts'
import { type Prefix, prefixFamily } from '../../bgp/prefix.ts'
import type { Intent, Neighbor, NeighborId, Speaker, SpeakerId } from '../model.ts'
import { inOrder, selectPops, speakersAt } from '../select.ts'
import { OverlayTime } from './overlay-time.ts'
import type { DesiredSteering, GroupPath, PathGroup, Preference, SteeringScope } from '../steering.ts'

/** At which speakers a destination is steered now, and over whom; in speaker order. Announced prefixes never are. */
export function compileSteering(intent: Intent, destination: Prefix, nowMs: number): readonly DesiredSteering[] {
  if (intent.pathGroups.size === 0 || intent.network === undefined || intent.prefixes.has(destination)) return []
  const steering = new Map<SpeakerId, DesiredSteering>()
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  for (const group of groupsOf(intent).get(destination) ?? [])
    for (const preference of inOrder(intent.preferences)) {
      if (preference.group !== group.id || !time.inForce(preference)) continue
      if (!counts(intent, group, preference)) continue
      for (const speaker of speakersAt(intent, [preference.pop])) {
        const steered = steer(intent, group, preference, speaker, destination)
        if (steered !== undefined && !steering.has(speaker.id)) steering.set(speaker.id, steered)
      }
    }
  return [...steering.values()].sort((a, b) => (a.speaker < b.speaker ? -1 : 1))
}

/** When time alone changes what is steered: a preference starts later, or expires. Undefined: never. */
export function steeringChangesAtMs(intent: Intent, destination: Prefix, nowMs: number): number | undefined {
  const groups = groupsOf(intent).get(destination) ?? []
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  let nextMs = Infinity
  for (const preference of intent.preferences.values())
    if (groups.some(({ id }) => id === preference.group)) nextMs = Math.min(nextMs, time.nextChangeMs(preference))
  return nextMs === Infinity ? undefined : nextMs
}

/** Groups that a prefix is a destination of, in id order. */
export function groupsOfDestination(intent: Intent, destination: Prefix): readonly PathGroup[] {
  return groupsOf(intent).get(destination) ?? []
}

/** Every destination of every group, whether or not anything is preferred for it. */
export function steeredDestinations(intent: Intent): Iterable<Prefix> {
  return groupsOf(intent).keys()
}

/** Undefined where no group reaches the speaker. */
export function steeringScope(intent: Intent, speaker: Speaker): SteeringScope | undefined {
  const destinations = new Set<Prefix>()
  const neighbors = new Set<Address>()
  for (const group of inOrder(intent.pathGroups)) {
    if (!selectPops(intent, group.at, group.except).has(speaker.pop)) continue
    for (const destination of group.destinations) {
      const candidates = candidatesOf(intent, group, speaker, destination)
      if (candidates.length === 0) continue
      destinations.add(destination)
      for (const { address } of candidates) neighbors.add(address)
    }
  }
  if (destinations.size === 0) return undefined
  return { destinations: [...destinations].sort(), neighbors: [...neighbors].sort() }
}

/** The Neighbor that a path of a group stands for at one speaker, for destinations of this family. */
export function neighborOfPath(
  intent: Pick<Intent, 'neighbors'>,
  path: GroupPath,
  speaker: Speaker,
  family: Family,
): Neighbor | undefined {
  const template = path.neighbors.get(speaker.pop) ?? path.neighbor
  const name = template
    ?.replaceAll('{pop}', speaker.pop)
    .replaceAll('{speaker}', speaker.id)
    .replaceAll('{family}', family)
  const neighbor = name === undefined ? undefined : intent.neighbors.get(name as NeighborId)
  return neighbor?.speaker === speaker.id && neighbor.families.includes(family) ? neighbor : undefined
}

function candidatesOf(intent: Intent, group: PathGroup, speaker: Speaker, destination: Prefix): readonly Neighbor[] {
  return [...group.paths.values()].flatMap(
    (path) => neighborOfPath(intent, path, speaker, prefixFamily(destination)) ?? [],
  )
}

/** A person's word counts in every mode; the learner's where the mode lets it move. */
function counts(intent: Intent, { mode, at, except, canary }: PathGroup, { by, pop }: Preference): boolean {
  if (!selectPops(intent, at, except).has(pop)) return false
  if (by === 'person' || mode === 'auto') return true
  return mode === 'canary' && selectPops(intent, canary).has(pop)
}

function steer(
  intent: Intent,
  group: PathGroup,
  { id, by, path: name, reason, startedAtMs }: Preference,
  speaker: Speaker,
  destination: Prefix,
): DesiredSteering | undefined {
  const path = group.paths.get(name)
  const neighbor = path && neighborOfPath(intent, path, speaker, prefixFamily(destination))
  if (neighbor === undefined) return undefined
  const candidates = candidatesOf(intent, group, speaker, destination).map(({ address }) => address)
  return {
    speaker: speaker.id,
    pop: speaker.pop,
    destination,
    group: group.id,
    path: name,
    preference: `Preference/${id}`,
    neighbor: neighbor.id,
    via: neighbor.address,
    candidates: new Set(candidates),
    startedAtMs,
    because: `${by === 'learner' ? 'the path learner prefers' : 'a person prefers'} ${name} of ${group.id} at ${speaker.pop}: ${reason}`,
  }
}

const known = new WeakMap<Intent['pathGroups'], ReadonlyMap<Prefix, readonly PathGroup[]>>()

function groupsOf({ pathGroups }: Intent): ReadonlyMap<Prefix, readonly PathGroup[]> {
  let groups = known.get(pathGroups)
  if (groups === undefined) {
    const byDestination = new Map<Prefix, PathGroup[]>()
    for (const group of inOrder(pathGroups))
      for (const destination of group.destinations)
        byDestination.set(destination, [...(byDestination.get(destination) ?? []), group])
    groups = byDestination
    known.set(pathGroups, groups)
  }
  return groups
}
