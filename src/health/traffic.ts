/**
 * Traffic as others tell it: of POPs in the unit of their capacity, of neighbors (lines) in bit/s, and what a POP has of a
 * PathGroup's or EntryGroup's own traffic in bit/s. It is a word of the past: each figure has the time at which it was
 * told, and an old one says nothing of now.
 */
import type { NeighborId, PopId } from '../intent/model.ts'

export interface TrafficFigure {
  readonly amount: number
  /** When it was told, ms since the epoch. */
  readonly atMs: number
}

/** The latest figures; a place that is not here was never told of. */
export interface TrafficFigures {
  readonly pops: ReadonlyMap<PopId, TrafficFigure>
  readonly neighbors: ReadonlyMap<NeighborId, TrafficFigure>
  /** By `group/POP`. */
  readonly groups: ReadonlyMap<string, TrafficFigure>
}

/** Exporters tell every 10 to 60 s; one that missed two rounds of a minute is silent. */
export const trafficFreshMs = 150_000

/** False: nothing is known of now. */
export function isFresh({ atMs }: TrafficFigure, nowMs: number): boolean {
  return nowMs - atMs <= trafficFreshMs
}
