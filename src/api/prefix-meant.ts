/** Who asks about an address of ours means the prefix that it is announced, or steered, by. */
import type { Address } from '../bgp/address.ts'
import { type Prefix, mostSpecific } from '../bgp/prefix.ts'
import { steeredDestinations } from '../intent/compile/steering.ts'
import type { Intent } from '../intent/model.ts'
import { ProblemError } from './problem.ts'

export type PrefixOrAddress = { readonly prefix: Prefix } | { readonly address: Address }

export function prefixMeant(intent: Intent, asked: PrefixOrAddress): Prefix {
  if ('prefix' in asked) return asked.prefix
  const known = new Set([...intent.prefixes.keys(), ...steeredDestinations(intent)])
  const found = mostSpecific(asked.address, (prefix) => known.has(prefix))
  if (found !== undefined) return found
  throw new ProblemError(404, 'not-found', `${asked.address} lies in no Prefix document; see: herald get prefixes`)
}
