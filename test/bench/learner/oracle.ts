/** The best that hindsight could do: a dynamic program over all steps, at 75 ms·samples for each change of path. */
export const switchCostMs = 75

export function oracle(costs: readonly Float64Array[], from: number, to: number, switchMs = switchCostMs): Uint8Array {
  const paths = costs.length
  let value = new Float64Array(paths)
  let next = new Float64Array(paths)
  const came = new Uint8Array(to * paths)
  for (let step = from; step < to; step++) {
    let best = 0
    for (let path = 1; path < paths; path++) if ((value[path] as number) < (value[best] as number)) best = path
    const moved = (value[best] as number) + switchMs
    for (let path = 0; path < paths; path++) {
      const stayed = value[path] as number
      came[step * paths + path] = moved < stayed ? best : path
      next[path] = Math.min(stayed, moved) + (costs[path]?.[step] as number)
    }
    ;[value, next] = [next, value]
  }
  const chosen = new Uint8Array(to)
  let path = value.indexOf(Math.min(...value))
  for (let step = to - 1; step >= from; step--) {
    chosen[step] = path
    path = came[step * paths + path] as number
  }
  return chosen
}
