/**
 * Compile: intent + overlays at one moment → desired state. Pure and total: what is asked is answered truthfully, even
 * where it breaks a floor; guards sit in plan. Equal questions share their answers (compile/shape.ts).
 */
import type { Prefix } from '../bgp/prefix.ts'
import { inventoryOf, isSilent } from './compile/inventory.ts'
import { OverlayTime } from './compile/overlay-time.ts'
import { spanOf } from './compile/shape.ts'
import { steeringScope } from './compile/steering.ts'
import type { DesiredPrefix, DesiredSpeaker, Treatment } from './desired.ts'
import type { Intent, Speaker, SpeakerId } from './model.ts'

export { affectedPrefixes } from './compile/affected.ts'

/** Where and when a decision is taken. */
export interface Moment {
  /** Names the Redis store that decides; part of every ownership mark. */
  readonly epoch: number
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/** Where a prefix is announced now and with which attributes; undefined where no Prefix document names it. */
export function compilePrefix(intent: Intent, prefix: Prefix, moment: Moment): DesiredPrefix | undefined {
  const announcement = intent.prefixes.get(prefix)
  if (announcement === undefined) return undefined
  const shape = spanOf(intent, moment.epoch, moment.nowMs).shape(announcement)
  return { prefix, ...shape }
}

/**
 * What a speaker must have before paths go in: its neighbors, and every treatment that a path compiled for it now
 * refers to. Throws where the intent has no such speaker or no Network.
 */
export function compileSpeaker(intent: Intent, speaker: SpeakerId, moment: Moment): DesiredSpeaker {
  const found = intent.speakers.get(speaker)
  if (found === undefined || intent.network === undefined)
    throw new Error(`assertion: ${speaker} is compiled without its Speaker document or without a Network`)
  const { pop, endpoint, tls, start } = found
  const steering = steeringScope(intent, found)
  return {
    speaker,
    pop,
    asn: intent.network.asn,
    endpoint,
    ...(tls !== undefined && { tls }),
    ...(start !== undefined && { start }),
    neighbors: inventoryOf(intent).neighborsOf(speaker),
    treatments: treatmentsOf(intent, found, moment),
    ...(steering !== undefined && { steering }),
  }
}

/**
 * Until when a freeze is in force (G11: nothing is repaired and nothing expires by itself), ms since the epoch;
 * Infinity where it has no end, undefined where there is none.
 */
export function frozenUntilMs(intent: Intent, nowMs: number): number | undefined {
  return new OverlayTime(intent.freezes.values(), nowMs).frozenUntilMs()
}

/** Since when a freeze is in force, ms since the epoch; of several the latest; undefined where there is none. */
export function freezeSince(intent: Intent, nowMs: number): number | undefined {
  return new OverlayTime(intent.freezes.values(), nowMs).frozenSinceMs()
}

function treatmentsOf(intent: Intent, speaker: Speaker, moment: Moment): readonly Treatment[] {
  const span = spanOf(intent, moment.epoch, moment.nowMs)
  const treatments = new Map<number, Treatment>()
  for (const prefix of prefixesWithTreatments(intent, speaker)) {
    const announcement = intent.prefixes.get(prefix)
    if (announcement === undefined) continue
    for (const treatment of span.shape(announcement).sites.get(speaker.id)?.treatments ?? [])
      treatments.set(treatment.number, treatment)
  }
  return [...treatments.values()].sort((a, b) => a.number - b.number)
}

/** Only what is said toward a neighbor alone needs a treatment, so most prefixes need not be looked at. */
function prefixesWithTreatments(intent: Intent, { id }: Speaker): Iterable<Prefix> {
  const inventory = inventoryOf(intent)
  const neighbors = inventory.neighborsOf(id)
  if (neighbors.some(({ attributes }) => !isSilent(attributes))) return intent.prefixes.keys()
  const prefixes = new Set<Prefix>()
  for (const neighbor of neighbors) for (const prefix of inventory.prefixesToward(neighbor.id)) prefixes.add(prefix)
  return prefixes
}
