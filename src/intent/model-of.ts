/** From one canonical document to its value in the model. */
import type { Prefix } from '../bgp/prefix.ts'
import type { Document } from './document.ts'
import type { EntryGroup, EntryGroupId, EntryPreference } from './entry.ts'
import { entryGroupOf, entryPreferenceOf } from './entry-of.ts'
import type {
  Announcement,
  Area,
  AreaId,
  Drain,
  DrainTarget,
  Freeze,
  Neighbor,
  NeighborId,
  Network,
  Override,
  Pool,
  Pop,
  PopId,
  Region,
  RegionId,
  Speaker,
  SpeakerId,
  UntilIdle,
} from './model.ts'
import { type MonitoringModel, capacityPart, failoverPolicyOf, monitoringModelOf } from './monitoring-of.ts'
import type { Spec } from './schema.ts'
import type { Rollout } from './rollout.ts'
import { idleBoundOf, msOf } from './schema/quantity.ts'
import type { PathGroup, PathGroupId, Preference } from './steering.ts'
import { pathGroupOf, preferenceOf } from './steering-of.ts'

export type Model =
  | { readonly kind: 'Network'; readonly value: Network }
  | { readonly kind: 'Area'; readonly value: Area }
  | { readonly kind: 'Region'; readonly value: Region }
  | { readonly kind: 'Pop'; readonly value: Pop }
  | { readonly kind: 'Speaker'; readonly value: Speaker }
  | { readonly kind: 'Neighbor'; readonly value: Neighbor }
  | { readonly kind: 'Pool'; readonly value: Pool }
  | { readonly kind: 'Prefix'; readonly value: Announcement }
  | { readonly kind: 'PathGroup'; readonly value: PathGroup }
  | { readonly kind: 'Preference'; readonly value: Preference }
  | { readonly kind: 'EntryGroup'; readonly value: EntryGroup }
  | { readonly kind: 'EntryPreference'; readonly value: EntryPreference }
  | { readonly kind: 'Rollout'; readonly value: Rollout }
  | MonitoringModel
  | { readonly kind: 'Drain'; readonly value: Drain }
  | { readonly kind: 'Override'; readonly value: Override }
  | { readonly kind: 'Freeze'; readonly value: Freeze }

/** The value that a document which `readDocument` answered stands for. */
export function modelOf({ kind, name, spec }: Document): Model {
  switch (kind) {
    case 'Network':
      return { kind, value: spec as Spec<'Network'> }
    case 'Area':
      return { kind, value: { id: name as AreaId } }
    case 'Region':
      return { kind, value: { id: name as RegionId, ...(spec as Spec<'Region'>) } }
    case 'Pop':
      return { kind, value: popOf(name as PopId, spec as Spec<'Pop'>) }
    case 'Speaker':
      return { kind, value: { id: name as SpeakerId, ...(spec as Spec<'Speaker'>) } }
    case 'Neighbor':
      return { kind, value: neighborOf(name as NeighborId, spec as Spec<'Neighbor'>) }
    case 'Pool':
      return { kind, value: { id: name, ...(spec as Spec<'Pool'>) } }
    case 'Prefix':
      return { kind, value: announcementOf(name as Prefix, spec as Spec<'Prefix'>) }
    case 'PathGroup':
      return { kind, value: pathGroupOf(name as PathGroupId, spec as Spec<'PathGroup'>) }
    case 'Preference':
      return { kind, value: preferenceOf(name, spec as Spec<'Preference'>) }
    case 'EntryGroup':
      return { kind, value: entryGroupOf(name as EntryGroupId, spec as Spec<'EntryGroup'>) }
    case 'EntryPreference':
      return { kind, value: entryPreferenceOf(name, spec as Spec<'EntryPreference'>) }
    case 'Rollout':
      return { kind, value: rolloutOf(name, spec as Spec<'Rollout'>) }
    case 'Agent':
    case 'Check':
    case 'Collector':
    case 'Receiver':
    case 'AlertMapping':
    case 'Failover':
      return monitoringModelOf(kind, name, spec)
    case 'Drain':
      return { kind, value: drainOf(name, spec as Spec<'Drain'>) }
    case 'Override':
      return { kind, value: { id: name, ...(spec as Spec<'Override'>) } }
    case 'Freeze':
      return { kind, value: { id: name, ...(spec as Spec<'Freeze'>) } }
  }
}

function neighborOf(id: NeighborId, { capacity, ...rest }: Spec<'Neighbor'>): Neighbor {
  return { id, ...rest, ...capacityPart(capacity) }
}

function popOf(id: PopId, { capacity, ...rest }: Spec<'Pop'>): Pop {
  return { id, ...rest, ...capacityPart(capacity) }
}

function announcementOf(prefix: Prefix, { pops, neighbors, adopt, failover, ...rest }: Spec<'Prefix'>): Announcement {
  return {
    prefix,
    ...rest,
    ...(failover !== undefined && { failover: failoverPolicyOf(failover) }),
    pops: new Map(Object.entries(pops).map(([pop, said]) => [pop as PopId, said])),
    neighbors: new Map(Object.entries(neighbors).map(([neighbor, said]) => [neighbor as NeighborId, said])),
    adopt: new Set(adopt),
  }
}

function rolloutOf(id: string, { prefixes, settle, giveUp, unwell, ...rest }: Spec<'Rollout'>): Rollout {
  return {
    id,
    ...rest,
    before: new Map(prefixes.map(({ prefix, before }) => [prefix, before && announcementOf(prefix, before)])),
    settleMs: msOf(settle),
    giveUpMs: msOf(giveUp),
    unwell: new Set(unwell),
  }
}

function drainOf(id: string, { target, untilIdle, ...rest }: Spec<'Drain'>): Drain {
  return {
    id,
    ...rest,
    target: drainTargetOf(target),
    ...(untilIdle !== undefined && { untilIdle: untilIdleOf(untilIdle) }),
  }
}

function untilIdleOf({ below, from, ...rest }: NonNullable<Spec<'Drain'>['untilIdle']>): UntilIdle {
  const bound = idleBoundOf(below)
  if (bound === undefined) throw new Error(`assertion: the schema passed "${below}" as a bound of traffic`)
  return { ...rest, below: bound, from: new Map(Object.entries(from)) }
}

function drainTargetOf({ at, speaker, neighbor }: Spec<'Drain'>['target']): DrainTarget {
  if (at !== undefined) return { kind: 'site', at }
  if (speaker !== undefined) return { kind: 'speaker', speaker }
  if (neighbor !== undefined) return { kind: 'neighbor', neighbor }
  throw new Error('assertion: a drain that the schema passed has a target')
}
