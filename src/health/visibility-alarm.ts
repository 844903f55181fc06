/**
 * What is wrong with how vantage routers see us, as conditions; they tell and move no route:
 *   not-seen           announced and proved, and no vantage router sees it;
 *   still-seen         withdrawn everywhere, and some vantage router still sees it;
 *   wrong-origin       space of ours, or more specific, originated by an AS that may not: possible hijack;
 *   forged-origin, forged-path  the same with our own AS at the end of the path (health/forgery);
 *   collector-unknown  a vantage router that cannot be read, or that nobody tells anything.
 * Unknown is not unseen: a vantage router that is unknown makes no statement, and what an open alarm says stands until one
 * that can tell says otherwise. Pure: time is an argument.
 */
import type { Asn } from '../bgp/asn.ts'
import { type Prefix, longestMatch, prefixLength } from '../bgp/prefix.ts'
import { Space } from '../bgp/space.ts'
import type { Intent } from '../intent/model.ts'
import { openAlarm } from './alarm.ts'
import type { Condition } from './failover-input.ts'
import { ForgeryBook } from './forgery.ts'
import { type Lasting, type VisibilityInput, patienceMs, withUntold } from './visibility-input.ts'
import { type CollectorView, isInformed, sightOf } from './visibility.ts'

/** Of one kind at once; more are counted. */
const namedAtMost = 100

export class VisibilityBook {
  /** Since when each prefix is not as it should be, by kind and prefix. */
  #since = new Map<string, number>()
  readonly #deafSince = new Map<string, number>()
  #forgeries = new ForgeryBook()

  conditions(input: VisibilityInput): readonly Condition[] {
    const { intent, collectors } = input
    if (intent.network === undefined || collectors.length === 0) {
      this.#forgeries = new ForgeryBook()
      return []
    }
    const before = this.#since
    this.#since = new Map()
    const lasting = (kind: string, prefix: Prefix): number => {
      const key = `${kind} ${prefix}`
      const sinceMs = before.get(key) ?? input.nowMs
      this.#since.set(key, sinceMs)
      return input.nowMs - sinceMs
    }
    const { origins, paths } = this.#forgeries.conditions(input, lasting)
    const forged = new Set(origins.map(({ subject }) => subject))
    return [
      ...few('not-seen', notSeen(input, lasting)),
      ...few(
        'still-seen',
        stillSeen(input, lasting).filter(({ subject }) => !forged.has(subject)),
      ),
      ...few('wrong-origin', wrongOrigins(input)),
      ...few('forged-origin', origins),
      ...few('forged-path', paths),
      ...this.#unknown(input),
    ]
  }

  #unknown({ collectors, nowMs }: VisibilityInput): readonly Condition[] {
    const known = new Set<string>(collectors.map(({ id }) => id))
    for (const id of this.#deafSince.keys()) if (!known.has(id)) this.#deafSince.delete(id)
    return collectors.flatMap((collector) => {
      const { id, problem } = collector
      if (isInformed(collector)) {
        this.#deafSince.delete(id)
        return []
      }
      const sinceMs = this.#deafSince.get(id) ?? nowMs
      this.#deafSince.set(id, sinceMs)
      if (nowMs - sinceMs < collector.seenWithinMs) return []
      const why =
        collector.reach === 'up'
          ? 'none of its sessions is established, so nobody tells it anything'
          : (problem ?? 'it was never read')
      const message = `vantage router ${id} is unknown: ${why}; what it does not show says nothing`
      return [{ kind: 'collector-unknown', subject: id, severity: 'warning', message, labels: { collector: id } }]
    })
  }
}

/** ASes that may originate a prefix of ours: our own, and those its pool names. */
export function originsOf({ network, pools }: Pick<Intent, 'network' | 'pools'>): (prefix: Prefix) => ReadonlySet<Asn> {
  const own = new Set<Asn>(network === undefined ? [] : [network.asn])
  const shared = [...pools.values()]
    .filter(({ origins }) => origins.length > 0)
    .map(({ prefixes, origins }) => ({ space: new Space(prefixes), origins: own.union(new Set(origins)) }))
  // Pools never overlap.
  return (prefix) => shared.find(({ space }) => space.contains(prefix))?.origins ?? own
}

