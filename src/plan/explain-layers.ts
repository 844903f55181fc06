/** Intent of one prefix at one speaker, layer by layer, lowest first, in words. */
import type { Announcement, Drain, Intent, Neighbor, Override, SiteAttributes, Speaker } from '../intent/model.ts'
import type { Failover } from '../intent/monitoring.ts'
import { Entries, type LaidEntry } from '../intent/compile/entries.ts'
import { Failovers } from '../intent/compile/failovers.ts'
import { inventoryOf, isSilent } from '../intent/compile/inventory.ts'
import { OverlayTime, graceEndsAtMs } from '../intent/compile/overlay-time.ts'

export interface Layer {
  /** Document and part: `Prefix/203.0.113.0/24`, `… at fra`, `Drain/fra-maintenance`. */
  readonly layer: string
  readonly says: string
  /** False: laid on, but not started or expired. */
  readonly inForce: boolean
}

export function layersAt(
  intent: Intent,
  announcement: Announcement,
  speaker: Speaker,
  nowMs: number,
): readonly Layer[] {
  const inventory = inventoryOf(intent)
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  const name = `Prefix/${announcement.prefix}`
  const layers: Layer[] = []
  const add = (layer: string, attributes: SiteAttributes | undefined): void => {
    if (attributes !== undefined && !isSilent(attributes))
      layers.push({ layer, says: sayAttributes(attributes), inForce: true })
  }
  const neighbors = inventory.neighborsOf(speaker.id)
  for (const { id, attributes } of neighbors) add(`Neighbor/${id}`, attributes)
  add(name, announcement.attributes)
  add(`${name} at ${speaker.pop}`, announcement.pops.get(speaker.pop))
  for (const { id } of neighbors) add(`${name} toward ${id}`, announcement.neighbors.get(id))
  const entries = new Entries(inventory.entriesOf(announcement.prefix), time)
  for (const neighbor of neighbors) {
    const entry = entries.toward(neighbor, speaker.pop)
    if (entry !== undefined) layers.push(entryLayer(entry.entry, entry.med, neighbor))
  }
  for (const override of inventory.overridesOf(announcement.prefix)) {
    const { at, neighbor } = override
    const here = at === undefined || inventory.selected(at).has(speaker.pop)
    if (!here || (neighbor !== undefined && intent.neighbors.get(neighbor)?.speaker !== speaker.id)) continue
    layers.push(overrideLayer(override, time))
  }
  const drains = [...inventory.siteDrains(speaker.id), ...neighbors.flatMap(({ id }) => inventory.neighborDrains(id))]
  for (const drain of drains) layers.push(drainLayer(drain, time))
  const lifted = new Failovers(inventory, announcement, time)
  for (const failover of inventory.failoversOf(announcement.prefix)) {
    const { place } = failover
    const here = place.kind === 'pop' ? place.pop === speaker.pop : neighbors.some(({ id }) => id === place.neighbor)
    if (here) layers.push(failoverLayer(failover, lifted.inForce(failover, speaker.pop), time))
  }
  return layers
}

function entryLayer({ preference }: LaidEntry, med: number, { id, asn }: Neighbor): Layer {
  const { by, group, pop, startedAtMs, reason } = preference
  const who = by === 'learner' ? 'the path learner' : 'a person'
  const says = `MED ${med} toward ${id}, by ${who} since ${instant(startedAtMs)}: AS${asn} of ${group} is to enter at ${pop} (${reason})`
  return { layer: `EntryPreference/${preference.id}`, says, inForce: true }
}

function failoverLayer(failover: Failover, inForce: boolean, time: OverlayTime): Layer {
  const { id, place, action, prepend, reason, alarm, subject, startedAtMs, graceSeconds } = failover
  const toward = place.kind === 'neighbor' ? ` toward ${place.neighbor}` : ''
  const marked = time.drainStage(failover) === 'marked'
  const does = {
    withdraw: 'not announced',
    drain: marked
      ? `marked GRACEFUL_SHUTDOWN until ${instant(startedAtMs + graceSeconds * 1000)}, then not announced`
      : 'not announced',
    prepend: `prepend ${prepend}${toward}`,
    withhold: `withheld${toward}`,
    activate: 'announced as a backup',
  }[action]
  return {
    layer: `Failover/${id}`,
    says: `${does}, by automation since ${instant(startedAtMs)}: ${reason} (${subject}, alarm ${alarm})`,
    inForce,
  }
}

function overrideLayer(override: Override, time: OverlayTime): Layer {
  const toward = override.neighbor === undefined ? '' : ` toward ${override.neighbor}`
  const says = `${sayAttributes(override.attributes)}${toward}${until(override)}`
  return { layer: `Override/${override.id}`, says, inForce: time.inForce(override) }
}

function drainLayer(drain: Drain, time: OverlayTime): Layer {
  const gone = drain.target.kind === 'neighbor' ? `withheld from ${drain.target.neighbor}` : 'not announced'
  const toward = drain.target.kind === 'neighbor' ? ` toward ${drain.target.neighbor}` : ''
  const stage = time.drainStage(drain)
  const says = {
    gone,
    marked: `marked GRACEFUL_SHUTDOWN${toward} until ${markedUntil(drain, time)}, then ${gone}`,
    none: 'nothing now',
  }[stage ?? 'none']
  return { layer: `Drain/${drain.id}`, says: `${says}${until(drain)}`, inForce: stage !== undefined }
}

function markedUntil(drain: Drain, time: OverlayTime): string {
  const graceEnds = instant(graceEndsAtMs(drain))
  if (!time.waitsForIdle(drain)) return graceEnds
  const limitMs = time.idleLimitMs(drain) ?? Infinity
  const atTheLatest = limitMs === Infinity ? 'and not while the freeze lasts' : `at the latest ${instant(limitMs)}`
  return `its traffic is gone, not before ${graceEnds}, ${atTheLatest}`
}

function until({ expiresAtMs }: { readonly expiresAtMs?: number }): string {
  return expiresAtMs === undefined ? '' : ` (expires ${instant(expiresAtMs)})`
}

/** RFC 3339, as everywhere in Herald. */
export function instant(atMs: number): string {
  return new Date(atMs).toISOString()
}

export function sayAttributes(attributes: SiteAttributes): string {
  const { prepend, med, localPref, communities, largeCommunities, nextHop, announce, gracefulShutdown } = attributes
  const words = [
    announce === false && 'do not announce',
    announce === true && 'announce',
    prepend !== undefined && `prepend ${prepend}`,
    med !== undefined && `MED ${med}`,
    localPref !== undefined && `LOCAL_PREF ${localPref}`,
    nextHop !== undefined && `next hop ${nextHop}`,
    communities?.length && `communities ${communities.join(' ')}`,
    largeCommunities?.length && `large communities ${largeCommunities.join(' ')}`,
    gracefulShutdown === true && 'GRACEFUL_SHUTDOWN',
    gracefulShutdown === false && 'no GRACEFUL_SHUTDOWN',
  ]
  return words.filter((word) => typeof word === 'string').join(', ') || 'nothing'
}
