/** From canonical PathGroup and Preference documents to their values. */
import type { PopId } from './model.ts'
import type { Spec } from './schema/specs.ts'
import { msOf } from './schema/quantity.ts'
import type { LearningSettings, PathGroup, PathGroupId, Preference } from './steering.ts'

export function pathGroupOf(id: PathGroupId, { paths, learning, ...rest }: Spec<'PathGroup'>): PathGroup {
  return {
    id,
    ...rest,
    ...learningPart(learning),
    paths: new Map(
      Object.entries(paths).map(([name, { neighbors, ...path }]) => [
        name,
        { ...path, neighbors: new Map(Object.entries(neighbors).map(([pop, neighbor]) => [pop as PopId, neighbor])) },
      ]),
    ),
  }
}

export function learningPart(spec: Spec<'PathGroup'>['learning']): { readonly learning?: LearningSettings } {
  if (spec === undefined) return {}
  const { threshold, deadband, warmUp, dwell, backOff, loadLimit } = spec
  return {
    learning: {
      ...(threshold !== undefined && { thresholdMsMin: threshold }),
      ...(deadband !== undefined && { deadbandMs: deadband }),
      ...(warmUp !== undefined && { warmUpBatches: warmUp }),
      ...(dwell !== undefined && { dwellMs: msOf(dwell) }),
      ...(backOff !== undefined && { backOffMs: msOf(backOff) }),
      ...(loadLimit !== undefined && { loadLimitRatio: loadLimit / 100 }),
    },
  }
}

export function preferenceOf(id: string, spec: Spec<'Preference'>): Preference {
  return { id, ...spec }
}
