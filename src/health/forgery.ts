/**
 * Paths that end in our own AS and that we did not begin: whoever puts our AS at the end of what it announces passes for us,
 * and for origin validation (RFC 6811) too, where no ROA's maxLength stops it.
 *   forged-origin  a more specific prefix of our space that no speaker of ours announces (a sub-prefix hijack with a forged
 *                  origin), told once it has lasted for `settledMs`;
 *   forged-path    a prefix that we announce, by a path on which an AS stands beside ours that is no neighbor (a forged first
 *                  hop), told once that has lasted for the patience of the vantage routers.
 * What was ours lately is no forgery: what is withdrawn is seen for minutes, by ever longer paths. A prefix that documents
 * name, or named, is one only where it came into sight later than a patience after we last announced it; until then it is
 * `still-seen`. A new leader takes it that we announced all of them a moment ago.
 *
 * Nothing beside our AS (the vantage router hears us itself, or is one of ours), the own blocks of pools (often announced as
 * aggregates by other routers of ours) and `Pool.elsewhere` say nothing. Neighbors are all known, unless there is a route
 * server (RFC 7947: its members stand beside us, not itself), an internal neighbor (it has neighbors of its own), one whose
 * private AS others may strip, or a session that no document names; `Network.adjacent` says who is beside us then.
 */
import { type Asn, isPrivateAsn } from '../bgp/asn.ts'
import type { Family } from '../bgp/family.ts'
import { type Prefix, longestMatch, prefixFamily, prefixLength } from '../bgp/prefix.ts'
import { listed } from '../intent/nearest.ts'
import { openAlarm } from './alarm.ts'
import type { Condition } from './failover-input.ts'
import { type Lasting, type VisibilityInput, patienceMs, withUntold } from './visibility-input.ts'
import type { CollectorView, SeenPath } from './visibility.ts'

/** Until what was pushed is read back, and other programs' paths at our speakers are read. */
const settledMs = 10_000

/** A path that claims to begin at us. */
interface Claim {
  readonly collector: CollectorView
  readonly path: SeenPath
  /** The AS that says so: the last one that is not ours. */
  readonly beside: Asn
  readonly sinceMs: number
}

type Claims = ReadonlyMap<Prefix, readonly Claim[]>

export interface Forgeries {
  readonly origins: readonly Condition[]
  readonly paths: readonly Condition[]
}

export class ForgeryBook {
  #bornAtMs: number | undefined
  /** When we last announced a prefix, by what speakers held, ms since the epoch. */
  readonly #oursAtMs = new Map<Prefix, number>()

  conditions(input: VisibilityInput, lasting: Lasting): Forgeries {
    const own = input.intent.network?.asn
    if (own === undefined) return { origins: [], paths: [] }
    this.#bornAtMs ??= input.nowMs
    const claims = claimsOf(input, own)
    this.#follow(input, claims)
    return {
      origins: withUntold('forged-origin', this.#forgedOrigins(input, claims, own, lasting), input),
      paths: withUntold('forged-path', forgedPaths(input, claims, own, lasting), input),
    }
  }

  #follow({ intent, deleted, standing, collectors, nowMs }: VisibilityInput, claims: Claims): void {
    for (const prefix of new Set([...intent.prefixes.keys(), ...deleted, ...claims.keys()]))
      if (standing.isAnnounced(prefix)) this.#oursAtMs.set(prefix, nowMs)
    const longAgoMs = nowMs - patienceMs(collectors)
    for (const [prefix, atMs] of this.#oursAtMs)
      if (atMs < longAgoMs && !intent.prefixes.has(prefix) && !deleted.has(prefix)) this.#oursAtMs.delete(prefix)
  }

  #forgedOrigins(input: VisibilityInput, claims: Claims, own: Asn, lasting: Lasting): readonly Condition[] {
    const { intent, deleted, standing, collectors, alarms } = input
    const pools = new Map([...intent.pools.values()].flatMap((pool) => pool.prefixes.map((block) => [block, pool])))
    const conditions: Condition[] = []
    for (const [prefix, all] of claims) {
      if (standing.isAnnounced(prefix)) continue
      const isNamed = intent.prefixes.has(prefix) || deleted.has(prefix)
      const block = longestMatch(prefix, prefixLength(prefix), (one) => pools.has(one))
      if (block === undefined || (block === prefix && !isNamed)) continue
      const oursAtMs = this.#oursAtMs.get(prefix) ?? (isNamed ? this.#bornAtMs : undefined) ?? -Infinity
      const open = openAlarm(alarms, 'forged-origin', prefix)
      const isNew = all.some(({ sinceMs }) => sinceMs > oursAtMs + patienceMs(collectors))
      if (open === undefined && (!isNew || lasting('forged-origin', prefix) < settledMs)) continue
      const unread = standing.unread()
      const message =
        `${prefix} in ${aboveText(intent.prefixes, prefix, block)} is seen with our AS${own} as its origin, and no speaker of ours announces it` +
        `${unread.length === 0 ? '' : ` (${listed(unread)} cannot be read)`}: a possible hijack that forges our origin` +
        `${isNamed ? ', or a stale route that came back' : ''}, by ${besideText(input, all)}; seen by ${seenText(all)}. ` +
        `Have it filtered there, or draw its traffic back: herald publish ${prefix} --at all; ` +
        `where other routers of ours announce it, name it in elsewhere of Pool/${pools.get(block)?.id}`
      conditions.push(condition('forged-origin', prefix, all, message))
    }
    return conditions
  }
}

