/**
 * What others do, on the same rows. Each sees rows up to k−1 when it chooses for step k, and returns the path of every
 * step. All but SW-UCB measure every path.
 */
import type { Group } from './group.ts'

export type Policy = (group: Group) => Uint8Array

/** Whatever BGP chose on the first day. */
export const firstPath: Policy = ({ steps }) => new Uint8Array(steps)

/** Always the lowest EWMA (0.3). */
export const greedy: Policy = (group) => {
  const means = group.rawMs.map((costs) => costs[0] as number)
  return follow(group, (step, now) => {
    group.rawMs.forEach(
      (costs, path) =>
        (means[path] = (means[path] as number) + 0.3 * ((costs[step] as number) - (means[path] as number))),
    )
    let best = now
    means.forEach((mean, path) => (best = mean < (means[best] as number) ? path : best))
    return best
  })
}

/**
 * pathvector's optimizer: over the last 5 probes, a path beyond 100 ms of mean RTT or 0.5 % of loss loses 20 of its
 * LOCAL_PREF, once, and never gets it back. Highest LOCAL_PREF wins, then the first path.
 */
export const thresholdRule: Policy = (group) => {
  const preferences = group.rawMs.map(() => 100)
  return follow(group, (step) => {
    group.rawMs.forEach((costs, path) => {
      let sum = 0
      let lost = 0
      const from = Math.max(0, step - 4)
      for (let k = from; k <= step; k++) {
        sum += costs[k] as number
        lost += group.traces[path]?.lost[k] as number
      }
      const count = step - from + 1
      if (sum / count > 100 || lost / count > 0.005) preferences[path] = 80
    })
    return preferences.indexOf(Math.max(...preferences))
  })
}

/** Moves to the lowest EWMA (0.3) where it is lower by 2 ms and by 2 %. */
export const hysteresis: Policy = (group) => {
  const means = group.rawMs.map((costs) => costs[0] as number)
  return follow(group, (step, now) => {
    group.rawMs.forEach(
      (costs, path) =>
        (means[path] = (means[path] as number) + 0.3 * ((costs[step] as number) - (means[path] as number))),
    )
    const best = means.indexOf(Math.min(...means))
    const gain = (means[now] as number) - (means[best] as number)
    return gain > 2 && gain > 0.02 * (means[now] as number) ? best : now
  })
}

/** Sliding-window UCB (Garivier & Moulines 2011): sees only the path it uses. Window one day, cost scaled to 0–1 by 100 ms. */
export const slidingWindowUcb: Policy = (group) => {
  const window = 360
  const scaleMs = 100
  const paths = group.rawMs.length
  const counts = new Float64Array(paths)
  const sums = new Float64Array(paths)
  const chosen = new Uint8Array(group.steps)
  const floorMs = group.rawMs.map((costs) => costs[0] as number).toSorted((a, b) => a - b)[0] as number
  const excess = (path: number, step: number) =>
    Math.min(1, Math.max(0, ((group.rawMs[path]?.[step] as number) - floorMs + scaleMs / 2) / scaleMs))
  for (let step = 0; step < group.steps; step++) {
    let best = 0
    let bestIndex = -Infinity
    for (let path = 0; path < paths; path++) {
      const n = counts[path] as number
      const index =
        n === 0 ? Infinity : -(sums[path] as number) / n + 0.5 * Math.sqrt(Math.log(Math.min(step, window)) / n)
      if (index > bestIndex) [best, bestIndex] = [path, index]
    }
    chosen[step] = best
    counts[best] = (counts[best] as number) + 1
    sums[best] = (sums[best] as number) + excess(best, step)
    const old = step - window
    if (old >= 0) {
      const path = chosen[old] as number
      counts[path] = (counts[path] as number) - 1
      sums[path] = (sums[path] as number) - excess(path, old)
    }
  }
  return chosen
}

function follow({ steps }: Group, next: (step: number, now: number) => number): Uint8Array {
  const chosen = new Uint8Array(steps)
  let now = 0
  for (let step = 0; step < steps; step++) {
    chosen[step] = now
    now = next(step, now)
  }
  return chosen
}
