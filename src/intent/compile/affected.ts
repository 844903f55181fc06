/**
 * Which prefixes a change of documents can concern, so that a plan looks at those and not at the whole table. Too many
 * is slow, too few is wrong: every document is looked at as it was before and as it is after.
 */
import { type Prefix, contains } from '../../bgp/prefix.ts'
import { type DocumentChange, splitKey } from '../document.ts'
import type { AreaId, Intent, NeighborId, PopId, RegionId, SpeakerId } from '../model.ts'
import type { EntryGroupId } from '../entry.ts'
import type { PathGroupId } from '../steering.ts'
import { inventoryOf } from './inventory.ts'

/** Prefixes whose desired state, guards or standing may differ between two intents; `all` where that is any. */
export function affectedPrefixes(
  before: Intent,
  after: Intent,
  changes: readonly DocumentChange[],
): ReadonlySet<Prefix> | 'all' {
  const prefixes = new Set<Prefix>()
  const pops = new Set<PopId>()
  for (const { key } of changes) {
    const { kind, name } = splitKey(key)
    if (kind === 'Network' || kind === 'Freeze') return 'all'
    if (kind === 'Prefix') prefixes.add(name as Prefix)
    for (const intent of [before, after]) {
      if (kind === 'Override') addDefined(prefixes, intent.overrides.get(name)?.prefix)
      else if (kind === 'Failover') addDefined(prefixes, intent.failovers.get(name)?.prefix)
      else if (kind === 'PathGroup') addDestinations(prefixes, intent, name)
      else if (kind === 'Rollout')
        for (const prefix of intent.rollouts.get(name)?.before.keys() ?? []) prefixes.add(prefix)
      else if (kind === 'Preference') addDestinations(prefixes, intent, intent.preferences.get(name)?.group)
      else if (kind === 'EntryGroup') addEntering(prefixes, intent, name)
      else if (kind === 'EntryPreference') addEntering(prefixes, intent, intent.entryPreferences.get(name)?.group)
      else if (kind === 'Pool') addPooled(prefixes, intent, name)
      else for (const pop of touchedPops(intent, kind, name)) pops.add(pop)
    }
  }
  if (pops.size > 0)
    for (const intent of [before, after]) {
      addAnnouncedAt(prefixes, intent, pops)
      for (const { group, pop } of intent.preferences.values())
        if (pops.has(pop)) addDestinations(prefixes, intent, group)
    }
  return prefixes
}

function touchedPops(intent: Intent, kind: string, name: string): readonly PopId[] {
  switch (kind) {
    case 'Area':
      return [...intent.regions.values()]
        .filter(({ area }) => area === (name as AreaId))
        .flatMap(({ id }) => inRegion(intent, id))
    case 'Region':
      return inRegion(intent, name as RegionId)
    case 'Pop':
      return [name as PopId]
    case 'Speaker':
      return popsOf(intent, [name as SpeakerId])
    case 'Neighbor': {
      const neighbor = intent.neighbors.get(name as NeighborId)
      return neighbor === undefined ? [] : popsOf(intent, [neighbor.speaker])
    }
    case 'Drain': {
      const drain = intent.drains.get(name)
      return drain === undefined ? [] : popsOf(intent, inventoryOf(intent).drainedSpeakers(drain))
    }
    default:
      return []
  }
}

function inRegion(intent: Intent, region: RegionId): PopId[] {
  return [...intent.pops.values()].filter((pop) => pop.region === region).map(({ id }) => id)
}

function popsOf(intent: Intent, speakers: readonly SpeakerId[]): PopId[] {
  return speakers.map((speaker) => intent.speakers.get(speaker)?.pop).filter((pop) => pop !== undefined)
}

function addAnnouncedAt(prefixes: Set<Prefix>, intent: Intent, pops: ReadonlySet<PopId>): void {
  const inventory = inventoryOf(intent)
  const staged = [...intent.rollouts.values()].flatMap(({ before }) => [...before.values()])
  for (const announcement of [...intent.prefixes.values(), ...staged]) {
    if (announcement === undefined || prefixes.has(announcement.prefix)) continue
    const { prefix, at, except, failover } = announcement
    const backup = failover === undefined ? [] : failover.backup
    if (!inventory.selected(at, except).isDisjointFrom(pops) || !inventory.selected(backup).isDisjointFrom(pops))
      prefixes.add(prefix)
  }
}

function addPooled(prefixes: Set<Prefix>, intent: Intent, pool: string): void {
  for (const outer of intent.pools.get(pool)?.prefixes ?? [])
    for (const prefix of intent.prefixes.keys()) if (contains(outer, prefix)) prefixes.add(prefix)
}

function addDestinations(prefixes: Set<Prefix>, intent: Intent, group: string | undefined): void {
  for (const destination of intent.pathGroups.get(group as PathGroupId)?.destinations ?? []) prefixes.add(destination)
}

function addEntering(prefixes: Set<Prefix>, intent: Intent, group: string | undefined): void {
  for (const prefix of intent.entryGroups.get(group as EntryGroupId)?.prefixes ?? []) prefixes.add(prefix)
}

function addDefined(prefixes: Set<Prefix>, prefix: Prefix | undefined): void {
  if (prefix !== undefined) prefixes.add(prefix)
}
