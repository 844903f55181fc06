/**
 * What a staged change is judged by (G5): at the POPs it has reached, the verdicts of the checks that the failover policies
 * of its prefixes name, and BGP sessions lost there. A session and an alert of another system only ever say that something
 * is wrong: their silence proves nothing, so a POP counts as watched where a Check is probed.
 *
 * A POP that a stage takes away is not watched any more; those that stay get its traffic, and are watched instead. Nor is one that a person has drained or silenced meanwhile.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import { splitKey } from '../intent/document.ts'
import type { Announcement, Intent, PopId } from '../intent/model.ts'
import type { CheckId, FailoverPlace } from '../intent/monitoring.ts'
import { checkedPlaces, probersOf } from '../intent/probers.ts'
import { type Rollout, outPops } from '../intent/rollout.ts'
import type { Alarms } from './alarm.ts'
import { type Verdict, type VerdictState, type Verdicts, verdictKey } from './verdict.ts'

export interface Sign {
  /** Names what is watched: a verdict's key, or an alarm's id. */
  readonly key: string
  readonly pop: PopId
  readonly state: VerdictState
  /** Since when it is so, ms since the epoch; unknown: 0. */
  readonly sinceMs: number
  /** One sentence. */
  readonly reason: string
}

type Changed = Pick<Rollout, 'before' | 'stages' | 'stage'>

export interface Seen {
  readonly verdicts: Pick<Verdicts, 'all' | 'sick'>
  readonly alarms: Alarms
}

/** Signs at the POPs that are watched now; of what nothing is known: unknown. */
export function signsOf(intent: Intent, rollout: Changed, { verdicts, alarms }: Seen, moment: Moment): readonly Sign[] {
  const signs = new Map<string, Sign>()
  const watched = watchedByPrefix(intent, rollout, moment)
  for (const [name, pops] of popsByCheck(intent, watched)) {
    for (const place of probedPlaces(intent, name))
      if (pops.has(place.pop)) addSign(signs, signOf(name, place, verdicts))
    if (intent.checks.has(name as CheckId)) continue
    for (const verdict of alertsOf(verdicts, name)) if (pops.has(verdict.pop)) addSign(signs, alertSign(verdict))
  }
  const out = outPops(rollout).difference(takenOutByPeople(intent, rollout, moment))
  for (const { id, kind, state, labels, message, startedAtMs } of alarms.values()) {
    const pop = labels?.['pop'] as PopId | undefined
    if (state === 'resolved' || state === 'pending' || !sessionKinds.has(kind)) continue
    if (pop !== undefined && out.has(pop))
      addSign(signs, { key: id, pop, state: 'sick', sinceMs: startedAtMs, reason: message })
  }
  return [...signs.values()]
}

/**
 * What is sick before the change, wherever some stage of it may be watched: where its prefixes are now, and where they will
 * be. A POP that a later stage takes away is watched as well, once an earlier one has taken others.
 */
export function unwellBefore(
  before: Intent,
  after: Intent,
  changed: Pick<Rollout, 'before'> & { readonly pops: Iterable<PopId> },
  seen: Seen,
  moment: Moment,
): readonly Sign[] {
  const every = { before: changed.before, stages: [[...changed.pops]], stage: 1 }
  const signs = new Map<string, Sign>()
  for (const intent of [before, after])
    for (const sign of signsOf(intent, every, seen, moment)) if (sign.state === 'sick') addSign(signs, sign)
  return [...signs.values()]
}

/** POPs that will be watched and where nothing would notice: no Check is probed there for some prefix that is there. */
export function unwatchedPops(
  intent: Intent,
  rollout: Pick<Rollout, 'before' | 'stages'>,
  moment: Moment,
): readonly PopId[] {
  const probed = new Map<string, ReadonlySet<PopId>>()
  const unwatched = new Set<PopId>()
  const atTheEnd = { ...rollout, stage: rollout.stages.length }
  for (const [prefix, pops] of watchedByPrefix(intent, atTheEnd, moment)) {
    const seen = new Set<PopId>()
    for (const name of intent.prefixes.get(prefix)?.failover?.checks ?? []) {
      const known = probed.get(name) ?? new Set(probedPlaces(intent, name).map(({ pop }) => pop))
      probed.set(name, known)
      for (const pop of known) seen.add(pop)
    }
    for (const pop of pops) if (!seen.has(pop)) unwatched.add(pop)
  }
  return [...unwatched].sort()
}

const sessionKinds = new Set(['session-down', 'session-flapping'])

