/** Reading the places that a person names in a verb. */
import { type Parsed, parsed, refused } from '../../bgp/parsed.ts'
import type { Selector } from '../model.ts'
import { didYouMean, listed } from '../nearest.ts'
import type { Places } from '../places.ts'

/** Known selectors without doubles, or one sentence about every unknown one. */
export function readSelectors(places: Places, names: readonly string[]): Parsed<readonly Selector[]> {
  const unknown = names.filter((name) => !places.has(name))
  if (unknown.length > 0) return refused(unknown.map((name) => unknownPlace(places, name)).join('; '))
  return parsed([...new Set(names)] as Selector[])
}

/** `"fro" is not an area, a region or a POP; did you mean "fra"?` */
export function unknownPlace(places: Places, name: string): string {
  const known = places.names().toSorted()
  const meant = didYouMean(name, known)
  const shown = meant === '' ? `; known: ${listed(known)}` : meant
  return `"${name.slice(0, 80)}" is not an area, a region or a POP${shown}`
}
