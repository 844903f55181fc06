/**
 * A shape: everything that compiling says of a prefix except its name. Thousands of prefixes usually ask for the same
 * (same places, same attributes), so a shape is compiled once per intent and span of time and shared by all of them;
 * that keeps a plan of 300 POPs × 10,000 prefixes inside seconds.
 */
import type { Family } from '../../bgp/family.ts'
import { prefixFamily } from '../../bgp/prefix.ts'
import type { DesiredPrefix, LostSite } from '../desired.ts'
import { splitKey } from '../document.ts'
import type { Announcement, Intent, PopId, Speaker, SpeakerId } from '../model.ts'
import type { Failover } from '../monitoring.ts'
import { type Rollout, isAllOut } from '../rollout.ts'
import { failoverTime, failoverWords, takesAway } from './failovers.ts'
import { type Inventory, inventoryOf } from './inventory.ts'
import { Layers } from './layers.ts'
import { OverlayTime } from './overlay-time.ts'
import { floorOf, isFloorForced } from './floor.ts'
import { type CompiledSite, SiteCompiler } from './site.ts'
import { stagedShape } from './staged.ts'

export interface Shape extends Omit<DesiredPrefix, 'prefix' | 'sites'> {
  readonly sites: ReadonlyMap<SpeakerId, CompiledSite>
}

/** A span of time in which no overlay starts, ends or changes what it says, for one intent and one epoch. */
export class Span {
  readonly inventory: Inventory
  readonly time: OverlayTime
  readonly epoch: number
  readonly #untilMs: number
  readonly #shapes = new Map<string, Shape>()

  constructor(intent: Intent, epoch: number, nowMs: number) {
    this.inventory = inventoryOf(intent)
    this.time = new OverlayTime(intent.freezes.values(), nowMs)
    this.epoch = epoch
    this.#untilMs = Infinity
    const failovers = Array.from(intent.failovers.values(), failoverTime)
    const { drains, overrides, freezes, entryPreferences } = intent
    const entries = entryPreferences.values()
    for (const overlays of [drains.values(), overrides.values(), freezes.values(), failovers, entries])
      for (const overlay of overlays) this.#untilMs = Math.min(this.#untilMs, this.time.nextChangeMs(overlay))
  }

  covers(epoch: number, nowMs: number): boolean {
    return epoch === this.epoch && nowMs >= this.time.nowMs && nowMs < this.#untilMs
  }

  /** Of a prefix in a staged change: what is new where its stage is out, and elsewhere what was before. */
  shape(announcement: Announcement): Shape {
    const { prefix } = announcement
    const failovers = this.inventory.failoversOf(prefix)
    const rollout = this.inventory.rolloutOf(prefix)
    const shape =
      rollout === undefined || isAllOut(rollout)
        ? this.#whole(announcement, failovers)
        : this.#staged(announcement, rollout, failovers)
    return failovers.length === 0 ? shape : { ...shape, lost: ownOverlays(shape.lost, failovers) }
  }

  #whole(announcement: Announcement, failovers: readonly Failover[]): Shape {
    return this.#known(this.#textOf(announcement, failovers), () => compileShape(this, announcement))
  }

  #staged(announcement: Announcement, rollout: Rollout, failovers: readonly Failover[]): Shape {
    const before = rollout.before.get(announcement.prefix)
    const texts = [before, announcement].map((one) => (one === undefined ? '' : this.#textOf(one, failovers)))
    return this.#known([rollout.id, ...texts].join(' | '), () => {
      const after = { announcement, shape: this.#whole(announcement, failovers) }
      const was = before && { announcement: before, shape: this.#whole(before, failovers) }
      return stagedShape(rollout, was, after)
    })
  }

  #textOf(announcement: Announcement, failovers: readonly Failover[]): string {
    return `${shapeText(announcement, this.inventory)}${failoversText(failovers)}`
  }

  #known(text: string, compile: () => Shape): Shape {
    let shape = this.#shapes.get(text)
    if (shape === undefined) {
      shape = compile()
      this.#shapes.set(text, shape)
    }
    return shape
  }
}

const spans = new WeakMap<Intent, Span>()

export function spanOf(intent: Intent, epoch: number, nowMs: number): Span {
  let span = spans.get(intent)
  if (span === undefined || !span.covers(epoch, nowMs)) {
    span = new Span(intent, epoch, nowMs)
    spans.set(intent, span)
  }
  return span
}

const shapeTexts = new WeakMap<Announcement, string>()

function shapeText(announcement: Announcement, inventory: Inventory): string {
  let text = shapeTexts.get(announcement)
  if (text === undefined) {
    const { prefix, at, except, floor, attributes, pops, neighbors } = announcement
    text = JSON.stringify([prefixFamily(prefix), at, except, floor ?? null, attributes, [...pops], [...neighbors]])
    shapeTexts.set(announcement, text)
  }
  const entries = inventory.entriesOf(announcement.prefix).map(({ preference }) => preference.id)
  if (entries.length > 0) text = `${text} ${entries.join()}`
  return inventory.overridesOf(announcement.prefix).length === 0 ? text : `${announcement.prefix} ${text}`
}