function watchedByPrefix(intent: Intent, rollout: Changed, moment: Moment): ReadonlyMap<Prefix, ReadonlySet<PopId>> {
  const out = outPops(rollout)
  const byPrefix = new Map<Prefix, ReadonlySet<PopId>>()
  for (const [prefix, before] of rollout.before) {
    const gone = intendedPops(intent, before).difference(intendedPops(intent, intent.prefixes.get(prefix)))
    const serving = servingPops(intent, prefix, moment)
    byPrefix.set(prefix, gone.isDisjointFrom(out) ? serving.intersection(out) : serving)
  }
  return byPrefix
}

/** POPs that announce it, or would if automation had not found them sick; one that a person took out serves nobody. */
function servingPops(intent: Intent, prefix: Prefix, moment: Moment): ReadonlySet<PopId> {
  const desired = compilePrefix(intent, prefix, moment)
  const pops = new Set<PopId>()
  for (const { pop } of desired?.sites.values() ?? []) pops.add(pop)
  for (const { pop, overlay } of desired?.lost.values() ?? []) if (splitKey(overlay).kind === 'Failover') pops.add(pop)
  return pops
}

/** Whoever works at a POP drains it first, and then sessions go there that no change has broken. */
function takenOutByPeople(intent: Intent, rollout: Changed, moment: Moment): ReadonlySet<PopId> {
  const taken = new Set<PopId>()
  const serving = new Set<PopId>()
  for (const prefix of rollout.before.keys()) {
    for (const { pop, overlay } of compilePrefix(intent, prefix, moment)?.lost.values() ?? [])
      if (splitKey(overlay).kind !== 'Failover') taken.add(pop)
    for (const pop of servingPops(intent, prefix, moment)) serving.add(pop)
  }
  return taken.difference(serving)
}

/** POPs that intent alone names, overlays aside. */
function intendedPops(intent: Intent, announcement: Announcement | undefined): ReadonlySet<PopId> {
  if (announcement === undefined) return nowhere
  const { at, except, attributes, pops } = announcement
  const named = inventoryOf(intent).selected(at, except)
  const silent = (pop: PopId): boolean => (pops.get(pop)?.announce ?? attributes.announce) === false
  return new Set([...named].filter((pop) => !silent(pop)))
}

const nowhere: ReadonlySet<PopId> = new Set()

/** Thousands of prefixes name the same checks: each is asked about once, wherever any of them is. */
function popsByCheck(
  intent: Intent,
  watched: ReadonlyMap<Prefix, ReadonlySet<PopId>>,
): ReadonlyMap<string, ReadonlySet<PopId>> {
  const byCheck = new Map<string, Set<PopId>>()
  for (const [prefix, pops] of watched)
    for (const name of intent.prefixes.get(prefix)?.failover?.checks ?? []) {
      const known = byCheck.get(name) ?? new Set()
      byCheck.set(name, known)
      for (const pop of pops) known.add(pop)
    }
  return byCheck
}

interface ProbedPlace {
  readonly pop: PopId
  readonly place: FailoverPlace
}

/** What a Check is about and somebody probes. */
function probedPlaces(intent: Intent, name: string): readonly ProbedPlace[] {
  const check = intent.checks.get(name as CheckId)
  if (check === undefined) return []
  return checkedPlaces(intent, check)
    .filter(({ pop }) => probersOf(intent, check, pop).length > 0)
    .map(({ pop, neighbor }) => ({
      pop,
      place: neighbor === undefined ? { kind: 'pop', pop } : { kind: 'neighbor', neighbor: neighbor.id },
    }))
}

function signOf(name: string, { pop, place }: ProbedPlace, { all }: Seen['verdicts']): Sign {
  const key = verdictKey(name, place)
  const verdict = all.get(key)
  if (verdict === undefined)
    return { key, pop, state: 'unknown', sinceMs: 0, reason: `nothing was heard of ${name} at ${pop}` }
  const { state, sinceMs, reason } = verdict
  return { key, pop, state, sinceMs, reason }
}

function* alertsOf({ sick }: Seen['verdicts'], name: string): Iterable<Verdict> {
  for (const verdict of sick.values()) if (verdict.check === name) yield verdict
}

function alertSign({ check, place, prefix, pop, state, sinceMs, reason }: Verdict): Sign {
  return { key: verdictKey(check, place, prefix), pop, state, sinceMs, reason }
}

function addSign(signs: Map<string, Sign>, sign: Sign): void {
  signs.set(sign.key, sign)
}
