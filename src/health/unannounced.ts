/**
 * What a vantage point sees at an address of ours follows what is announced. While no prefix is announced for it, nobody
 * answers, and rightly so: that is no sickness. Agents at POPs reach the service there whatever is announced.
 */
import type { Address } from '../bgp/address.ts'
import { type Prefix, contains, hostPrefix, mostSpecific } from '../bgp/prefix.ts'
import { standingAnnouncements } from '../intent/compile/staged.ts'
import type { Intent } from '../intent/model.ts'
import type { Check } from '../intent/monitoring.ts'
import { selectPops } from '../intent/select.ts'

/** True where agents outside of POPs probe it. */
export function isSeenFromOutside({ agents }: Pick<Intent, 'agents'>, { from }: Check): boolean {
  if (typeof from === 'string') return from === 'vantage'
  return from.some((id) => agents.get(id)?.place.kind === 'vantage')
}

/** True where an address lies in owned space and documents announce nothing for it at any POP. */
export function isUnannounced(intent: Intent, address: Address): boolean {
  const host = hostPrefix(address)
  const isOurs = [...intent.pools.values()].some(({ prefixes }) => prefixes.some((space) => contains(space, host)))
  if (!isOurs) return false
  const isAnnounced = (prefix: Prefix): boolean =>
    standingAnnouncements(intent, prefix).some(({ at, except }) => selectPops(intent, at, except).size > 0)
  return mostSpecific(address, isAnnounced) === undefined
}
