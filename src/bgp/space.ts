/**
 * Address space: a few prefixes, asked very often whether they contain another one. A route collector tells of every change
 * of a whole table, nearly none of which is ours.
 */
import { type Prefix, prefixFamily, prefixLength, prefixWords, sameNetwork } from './prefix.ts'

interface Block {
  readonly length: number
  readonly words: Uint16Array
}

export class Space {
  readonly #blocks: { readonly ipv4: readonly Block[]; readonly ipv6: readonly Block[] }

  constructor(prefixes: Iterable<Prefix>) {
    const all = [...prefixes]
    const of = (family: 'ipv4' | 'ipv6') =>
      all
        .filter((prefix) => prefixFamily(prefix) === family)
        .map((prefix) => ({ length: prefixLength(prefix), words: prefixWords(prefix) }))
    this.#blocks = { ipv4: of('ipv4'), ipv6: of('ipv6') }
  }

  /** True where the prefix is one of its prefixes, or more specific. */
  contains(prefix: Prefix): boolean {
    const blocks = this.#blocks[prefixFamily(prefix)]
    if (blocks.length === 0) return false
    const length = prefixLength(prefix)
    const words = prefixWords(prefix)
    return blocks.some((block) => block.length <= length && sameNetwork(block.words, words, block.length))
  }
}
