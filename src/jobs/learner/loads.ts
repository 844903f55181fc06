/** Capacity and load of the lines that a choice stands for, as documents write and others tell them. */
import { type TrafficFigures, isFresh } from '../../health/traffic.ts'
import type { Neighbor, PopId } from '../../intent/model.ts'
import type { Capacity } from '../../learning/batch.ts'

/** What is known of traffic at one moment. */
export interface Loads {
  readonly figures: TrafficFigures
  readonly nowMs: number
}

/** Of all lines together; undefined where one of them has none written. Its load is known where that of each is. */
export function capacityOfLines(lines: readonly Neighbor[], { figures, nowMs }: Loads): Capacity | undefined {
  let [limitBps, loadBps, isKnown] = [0, 0, true]
  for (const { id, capacity } of lines) {
    if (capacity === undefined) return undefined
    limitBps += capacity.amount
    const figure = figures.neighbors.get(id)
    if (figure === undefined || !isFresh(figure, nowMs)) isKnown = false
    else loadBps += figure.amount
  }
  if (limitBps === 0) return undefined
  return isKnown ? { limitBps, loadBps } : { limitBps }
}

/** Traffic of a group at a POP, in bit/s; undefined where nobody told it lately. */
export function demandOf(group: string, pop: PopId, { figures, nowMs }: Loads): number | undefined {
  const figure = figures.groups.get(`${group}/${pop}`)
  return figure !== undefined && isFresh(figure, nowMs) ? figure.amount : undefined
}
