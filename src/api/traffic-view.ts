/** Traffic as the API shows it: what others told last of places that there are, and whether that still says anything. */
import { type TrafficFigure, type TrafficFigures, isFresh } from '../health/traffic.ts'
import type { Intent } from '../intent/model.ts'
import { isoTime } from './alarm-view.ts'
import type { TrafficView } from './wire/traffic.ts'

export function trafficView(
  { pops, neighbors, speakers }: Intent,
  figures: TrafficFigures,
  nowMs: number,
): TrafficView {
  const view = (figure: TrafficFigure) => ({
    amount: figure.amount,
    at: isoTime(figure.atMs),
    fresh: isFresh(figure, nowMs),
  })
  return {
    pops: [...figures.pops].toSorted(byName).flatMap(([id, figure]) => {
      const found = pops.get(id)
      if (found === undefined) return []
      const { capacity } = found
      return [{ pop: id, ...view(figure), ...(capacity && { capacity: capacity.amount, unit: capacity.unit }) }]
    }),
    neighbors: [...figures.neighbors].toSorted(byName).flatMap(([id, figure]) => {
      const speaker = neighbors.get(id)?.speaker
      const pop = speaker === undefined ? undefined : speakers.get(speaker)?.pop
      return pop === undefined ? [] : [{ neighbor: id, pop, ...view(figure), unit: 'bit/s' }]
    }),
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
