/** From canonical PathGroup and Preference documents to their values. */
import type { PopId } from './model.ts'
import type { Spec } from './schema/specs.ts'
import type { PathGroup, PathGroupId, Preference } from './steering.ts'

export function pathGroupOf(id: PathGroupId, { paths, ...rest }: Spec<'PathGroup'>): PathGroup {
  return {
    id,
    ...rest,
    paths: new Map(
      Object.entries(paths).map(([name, { neighbors, ...path }]) => [
        name,
        { ...path, neighbors: new Map(Object.entries(neighbors).map(([pop, neighbor]) => [pop as PopId, neighbor])) },
      ]),
    ),
  }
}

export function preferenceOf(id: string, spec: Spec<'Preference'>): Preference {
  return { id, ...spec }
}