const failoversTexts = new WeakMap<readonly Failover[], string>()

/** A sick POP is sick for thousands of prefixes in the same words; the names of the documents alone tell them apart. */
function failoversText(failovers: readonly Failover[]): string {
  if (failovers.length === 0) return ''
  let text = failoversTexts.get(failovers)
  if (text === undefined) {
    text = JSON.stringify(failovers.map(({ id: _id, prefix: _prefix, ...rest }) => rest))
    failoversTexts.set(failovers, text)
  }
  return text
}

/** What is lost, each with the document of this very prefix. */
function ownOverlays(lost: Shape['lost'], failovers: readonly Failover[]): Shape['lost'] {
  const own = new Map(lost)
  for (const site of lost.values()) {
    if (splitKey(site.overlay).kind !== 'Failover') continue
    const failover = failovers.find(
      ({ place, action }) => place.kind === 'pop' && place.pop === site.pop && takesAway(action),
    )
    if (failover !== undefined) own.set(site.speaker, { ...site, overlay: `Failover/${failover.id}` })
  }
  return own
}

function compileShape(span: Span, announcement: Announcement): Shape {
  const { inventory, time } = span
  const family: Family = prefixFamily(announcement.prefix)
  const layers = new Layers(inventory, announcement, family, time)
  const selected = inventory.selected(announcement.at, announcement.except)
  const activated = layers.failovers.activated()
  const speakers = speakersAt(inventory, selected.union(new Set(activated.keys())))
  const intended = new Set<PopId>()
  for (const { pop } of speakers) if (selected.has(pop) && layers.intendedAt(pop)) intended.add(pop)
  const { network } = inventory.intent
  const compiler =
    network === undefined ? undefined : new SiteCompiler(inventory, network, layers, family, time, span.epoch)
  const sites = new Map<SpeakerId, CompiledSite>()
  const lost = new Map<SpeakerId, LostSite>()
  for (const speaker of speakers) {
    const backup = selected.has(speaker.pop) ? undefined : activated.get(speaker.pop)
    const wanted =
      backup === undefined ? namedBy(inventory, announcement, speaker.pop) : activatedBy(backup, speaker.pop)
    const compiled = compiler?.compile(speaker, wanted)
    if (compiled?.kind === 'announced') sites.set(speaker.id, compiled.site)
    else if (compiled?.kind === 'lost') lost.set(speaker.id, compiled.site)
  }
  const floor = floorOf(announcement, intended.size)
  const changesAtMs = nextChangeMs(inventory, time, announcement, speakers)
  return {
    sites,
    lost,
    intended,
    floor,
    floorForced: isFloorForced({ sites, lost }, floor),
    ...(changesAtMs < Infinity && { changesAtMs }),
  }
}

/** In id order, so that everything compiled from it is. */
function speakersAt(inventory: Inventory, pops: ReadonlySet<PopId>): readonly Speaker[] {
  const speakers: Speaker[] = []
  for (const pop of pops) speakers.push(...inventory.speakersAt(pop))
  return speakers.sort((a, b) => (a.id < b.id ? -1 : 1))
}

function namedBy(inventory: Inventory, { at }: Announcement, pop: PopId): string {
  return `intent names ${pop} by "${at.find((selector) => inventory.selected([selector]).has(pop)) ?? pop}"`
}

function activatedBy(failover: Failover, pop: PopId): string {
  return `automation activates the backup ${pop}: ${failoverWords(failover)}`
}

function nextChangeMs(
  inventory: Inventory,
  time: OverlayTime,
  { prefix }: Announcement,
  speakers: readonly Speaker[],
): number {
  let nextMs = Infinity
  for (const override of inventory.overridesOf(prefix)) nextMs = Math.min(nextMs, time.nextChangeMs(override))
  for (const failover of inventory.failoversOf(prefix))
    nextMs = Math.min(nextMs, time.nextChangeMs(failoverTime(failover)))
  for (const { preference } of inventory.entriesOf(prefix)) nextMs = Math.min(nextMs, time.nextChangeMs(preference))
  if (inventory.intent.drains.size === 0) return nextMs
  for (const { id } of speakers) {
    for (const drain of inventory.siteDrains(id)) nextMs = Math.min(nextMs, time.nextChangeMs(drain))
    for (const neighbor of inventory.neighborsOf(id))
      for (const drain of inventory.neighborDrains(neighbor.id)) nextMs = Math.min(nextMs, time.nextChangeMs(drain))
  }
  return nextMs
}
