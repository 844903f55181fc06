/** The space of all pools, asked often: is this prefix inside? */
import { type Prefix, prefixFamily, prefixLength, truncate } from '../../bgp/prefix.ts'
import type { Intent } from '../model.ts'

export class OwnedSpace {
  readonly #prefixes: ReadonlySet<Prefix>
  /** Lengths that pools use; few, so that asking is a handful of look-ups. */
  readonly #lengths: Readonly<Record<'ipv4' | 'ipv6', readonly number[]>>

  constructor(pools: Intent['pools']) {
    this.#prefixes = new Set([...pools.values()].flatMap(({ prefixes }) => prefixes))
    const lengths = { ipv4: new Set<number>(), ipv6: new Set<number>() }
    for (const prefix of this.#prefixes) lengths[prefixFamily(prefix)].add(prefixLength(prefix))
    this.#lengths = { ipv4: [...lengths.ipv4], ipv6: [...lengths.ipv6] }
  }

  contains(prefix: Prefix): boolean {
    return this.#lengths[prefixFamily(prefix)].some(
      (length) => length <= prefixLength(prefix) && this.#prefixes.has(truncate(prefix, length)),
    )
  }
}

const known = new WeakMap<Intent['pools'], OwnedSpace>()

export function ownedSpace(pools: Intent['pools']): OwnedSpace {
  let space = known.get(pools)
  if (space === undefined) known.set(pools, (space = new OwnedSpace(pools)))
  return space
}
