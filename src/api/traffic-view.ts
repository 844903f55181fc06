/** Traffic as the API shows it: what others told last of places that there are, and whether that still says anything. */
import { type TrafficFigure, type TrafficFigures, isFresh } from '../health/traffic.ts'
import type { EntryGroupId } from '../intent/entry.ts'
import type { Intent } from '../intent/model.ts'
import { popOfNeighbor } from '../intent/select.ts'
import type { PathGroupId } from '../intent/steering.ts'
import { isoTime } from './alarm-view.ts'
import type { TrafficView } from './wire/traffic.ts'

export function trafficView(intent: Intent, figures: TrafficFigures, nowMs: number): TrafficView {
  const { pops, neighbors } = intent
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
      const pop = popOfNeighbor(intent, id)
      const capacity = neighbors.get(id)?.capacity?.amount
      if (pop === undefined) return []
      return [{ neighbor: id, pop, ...view(figure), unit: 'bit/s', ...(capacity !== undefined && { capacity }) }]
    }),
    groups: [...figures.groups].toSorted(byName).flatMap(([name, figure]) => {
      const [group = '', pop = ''] = name.split('/')
      return isGroup(intent, group) ? [{ group, pop, ...view(figure), unit: 'bit/s' }] : []
    }),
  }
}

export function isGroup({ pathGroups, entryGroups }: Intent, name: string): boolean {
  return pathGroups.has(name as PathGroupId) || entryGroups.has(name as EntryGroupId)
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