function forgedPaths(input: VisibilityInput, claims: Claims, own: Asn, lasting: Lasting): readonly Condition[] {
  const { standing, collectors, alarms } = input
  const adjacent = { ipv4: adjacentAsns(input, own, 'ipv4'), ipv6: adjacentAsns(input, own, 'ipv6') }
  const conditions: Condition[] = []
  for (const [prefix, all] of claims) {
    const known = adjacent[prefixFamily(prefix)]
    if (known === undefined || !standing.isAnnounced(prefix)) continue
    const strange = all.filter(({ beside }) => !known.has(beside))
    if (strange.length === 0) continue
    const open = openAlarm(alarms, 'forged-path', prefix)
    if (open === undefined && lasting('forged-path', prefix) < patienceMs(collectors)) continue
    const message =
      `${prefix} is seen by a path on which ${besideText(input, strange)} stands beside our AS${own}: ` +
      `a possible hijack that forges our path; seen by ${seenText(strange)}. ` +
      `Have it filtered there; where that AS may stand beside ours, name it in adjacent of the Network document`
    conditions.push(condition('forged-path', prefix, strange, message))
  }
  return conditions
}

/** Of vantage routers that can be read; what the others saw once says nothing new. */
function claimsOf({ intent, collectors }: VisibilityInput, own: Asn): Claims {
  const elsewhere = new Set([...intent.pools.values()].flatMap((pool) => pool.elsewhere))
  const claims = new Map<Prefix, Claim[]>()
  for (const collector of collectors.filter(({ reach }) => reach === 'up'))
    for (const [prefix, { paths, sinceMs }] of collector.seen)
      for (const path of paths) {
        const beside = path.origin === own ? path.asPath.findLast((asn) => asn !== own) : undefined
        if (beside === undefined || elsewhere.has(prefix)) continue
        const its = claims.get(prefix) ?? []
        claims.set(prefix, its)
        its.push({ collector, path, beside, sinceMs })
      }
  return claims
}

/** ASes that may stand beside ours; undefined: nobody knows all of them. */
function adjacentAsns(
  { intent, hasUnnamedSessions }: VisibilityInput,
  own: Asn,
  family: Family,
): ReadonlySet<Asn> | undefined {
  const neighbors = [...intent.neighbors.values()]
  const written = intent.network?.adjacent
  const isHidden = ({ kind, asn, families }: (typeof neighbors)[number]): boolean =>
    families.includes(family) &&
    (kind === 'route-server' || kind === 'internal' || (isPrivateAsn(asn) && !isPrivateAsn(own)))
  if (written === undefined && (hasUnnamedSessions || neighbors.length === 0 || neighbors.some(isHidden)))
    return undefined
  return new Set([...neighbors.map(({ asn }) => asn), ...(written ?? [])])
}

/** What loses traffic to it: the nearest less specific prefix of ours, or its block of a pool. */
function aboveText(prefixes: ReadonlyMap<Prefix, unknown>, prefix: Prefix, block: Prefix): string {
  const ours = longestMatch(prefix, prefixLength(prefix) - 1, (one) => prefixes.has(one))
  return ours === undefined ? `our space ${block}` : `our ${ours}`
}

/** `AS64666, no neighbor of ours` */
function besideText({ intent }: VisibilityInput, claims: readonly Claim[]): string {
  const asns = new Set(claims.map(({ beside }) => beside))
  const words = Array.from(asns, (asn) => {
    const named = [...intent.neighbors.values()].filter((neighbor) => neighbor.asn === asn).map(({ id }) => id)
    return `AS${asn} (${named.length === 0 ? 'no neighbor of ours' : `our neighbor ${listed(named, 2)}, or one behind it`})`
  })
  return listed(words, 4)
}

/** `rrc1 by 64497 64666 64500; rrc2 by 64666 64500` */
function seenText(claims: readonly Claim[]): string {
  const words = new Map<CollectorView, string>()
  for (const { collector, path } of claims)
    if (!words.has(collector) || path.best) words.set(collector, `${collector.id} by ${path.asPath.join(' ')}`)
  return [...words.values()].join('; ')
}

function condition(kind: string, prefix: Prefix, claims: readonly Claim[], message: string): Condition {
  const beside = [...new Set(claims.map((claim) => claim.beside))].toSorted((a, b) => a - b).join(',')
  const collector = [...new Set(claims.map((claim) => claim.collector.id))].join(',')
  return { kind, subject: prefix, severity: 'critical', message, labels: { prefix, beside, collector } }
}
