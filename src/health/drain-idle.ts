/**
 * Whether the traffic of what a drain has marked is gone. Pure; time is an argument.
 *
 *   1. Each place of the drain (a POP, or a line) is asked for its latest figure. One that was never told, was told before
 *      the drain began, or is too old says nothing; so does a share of what is not known. Unknown is not idle (G9).
 *   2. A place is idle at the second figure in a row below the bound: an exporter that starts anew tells a zero first.
 *   3. A drain is idle when its grace time is over and all of its places are idle.
 *
 * What comes of it is written into the Drain document, where compile looks. A freeze writes nothing (G11).
 */
import { amountText } from '../intent/amount.ts'
import { frozenUntilMs } from '../intent/compile.ts'
import { OverlayTime, graceEndsAtMs } from '../intent/compile/overlay-time.ts'
import { type TrafficPlace, trafficPlaceName, trafficPlaces } from '../intent/drain-places.ts'
import type { Drain, Intent } from '../intent/model.ts'
import { inOrder } from '../intent/select.ts'
import { type HealthGuards, allHealthGuards } from './guards.ts'
import { type TrafficFigure, type TrafficFigures, isFresh } from './traffic.ts'

export type PlaceState =
  /** Below the bound, by the latest figure. */
  | 'below'
  | 'above'
  /** It was never told, or not since the drain began. */
  | 'unknown'
  | 'stale'
  /** The bound is a share of what nobody told. */
  | 'no-share'

export interface PlaceTraffic {
  readonly place: TrafficPlace
  readonly state: PlaceState
  readonly figure?: TrafficFigure
  /** In the unit of the place. */
  readonly below?: number
  readonly unit?: string
  /** One clause, such as `fra has 3 Gbit/s, and waits for less than 210 Mbit/s`. */
  readonly words: string
}

/** By drain and place: when the first figure below the bound was told, of those in a row. */
export type IdleMemory = ReadonlyMap<string, number>

export interface IdleDecision {
  readonly idle: readonly { readonly drain: Drain; readonly reason: string }[]
  readonly memory: IdleMemory
}

/** Drains that wait for their traffic to fall, whether or not their grace time is over; in name order. */
export function waitingDrains(intent: Intent, nowMs: number): readonly Drain[] {
  if (intent.drains.size === 0) return []
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  return inOrder(intent.drains).filter((drain) => time.waitsForIdle(drain))
}

/** @param guards for tests alone, which decide with one guard missing (health/guards) */
export function decideIdle(
  intent: Intent,
  figures: TrafficFigures,
  before: IdleMemory,
  nowMs: number,
  guards: HealthGuards = allHealthGuards,
): IdleDecision {
  const memory = new Map<string, number>()
  const idle: { drain: Drain; reason: string }[] = []
  for (const drain of waitingDrains(intent, nowMs)) {
    const places = drainTraffic(intent, drain, figures, nowMs)
    let allIdle = places.length > 0 || !guards.unknown
    for (const one of places) {
      const key = `${drain.id} ${trafficPlaceName(one.place)}`
      const sinceMs = one.state === 'below' ? (before.get(key) ?? one.figure?.atMs) : undefined
      if (sinceMs !== undefined) memory.set(key, sinceMs)
      const twice = sinceMs !== undefined && (one.figure?.atMs ?? 0) > sinceMs
      if (!twice && !(isUnknown(one) && !guards.unknown)) allIdle = false
    }
    if (allIdle && nowMs >= graceEndsAtMs(drain))
      idle.push({ drain, reason: places.map(({ words }) => words).join('; ') })
  }
  const frozen = guards.freeze && frozenUntilMs(intent, nowMs) !== undefined
  return { idle: frozen ? [] : idle, memory }
}

/** What is known of the places of a drain that waits, or waited, for traffic. */
export function drainTraffic(
  intent: Intent,
  drain: Drain,
  figures: TrafficFigures,
  nowMs: number,
): readonly PlaceTraffic[] {
  return trafficPlaces(intent, drain).map((place) => placeTraffic(drain, place, figures, nowMs))
}

function placeTraffic(drain: Drain, place: TrafficPlace, figures: TrafficFigures, nowMs: number): PlaceTraffic {
  const name = trafficPlaceName(place)
  const figure = place.kind === 'pop' ? figures.pops.get(place.pop) : figures.neighbors.get(place.neighbor)
  const below = boundAt(drain, name)
  const unit = place.unit ?? (drain.untilIdle?.below.kind === 'amount' ? drain.untilIdle.below.unit : undefined)
  const about = {
    place,
    ...(figure !== undefined && { figure }),
    ...(below !== undefined && { below }),
    ...(unit !== undefined && { unit }),
  }
  if (figure === undefined || figure.atMs <= drain.startedAtMs)
    return { ...about, state: 'unknown', words: `nobody has told the traffic of ${name} since the drain began` }
  const ageSeconds = Math.round((nowMs - figure.atMs) / 1000)
  if (!isFresh(figure, nowMs))
    return { ...about, state: 'stale', words: `the traffic of ${name} was last told ${ageSeconds} s ago` }
  const amount = amountText(figure.amount, unit)
  if (below === undefined)
    return { ...about, state: 'no-share', words: `${name} has ${amount}, and what it had before is not known` }
  const bound = amountText(below, unit)
  return figure.amount < below || figure.amount === 0
    ? { ...about, state: 'below', words: `${name} has ${amount}, less than ${bound}` }
    : { ...about, state: 'above', words: `${name} has ${amount}, and waits for less than ${bound}` }
}

function boundAt({ untilIdle }: Drain, name: string): number | undefined {
  if (untilIdle === undefined) return undefined
  const { below, from } = untilIdle
  if (below.kind === 'amount') return below.amount
  const before = from.get(name)
  return before === undefined ? undefined : before * below.share
}

function isUnknown({ state }: PlaceTraffic): boolean {
  return state === 'unknown' || state === 'stale' || state === 'no-share'
}
