/** Where traffic tells whether what a drain takes away is still in use. */
import { isExternal } from '../bgp/neighbor.ts'
import type { Drain, Intent, NeighborId, PopId } from './model.ts'
import type { Capacity } from './monitoring.ts'
import { neighborsOf, selectPops, speakersAt } from './select.ts'

export type TrafficPlace =
  /** `unit`: of its capacity; absent where nobody wrote one. */
  | { readonly kind: 'pop'; readonly pop: PopId; readonly unit?: Capacity['unit'] }
  | { readonly kind: 'neighbor'; readonly neighbor: NeighborId; readonly unit: 'bit/s' }

/**
 * A site's POPs; of a speaker that shares its POP with others, its own lines; a neighbor itself. Each is told of by itself,
 * and all of them must be idle. In name order; empty where nothing there could have traffic.
 */
export function trafficPlaces(intent: Intent, { target }: Pick<Drain, 'target'>): readonly TrafficPlace[] {
  switch (target.kind) {
    case 'site':
      return [...selectPops(intent, [target.at])]
        .toSorted()
        .filter((pop) => speakersAt(intent, [pop]).length > 0)
        .map((pop) => popPlace(intent, pop))
    case 'speaker': {
      const pop = intent.speakers.get(target.speaker)?.pop
      if (pop === undefined) return []
      if (speakersAt(intent, [pop]).length === 1) return [popPlace(intent, pop)]
      return neighborsOf(intent, target.speaker)
        .filter(({ kind }) => isExternal(kind))
        .map(({ id }) => linePlace(id))
    }
    case 'neighbor':
      return [linePlace(target.neighbor)]
  }
}

/** Its name: POPs and neighbors of one drain never share one. */
export function trafficPlaceName(place: TrafficPlace): PopId | NeighborId {
  return place.kind === 'pop' ? place.pop : place.neighbor
}

function popPlace({ pops }: Intent, pop: PopId): TrafficPlace {
  const unit = pops.get(pop)?.capacity?.unit
  return { kind: 'pop', pop, ...(unit !== undefined && { unit }) }
}

function linePlace(neighbor: NeighborId): TrafficPlace {
  return { kind: 'neighbor', neighbor, unit: 'bit/s' }
}