function notSeen({ intent, standing, collectors, alarms }: VisibilityInput, lasting: Lasting): readonly Condition[] {
  const informed = collectors.filter(isInformed)
  const withinMs = patienceMs(informed)
  const allowed = originsOf(intent)
  const conditions: Condition[] = []
  for (const prefix of intent.prefixes.keys()) {
    const open = openAlarm(alarms, 'not-seen', prefix)
    if (informed.length === 0) {
      if (open !== undefined) conditions.push(open)
      continue
    }
    const origins = allowed(prefix)
    if (informed.some((one) => sightOf(one, prefix, origins) === 'seen') || !standing.isProved(prefix)) continue
    if (lasting('not-seen', prefix) < withinMs && open === undefined) continue
    const asked = informed.map(({ id }) => id).join(', ')
    const message = `${prefix} is announced and proved, and no vantage router sees it (${asked})`
    conditions.push({ kind: 'not-seen', subject: prefix, severity: 'critical', message, labels: { prefix } })
  }
  return conditions
}

function stillSeen(input: VisibilityInput, lasting: Lasting): readonly Condition[] {
  const { intent, deleted, standing, collectors, alarms } = input
  const allowed = originsOf(intent)
  const conditions: Condition[] = []
  for (const prefix of [...intent.prefixes.keys(), ...deleted]) {
    const open = openAlarm(alarms, 'still-seen', prefix)
    const there = collectors.filter(({ seen }) => (seen.get(prefix)?.paths.length ?? 0) > 0)
    if ((open === undefined && there.length === 0) || !standing.isGone(prefix)) continue
    const origins = allowed(prefix)
    const seeing = there.filter((one) => sightOf(one, prefix, origins) === 'seen')
    if (seeing.length === 0) {
      if (open !== undefined && !collectors.some(isInformed)) conditions.push(open)
      continue
    }
    const withinMs = patienceMs(seeing)
    if (lasting('still-seen', prefix) < withinMs && open === undefined) continue
    const message = `${prefix} is withdrawn everywhere, and still seen by ${seeing.map((one) => viaText(one, prefix)).join('; ')}`
    conditions.push({ kind: 'still-seen', subject: prefix, severity: 'warning', message, labels: { prefix } })
  }
  return conditions
}

/** One a prefix and AS. Told at once: whoever it is has the traffic by then. */
function wrongOrigins(input: VisibilityInput): readonly Condition[] {
  const { intent, collectors } = input
  const allowed = originsOf(intent)
  const found = new Map<string, { prefix: Prefix; origin: Asn; by: CollectorView[] }>()
  for (const collector of collectors)
    for (const [prefix, { paths }] of collector.seen) {
      if (paths.length === 0) continue
      const origins = allowed(prefix)
      for (const origin of new Set(paths.map((path) => path.origin))) {
        if (origins.has(origin)) continue
        const key = `${prefix} AS${origin}`
        const entry = found.get(key) ?? { prefix, origin, by: [] }
        found.set(key, entry)
        entry.by.push(collector)
      }
    }
  const conditions = [...found.values()].map(({ prefix, origin, by }): Condition => {
    const seen = by.map((one) => viaText(one, prefix, origin)).join('; ')
    const message = `${prefix} is originated by AS${origin}, which is none of ours${aboveText(intent, prefix)}: a possible hijack; seen by ${seen}`
    const collector = by.map(({ id }) => id).join(',')
    const labels = { prefix, origin: String(origin), collector }
    return { kind: 'wrong-origin', subject: `${prefix} AS${origin}`, severity: 'critical', message, labels }
  })
  return withUntold('wrong-origin', conditions, input)
}

/** What it takes traffic from. */
function aboveText({ prefixes }: Pick<Intent, 'prefixes'>, prefix: Prefix): string {
  if (prefixes.has(prefix)) return ' and which is announced here too'
  const above = longestMatch(prefix, prefixLength(prefix) - 1, (one) => prefixes.has(one))
  return above === undefined ? '' : ` and more specific than ${above}`
}

/** `rrc1 by 64497 64500` */
function viaText({ id, seen }: CollectorView, prefix: Prefix, origin?: Asn): string {
  const paths = (seen.get(prefix)?.paths ?? []).filter((path) => origin === undefined || path.origin === origin)
  const path = paths.find(({ best }) => best) ?? paths[0]
  return path === undefined || path.asPath.length === 0 ? id : `${id} by ${path.asPath.join(' ')}`
}

function few(kind: string, conditions: readonly Condition[]): readonly Condition[] {
  const rest = conditions.length - namedAtMost
  if (rest <= 0) return conditions
  const [first] = conditions
  const message = `${rest} more prefixes are ${kind}; see: herald show seen`
  return [
    ...conditions.slice(0, namedAtMost),
    { kind, subject: 'others', severity: first?.severity ?? 'warning', message },
  ]
}
