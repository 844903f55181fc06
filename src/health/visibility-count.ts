/** How many of the announced prefixes each vantage router sees: a dimension without a series per prefix. */
import type { Intent } from '../intent/model.ts'
import type { CollectorId } from '../intent/monitoring.ts'
import { originsOf } from './visibility-alarm.ts'
import type { Standing } from './visibility-input.ts'
import { type CollectorView, sightOf } from './visibility.ts'

export interface VisibilityCount {
  readonly collector: CollectorId
  /** Of prefixes that are announced and proved. */
  readonly seen: number
  readonly notSeen: number
  readonly unknown: number
  /** Of all that lies in our space. */
  readonly wrongOrigin: number
}

export function countVisibility(
  collectors: readonly CollectorView[],
  intent: Pick<Intent, 'network' | 'pools' | 'prefixes'>,
  standing: Pick<Standing, 'isProved'>,
): readonly VisibilityCount[] {
  const origins = originsOf(intent)
  const announced = [...intent.prefixes.keys()].filter((prefix) => standing.isProved(prefix))
  return collectors.map((collector) => {
    const counts = { seen: 0, 'not-seen': 0, unknown: 0 }
    for (const prefix of announced) counts[sightOf(collector, prefix, origins(prefix))]++
    let wrongOrigin = 0
    for (const [prefix, { paths }] of collector.seen)
      if (paths.some(({ origin }) => !origins(prefix).has(origin))) wrongOrigin++
    return {
      collector: collector.id,
      seen: counts.seen,
      notSeen: counts['not-seen'],
      unknown: counts.unknown,
      wrongOrigin,
    }
  })
}
