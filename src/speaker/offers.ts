/**
 * From a RIB listing to what neighbors offer. A path that a neighbor taught us is an offer, best or not; local paths are
 * none, so a steering route never keeps itself alive. Neither is a stale route of a neighbor that is away: BGP may go on
 * using it, and nothing more is sent there.
 */
import { attributesOf } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { Offer } from '../plan/observed.ts'
import type { RibPath } from './speaker.ts'

/** RFC 4271 5.1.5 leaves it open; GoBGP, as others, takes 100. */
const defaultLocalPref = 100

/** The offers of each of these destinations, the best path first where BGP chose among them. None is an empty list. */
export function offersOf(
  paths: readonly RibPath[],
  destinations: Iterable<Prefix>,
): ReadonlyMap<Prefix, readonly Offer[]> {
  const offers = new Map<Prefix, Offer[]>()
  for (const destination of destinations) offers.set(destination, [])
  if (offers.size === 0) return offers
  for (const { prefix, learnedFrom, attributes, unusable, best } of paths) {
    const found = learnedFrom === undefined || unusable === true ? undefined : offers.get(prefix)
    if (found === undefined || learnedFrom === undefined) continue
    const { nextHop, localPref } = attributesOf(attributes)
    const offer = { neighbor: learnedFrom, nextHop, localPref: localPref ?? defaultLocalPref }
    if (best) found.unshift(offer)
    else found.push(offer)
  }
  return offers
}
