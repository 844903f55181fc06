/** Pools: space that may be announced at all, and that no two pools claim. */
import { type Prefix, contains, overlaps, prefixFamily, prefixLength, prefixWords } from '../../bgp/prefix.ts'
import { must } from '../../bgp/parsed.ts'
import { parsePrefix } from '../../bgp/prefix.ts'
import type { Finding } from '../document.ts'
import type { Intent, Pool } from '../model.ts'
import { Report } from './report.ts'

/** Never valid to announce, anywhere (RFC 6890). Private and documentation space is, in labs. */
const unannounceable = [
  ['0.0.0.0/8', 'is "this network" (RFC 791)'],
  ['127.0.0.0/8', 'is loopback (RFC 1122)'],
  ['169.254.0.0/16', 'is link-local (RFC 3927)'],
  ['224.0.0.0/3', 'is multicast or reserved (RFC 5771, RFC 1112)'],
  ['::/8', 'is loopback, unspecified or reserved (RFC 4291)'],
  ['fe80::/10', 'is link-local (RFC 4291)'],
  ['ff00::/8', 'is multicast (RFC 4291)'],
].map(([text, why]) => ({ space: must(parsePrefix(String(text))), why: String(why) }))

/** Why a prefix can never be announced, or undefined. */
export function unannounceableBecause(prefix: Prefix): string | undefined {
  if (prefixLength(prefix) === 0) return `${prefix} is the default route; Herald announces prefixes of one's own`
  const found = unannounceable.find(({ space }) => overlaps(space, prefix))
  if (found === undefined) return undefined
  return contains(found.space, prefix)
    ? `${prefix} ${found.why} and can never be announced`
    : `${prefix} contains ${found.space}, which ${found.why} and can never be announced`
}

interface Owned {
  readonly pool: string
  readonly prefix: Prefix
  readonly pointer: string
}

export function checkPools({ pools }: Intent): readonly Finding[] {
  const owned = [...pools.values()].flatMap(({ id, prefixes }) =>
    prefixes.map((prefix, i): Owned => ({ pool: id, prefix, pointer: `/spec/prefixes/${i}` })),
  )
  const findings: Finding[] = [...pools.values()].flatMap(checkElsewhere)
  for (const { pool, prefix, pointer } of owned) {
    const why = unannounceableBecause(prefix)
    if (why === undefined) continue
    const report = new Report('Pool', pool)
    report.error('unannounceable', pointer, why)
    findings.push(...report.findings)
  }
  return [...findings, ...checkOverlaps(owned.filter(({ prefix }) => unannounceableBecause(prefix) === undefined))]
}

function checkElsewhere({ id, prefixes, elsewhere }: Pool): readonly Finding[] {
  const report = new Report('Pool', id)
  for (const [i, prefix] of elsewhere.entries())
    if (!prefixes.some((own) => contains(own, prefix)))
      report.error(
        'outside-pool',
        `/spec/elsewhere/${i}`,
        `${prefix} does not lie within this pool, so it is not looked at; name it in the pool that contains it`,
      )
  return report.findings
}

/** In address order what overlaps stands in a row: an outer prefix, then all that it contains. */
function checkOverlaps(owned: readonly Owned[]): readonly Finding[] {
  const findings: Finding[] = []
  let outer: Owned | undefined
  for (const inner of inAddressOrder(owned)) {
    if (outer === undefined || !contains(outer.prefix, inner.prefix)) {
      outer = inner
      continue
    }
    const report = new Report('Pool', inner.pool)
    report.error(
      'overlapping-pools',
      inner.pointer,
      `${inner.prefix} lies within ${outer.prefix} of Pool/${outer.pool}; every address belongs to one pool, once`,
    )
    findings.push(...report.findings)
  }
  return findings
}

function inAddressOrder(owned: readonly Owned[]): readonly Owned[] {
  return owned
    .map((one) => ({ one, words: prefixWords(one.prefix) }))
    .sort((a, b) => {
      const [left, right] = [a.one.prefix, b.one.prefix]
      if (prefixFamily(left) !== prefixFamily(right)) return prefixFamily(left) === 'ipv4' ? -1 : 1
      for (const [i, word] of a.words.entries()) if (word !== b.words[i]) return word - (b.words[i] ?? 0)
      return prefixLength(left) - prefixLength(right) || (a.one.pool < b.one.pool ? -1 : 1)
    })
    .map(({ one }) => one)
}
