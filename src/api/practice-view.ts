/** Practices as the API shows them: what would happen on the live state, and what did happen, with time lines. */
import type { Prefix } from '../bgp/prefix.ts'
import { type Practice, type Rehearsal, practiceAlarmId, practiceLasts, rehearse } from '../health/practice.ts'
import { linesDown } from '../health/session.ts'
import type { Verdicts } from '../health/verdict.ts'
import type { Intent, PopId } from '../intent/model.ts'
import { failoverInput } from '../jobs/health/input.ts'
import { automationAuthor } from '../plan/review-automation.ts'
import type { Revision, Store } from '../store/store.ts'
import { isoTime, placeView } from './alarm-view.ts'
import { refusalView } from './automation-view.ts'
import type { HeadState } from './heads.ts'
import { proofView } from './proof-view.ts'
import { type FleetSnapshot, readFleet } from './snapshot.ts'
import type { PracticeView, RehearsalView } from './wire/practice.ts'

/** Automation's revisions are looked for among so many of the newest. */
const revisionsSearched = 500

export async function rehearsalOf(
  store: Store,
  head: HeadState,
  practice: Practice,
  nowMs: number,
): Promise<Rehearsal> {
  const { intent } = head
  const [fleet, memory, all] = await Promise.all([
    readFleet(store, intent, [practice.prefix]),
    store.health.memory(),
    store.health.verdicts(),
  ])
  const verdicts: Verdicts = {
    all,
    sick: new Map([...all].filter(([, { state }]) => state === 'sick')),
    doubtful: new Map(),
  }
  const announcedAt = (prefix: Prefix) =>
    prefix === practice.prefix ? announcing(intent, fleet, prefix) : new Set<PopId>()
  const down = linesDown(intent, (speaker, address) => fleet.established(speaker)?.has(address))
  const view = { ...head, nowMs, announcedAt }
  const input = await failoverInput(store.health, view, verdicts, memory, down, nowMs)
  const prefixes = [...input.prefixes].filter(({ prefix }) => prefix === practice.prefix)
  return rehearse({ ...input, prefixes }, practice, intent)
}

/** POPs where a path of ours is in a RIB that could be read. */
function announcing(intent: Intent, fleet: FleetSnapshot, prefix: Prefix): ReadonlySet<PopId> {
  const speakers = [...intent.speakers.values()].filter(
    ({ id }) => fleet.speaker(id)?.reach === 'up' && fleet.observed(id, prefix)?.owner === 'ours',
  )
  return new Set(speakers.map(({ pop }) => pop))
}

export function rehearsalView(
  { prefix, pop, check }: Pick<Practice, 'prefix' | 'pop' | 'check'>,
  { outcome, overlays, refused, before, after, traffic, moving, stuck, because }: Rehearsal,
  { pops }: Pick<Intent, 'pops'>,
): RehearsalView {
  const unitOf = (one: PopId) => pops.get(one)?.capacity?.unit
  const movingUnit = unitOf(pop)
  return {
    prefix,
    pop,
    check,
    outcome,
    measures: overlays.map(({ place, action, prepend, reason }) => ({
      place: placeView(place),
      action,
      ...(prepend !== undefined && { prepend }),
      reason,
    })),
    refused: refused.map(refusalView),
    before: [...before],
    after: [...after],
    ...(moving !== undefined && { moving, ...(movingUnit !== undefined && { movingUnit }) }),
    ...(stuck !== undefined && { stuck }),
    ...(because !== undefined && { because }),
    traffic: Array.from(traffic, ([one, { load, capacity }]) => {
      const unit = unitOf(one)
      return { pop: one, load, capacity, ...(unit !== undefined && { unit }) }
    }),
  }
}

export async function practiceView(store: Store, intent: Intent, nowMs: number): Promise<PracticeView> {
  const practice = await store.practices.get()
  if (practice === undefined) return { state: 'none', announced: [], refused: [], revisions: [] }
  const { prefix, pop, check, author, reason, startedAtMs, untilMs } = practice
  const alarm = practiceAlarmId(practice)
  const [latest, refusals, fleet] = await Promise.all([
    store.revisions.list({ limit: revisionsSearched }),
    store.health.refusals(),
    readFleet(store, intent, [prefix]),
  ])
  const its = latest.filter((revision) => isOf(revision, alarm, startedAtMs)).toReversed()
  const revisions = await Promise.all(
    its.map(async ({ revision, atMs, command, reason: why }) => {
      const proof = await store.proofs.get(revision)
      const told = { revision, at: isoTime(atMs), command, reason: why }
      return proof === undefined ? told : { ...told, proof: proofView(proof, intent) }
    }),
  )
  const lasts = practiceLasts(practice, intent, nowMs)
  const state = nowMs < untilMs ? 'running' : lasts ? 'returning' : 'over'
  const outAtMs = provedAtMs(its[0], revisions[0])
  const backAtMs = state === 'over' && its.length > 1 ? provedAtMs(its.at(-1), revisions.at(-1)) : undefined
  return {
    state,
    prefix,
    pop,
    check,
    alarm,
    author,
    reason,
    startedAt: isoTime(startedAtMs),
    until: isoTime(untilMs),
    announced: [...announcing(intent, fleet, prefix)].toSorted(),
    ...(outAtMs !== undefined && { outAfterMs: outAtMs - startedAtMs }),
    ...(backAtMs !== undefined && { backAfterMs: Math.max(0, backAtMs - untilMs) }),
    refused: refusals
      .filter((one) => lasts && one.prefix === prefix && `${check}/${one.subject}` === alarm)
      .map(refusalView),
    revisions,
  }
}

function provedAtMs(
  revision: Revision | undefined,
  told: PracticeView['revisions'][number] | undefined,
): number | undefined {
  const doneMs = told?.proof?.doneMs
  return revision === undefined || doneMs === undefined ? undefined : revision.atMs + doneMs
}

/** Automation laid something on, or took it away, because of this practice. */
function isOf({ author, atMs, changes }: Revision, alarm: string, startedAtMs: number): boolean {
  if (author !== automationAuthor || atMs < startedAtMs) return false
  const names = (spec: unknown) => (spec as { readonly alarm?: string } | undefined)?.alarm === alarm
  return changes.some(({ before, after }) => names(before) || names(after))
}
