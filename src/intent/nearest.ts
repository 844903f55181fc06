/**
 * "Did you mean": the nearest known name to one that was written and is not known. Every refusal that names something
 * unknown also names a way out.
 */

/**
 * The known name nearest to `text`, where it is near enough to be what was meant: at most a third of its letters off (or
 * one of two); else one that begins with it.
 */
export function nearest(text: string, known: Iterable<string>): string | undefined {
  const wanted = text.toLowerCase().slice(0, longestCompared)
  if (wanted.length < 2) return undefined
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const name of known) {
    if (name.length > longestCompared || Math.abs(name.length - wanted.length) > bestDistance) continue
    const distance = editDistance(wanted, name.toLowerCase(), bestDistance + 1)
    if (distance < bestDistance || (distance === bestDistance && best !== undefined && name < best)) {
      best = name
      bestDistance = distance
    }
  }
  return best ?? continuation(wanted, known)
}

/** The shortest name that goes on where the text ends: `fra-transit` for `fra-transit-ipv4`. */
function continuation(wanted: string, known: Iterable<string>): string | undefined {
  if (wanted.length < 3) return undefined
  const longer = [...known].filter((name) => name.length <= longestCompared && name.toLowerCase().startsWith(wanted))
  return longer.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))[0]
}

/** ` Did you mean "fra"?`, or nothing. */
export function didYouMean(text: string, known: Iterable<string>): string {
  const found = nearest(text, known)
  return found === undefined ? '' : `; did you mean "${found}"?`
}

/** `a, b, c and 12 more`: names for a sentence, never a screenful. */
export function listed(names: Iterable<string>, atMost = 8): string {
  const all = [...names]
  const shown = all.slice(0, atMost).join(', ')
  return all.length > atMost ? `${shown} and ${all.length - atMost} more` : shown
}

/** Bounds the work on text from outside. */
const longestCompared = 63

/** Damerau-Levenshtein (adjacent letters swapped count once), given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      row.push(cost)
      least = Math.min(least, cost)
    }
    if (least >= limit) return limit
    beforeLast = last
    last = row
  }
  return last[b.length] ?? limit
}
