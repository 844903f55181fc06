/** What selectors name: POPs, the speakers there, the neighbors of those. An unknown name selects nothing. */
import type { Intent, Neighbor, NeighborId, PopId, Selector, Speaker, SpeakerId } from './model.ts'
import type { FailoverPlace } from './monitoring.ts'
import { placesOf } from './places.ts'

/** POPs that some selector of `at` names and none of `except` does. */
export function selectPops(
  intent: Pick<Intent, 'areas' | 'regions' | 'pops'>,
  at: readonly Selector[],
  except: readonly Selector[] = [],
): ReadonlySet<PopId> {
  const places = placesOf(intent)
  const pops = new Set<PopId>()
  for (const selector of at) for (const pop of places.pops(selector)) pops.add(pop)
  for (const selector of except) for (const pop of places.pops(selector)) pops.delete(pop)
  return pops
}

/** Speakers that stand at these POPs, in id order. */
export function speakersAt(intent: Pick<Intent, 'speakers'>, pops: Iterable<PopId>): readonly Speaker[] {
  const byPop = speakersByPop(intent.speakers)
  return [...new Set(pops)].flatMap((pop) => byPop.get(pop) ?? []).sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Neighbors of a speaker, in id order. */
export function neighborsOf(intent: Pick<Intent, 'neighbors'>, speaker: SpeakerId): readonly Neighbor[] {
  return neighborsBySpeaker(intent.neighbors).get(speaker) ?? []
}

export function popOfNeighbor(
  { neighbors, speakers }: Pick<Intent, 'neighbors' | 'speakers'>,
  neighbor: NeighborId,
): PopId | undefined {
  const speaker = neighbors.get(neighbor)?.speaker
  return speaker && speakers.get(speaker)?.pop
}

export function popOfPlace(intent: Pick<Intent, 'neighbors' | 'speakers'>, place: FailoverPlace): PopId | undefined {
  return place.kind === 'pop' ? place.pop : popOfNeighbor(intent, place.neighbor)
}

const speakersByPop = remembered((speakers: Intent['speakers']) => Map.groupBy(inOrder(speakers), ({ pop }) => pop))

const neighborsBySpeaker = remembered((neighbors: Intent['neighbors']) =>
  Map.groupBy(inOrder(neighbors), ({ speaker }) => speaker),
)

/** Values in id order. */
export function inOrder<V extends { readonly id: string }>(values: ReadonlyMap<string, V>): readonly V[] {
  return [...values.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** An answer that is worked out once per argument and kept as long as that lives. */
function remembered<A extends object, R>(answer: (argument: A) => R): (argument: A) => R {
  const answers = new WeakMap<A, { readonly value: R }>()
  return (argument) => {
    let known = answers.get(argument)
    if (known === undefined) {
      known = { value: answer(argument) }
      answers.set(argument, known)
    }
    return known.value
  }
}
