/**
 * PathGroups and Preferences: destinations that are not ours, paths that exist, neighbors of one relationship. A group
 * that would steer a prefix of ours, or move between relationships, is refused when it is written.
 */
import { type Prefix, overlaps, prefixFamily } from '../../bgp/prefix.ts'
import type { NeighborKind } from '../../bgp/neighbor.ts'
import { neighborOfPath } from '../compile/steering.ts'
import type { Finding } from '../document.ts'
import { unknownPlace } from '../edit/selectors.ts'
import type { Intent, PopId } from '../model.ts'
import { listed } from '../nearest.ts'
import { placesOf } from '../places.ts'
import { inOrder, selectPops, speakersAt } from '../select.ts'
import type { PathGroup, Preference } from '../steering.ts'
import { checkEnd } from './overlay.ts'
import { Report } from './report.ts'

export function checkSteering(intent: Intent): readonly Finding[] {
  if (intent.pathGroups.size === 0 && intent.preferences.size === 0) return []
  const owners = new Map<Prefix, PathGroup[]>()
  return [
    ...inOrder(intent.pathGroups).flatMap((group) => checkGroup(intent, group, owners)),
    ...checkPreferences(intent),
  ]
}

function checkGroup(intent: Intent, group: PathGroup, owners: Map<Prefix, PathGroup[]>): readonly Finding[] {
  const report = new Report('PathGroup', group.id)
  const places = placesOf(intent)
  for (const field of ['at', 'except', 'canary'] as const)
    for (const [i, selector] of group[field].entries())
      if (!places.has(selector))
        report.error('unknown-reference', `/spec/${field}/${i}`, unknownPlace(places, selector))
  for (const [i, destination] of group.destinations.entries()) {
    checkDestination(report, intent, destination, `/spec/destinations/${i}`)
    checkSole(report, intent, group, owners, destination, `/spec/destinations/${i}`)
  }
  for (const [name, { check, neighbors }] of group.paths) {
    for (const pop of neighbors.keys())
      report.reference('Pop', pop, intent.pops, `/spec/paths/${name}/neighbors/${pop}`)
    if (check === undefined) continue
    report.reference('Check', check, intent.checks, `/spec/paths/${name}/check`)
    const subject = intent.checks.get(check)?.subject
    if (subject !== undefined && subject !== 'path')
      report.error(
        'not-about-a-path',
        `/spec/paths/${name}/check`,
        `Check/${check} is about a ${subject}; name one with subject: path`,
      )
  }
  checkNeighborsOf(report, intent, group)
  return report.findings
}

/** G7: what is announced, or may be, is a service of ours, and a service always wins over what neighbors teach. */
function checkDestination(report: Report, intent: Intent, destination: Prefix, pointer: string): void {
  if (intent.prefixes.has(destination)) {
    report.error(
      'destination-announced',
      pointer,
      `${destination} is a Prefix that Herald announces; a destination is somebody else's, reached over neighbors`,
    )
    return
  }
  for (const { id, prefixes } of intent.pools.values()) {
    const inside = prefixes.find((owned) => overlaps(owned, destination))
    if (inside === undefined) continue
    report.error(
      'destination-owned',
      pointer,
      `${destination} overlaps ${inside} of Pool/${id}; space of ours is announced, and never steered`,
    )
    return
  }
}

/** Two groups that steer one destination at one POP could want two things. */
function checkSole(
  report: Report,
  intent: Intent,
  group: PathGroup,
  owners: Map<Prefix, PathGroup[]>,
  destination: Prefix,
  pointer: string,
): void {
  const pops = selectPops(intent, group.at, group.except)
  const others = owners.get(destination) ?? []
  const other = others.find(({ at, except }) => !selectPops(intent, at, except).isDisjointFrom(pops))
  if (other === undefined) owners.set(destination, [...others, group])
  else
    report.error(
      'destination-in-two-groups',
      pointer,
      `${destination} is a destination of PathGroup/${other.id} at some of the same POPs; one group decides about it`,
    )
}

function checkNeighborsOf(report: Report, intent: Intent, group: PathGroup): void {
  const without = new Map<string, PopId[]>()
  for (const pop of [...selectPops(intent, group.at, group.except)].sort()) {
    const kinds = new Map<NeighborKind, string>()
    for (const [name, path] of group.paths) {
      const found = speakersAt(intent, [pop]).flatMap((speaker) =>
        group.destinations.flatMap(
          (destination) => neighborOfPath(intent, path, speaker, prefixFamily(destination)) ?? [],
        ),
      )
      if (found.length === 0) without.set(name, [...(without.get(name) ?? []), pop])
      for (const { id, kind } of found) kinds.set(kind, id)
    }
    if (kinds.size > 1)
      report.error(
        'mixed-relationships',
        '/spec/paths',
        `at ${pop} its paths are of several relationships (${listed([...kinds].map(([kind, id]) => `${id} is ${kind}`))});` +
          ' a group moves between neighbors of one kind only (G8)',
      )
  }
  for (const [name, pops] of without)
    report.warning(
      'no-neighbor',
      `/spec/paths/${name}`,
      `${name} has no Neighbor at ${listed(pops)} that carries the destinations' family, so it is no path there`,
    )
}

function checkPreferences(intent: Intent): readonly Finding[] {
  const owners = new Map<string, Preference>()
  return inOrder(intent.preferences).flatMap((preference) => {
    const { id, group: groupId, pop, path, by } = preference
    const report = new Report('Preference', id)
    const group = intent.pathGroups.get(groupId)
    report.reference('PathGroup', groupId, intent.pathGroups, '/spec/group')
    report.reference('Pop', pop, intent.pops, '/spec/pop')
    if (group !== undefined && !group.paths.has(path))
      report.error(
        'unknown-reference',
        '/spec/path',
        `${groupId} has no path "${path}"; known: ${listed([...group.paths.keys()])}`,
      )
    if (group !== undefined && intent.pops.has(pop) && !selectPops(intent, group.at, group.except).has(pop))
      report.error('not-there', '/spec/pop', `${groupId} is not about ${pop}; add it to "at" of the group`)
    if (by === 'person') checkEnd(report, preference, `herald prefer ${groupId} --at ${pop} --none`)
    const place = `${groupId} ${pop}`
    const other = owners.get(place)
    if (other === undefined) owners.set(place, preference)
    else
      report.error(
        'second-preference',
        '',
        `Preference/${other.id} chooses the path of ${groupId} at ${pop} already; change that one`,
      )
    return report.findings
  })
}
