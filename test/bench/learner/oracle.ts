/** The best that hindsight could do: a dynamic program over all steps, at 75 ms·samples for each change of path. */
export const switchCostMs = 75

/** Whether a step may be taken on `to` where the one before was taken on `from`. */
export type MayMove = (step: number, from: number, to: number) => boolean

const always: MayMove = () => true

export interface OracleOptions {
  readonly switchMs?: number
  readonly mayMove?: MayMove
}

export function oracle(
  costs: readonly Float64Array[],
  from: number,
  to: number,
  { switchMs = switchCostMs, mayMove = always }: OracleOptions = {},
): Uint8Array {
  const paths = costs.length
  let value = new Float64Array(paths)
  let next = new Float64Array(paths)
  const came = new Uint8Array(to * paths)
  for (let step = from; step < to; step++) {
    for (let path = 0; path < paths; path++) {
      let least = value[path] as number
      let source = path
      for (let other = 0; other < paths; other++) {
        const moved = (value[other] as number) + switchMs
        if (moved >= least || !mayMove(step, other, path)) continue
        least = moved
        source = other
      }
      came[step * paths + path] = source
      next[path] = least + (costs[path]?.[step] as number)
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

/**
 * Knows the future, and yet waits as whoever does not know it must: it moves only after the last `rows` rows have each shown the
 * other path to be the better one. What it does not gain is the price of making sure, and nobody's who makes sure.
 */
export function afterRows(rows: number, seen: readonly Float64Array[]): MayMove {
  return (step, from, to) => {
    for (let row = step - rows; row < step; row++)
      if ((seen[from]?.[row] as number) <= (seen[to]?.[row] as number)) return false
    return true
  }
}
