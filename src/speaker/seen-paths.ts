/** What a vantage router's RIB says of prefixes, in the words of health/visibility. */
import type { Asn } from '../bgp/asn.ts'
import { attributesOf } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { SeenPath, SeenPrefix } from '../health/visibility.ts'
import type { RibPath } from './speaker.ts'

/** Paths of one prefix with the newest of their ages. */
interface Found {
  readonly paths: readonly SeenPath[]
  /** When the newest of them came, seconds since the epoch. */
  readonly newestSeconds: number
}

/**
 * By prefix. What is kept for a neighbor that is not there, or has no next hop, is not seen.
 * @param own the router's own AS: what has an empty AS_PATH is originated there
 */
export function seenPaths(paths: readonly RibPath[], own: Asn): ReadonlyMap<Prefix, Found> {
  const found = new Map<Prefix, { paths: SeenPath[]; newestSeconds: number }>()
  for (const { prefix, attributes, best, learnedFrom, sinceSeconds, unusable } of paths) {
    if (unusable === true) continue
    const { asPath, communities, largeCommunities } = attributesOf(attributes)
    const its = found.get(prefix) ?? { paths: [], newestSeconds: 0 }
    found.set(prefix, its)
    its.newestSeconds = Math.max(its.newestSeconds, sinceSeconds)
    its.paths.push({
      origin: asPath.at(-1) ?? own,
      asPath,
      communities: [...communities, ...largeCommunities],
      ...(learnedFrom !== undefined && { from: learnedFrom }),
      best,
    })
  }
  for (const { paths: its } of found.values()) its.sort(byText)
  return found
}

/** What is seen of a prefix now, given what was; undefined where that is nothing new. */
export function seenNow(
  before: SeenPrefix | undefined,
  paths: readonly SeenPath[],
  atMs: number,
): SeenPrefix | undefined {
  if (JSON.stringify(before?.paths ?? []) === JSON.stringify(paths)) return undefined
  const turned = (before === undefined || before.paths.length === 0) !== (paths.length === 0)
  return { paths, sinceMs: turned || before === undefined ? atMs : before.sinceMs, changedAtMs: atMs }
}

function byText(a: SeenPath, b: SeenPath): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)]
  return left < right ? -1 : Number(left > right)
}
