/**
 * A rehearsed failover: for a while one POP counts as sick for one prefix, by a verdict like that of an alert, and what
 * automation does about it is what it would do on the day: the same decision, the same guards, the same return. Dry, the
 * same decision is made twice, with the verdict and without, and the difference is told.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { FailoverOverlay } from '../intent/edit/failover.ts'
import type { Intent, PopId } from '../intent/model.ts'
import type { AlertMappingId, CheckId } from '../intent/monitoring.ts'
import { type AlarmId, verdictAlarmId } from './alarm.ts'
import { decideFailover } from './failover.ts'
import type { Condition, FailoverDecision, FailoverInput, PrefixState, Refusal, Traffic } from './failover-input.ts'
import { flapBudget } from './failover-limits.ts'
import { type HealthGuards, allHealthGuards } from './guards.ts'
import { noPenalty } from './penalty.ts'
import { subjectKey } from './subject.ts'
import { type Verdict, joinedVerdicts, placeText, verdictKey } from './verdict.ts'

/** Plain data, so that it can be stored. One at a time. */
export interface Practice {
  readonly prefix: Prefix
  readonly pop: PopId
  /** The check, or mapping, of the prefix's policy that is said to fail. */
  readonly check: CheckId | AlertMappingId
  readonly author: string
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  /** Well again from then on, by itself. */
  readonly untilMs: number
}

/** Where the check says nothing. */
const holdDownMs = 60_000

/** Apart from that of the real service, so that neither resolves the other's alarm. */
function subjectOfPractice(pop: PopId) {
  return subjectKey({ kind: 'service', pop, service: 'practice' })
}

export function practiceAlarmId({ check, pop }: Pick<Practice, 'check' | 'pop'>): AlarmId {
  return verdictAlarmId(check, subjectOfPractice(pop))
}

/** The check that a practice says to fail: the first of the policy that is about POPs. Undefined: there is none. */
export function practisedCheck(
  { checks, alertMappings }: Pick<Intent, 'checks' | 'alertMappings'>,
  policy: PrefixState['policy'],
): Practice['check'] | undefined {
  return policy.checks.find((name) => {
    const check = checks.get(name as CheckId)
    return check === undefined
      ? alertMappings.get(name as AlertMappingId)?.pop !== undefined
      : check.subject !== 'neighbor'
  })
}

/**
 * @param seenAtMs when automation saw it first; part of the time line
 */
export function practiceVerdict(
  practice: Practice,
  { checks }: Pick<Intent, 'checks'>,
  nowMs: number,
  seenAtMs = nowMs,
): Verdict {
  const { prefix, pop, check, author, startedAtMs, untilMs } = practice
  const sick = nowMs < untilMs
  return {
    check,
    subject: subjectOfPractice(pop),
    pop,
    place: { kind: 'pop', pop },
    prefix,
    state: sick ? 'sick' : 'healthy',
    sinceMs: sick ? startedAtMs : untilMs,
    reason: sick ? practiceWords(practice) : `the practice of ${author} at ${pop} is over`,
    penalty: noPenalty,
    holdDownMs: checks.get(check as CheckId)?.holdDownMs ?? holdDownMs,
    evidence: { failed: sick ? ['practice'] : [], ok: sick ? [] : ['practice'], unknown: [], quorum: 1 },
    ...(sick && {
      completedBy: { agent: 'practice', sequence: 0, sentAtMs: startedAtMs, receivedAtMs: seenAtMs },
    }),
  }
}

/** It runs, or what automation laid on because of it still stands. */
export function practiceLasts(practice: Practice, { failovers }: Pick<Intent, 'failovers'>, nowMs: number): boolean {
  if (nowMs < practice.untilMs) return true
  const id = practiceAlarmId(practice)
  return [...failovers.values()].some(({ alarm, prefix }) => alarm === id && prefix === practice.prefix)
}

/** An alarm for as long as it runs, so that nobody takes it for the real thing. */
export function practiceCondition(practice: Practice): Condition {
  const { prefix, pop, check } = practice
  return {
    kind: check,
    subject: subjectOfPractice(pop),
    severity: 'info',
    message: practiceWords(practice),
    labels: { practice: 'true', prefix, pop, check },
  }
}

function practiceWords({ author, pop, prefix, reason }: Practice): string {
  return `practice of ${author}: ${pop} counts as sick for ${prefix} (${reason})`
}

export interface Rehearsal {
  /** `out`: it would be taken out, drained or prepended. */
  readonly outcome: 'out' | 'refused' | 'nothing'
  /** What automation would lay on, beyond what stands or is due anyway. */
  readonly overlays: readonly FailoverOverlay[]
  /** By which guards it would be refused. */
  readonly refused: readonly Refusal[]
  /** Who announces it now, and who would then. */
  readonly before: readonly PopId[]
  readonly after: readonly PopId[]
  /** Of those that stay, where it is known. */
  readonly traffic: ReadonlyMap<PopId, Traffic>
  /** Load that would move, where it is known. */
  readonly moving?: number
  /** Why it would not come back when the practice is over, in a sentence. */
  readonly stuck?: string
  /** Why nothing would be decided, in a sentence. */
  readonly because?: string
}

/** What automation would decide now. Nothing is done. */
export function rehearse(
  input: FailoverInput,
  practice: Practice,
  intent: Pick<Intent, 'checks'>,
  guards: HealthGuards = allHealthGuards,
): Rehearsal {
  const { prefix, pop } = practice
  const prefixes = [...input.prefixes]
  const state = prefixes.find((one) => one.prefix === prefix)
  const verdict = practiceVerdict(practice, intent, input.nowMs)
  const plain = decideFailover({ ...input, prefixes }, guards)
  const sick = decideFailover({ ...input, prefixes, verdicts: joinedVerdicts(input.verdicts, [verdict]) }, guards)
  const known = new Set(plain.overlays.map((overlay) => JSON.stringify(overlay)))
  const overlays = sick.overlays.filter((one) => one.prefix === prefix && !known.has(JSON.stringify(one)))
  const refused = sick.refused.filter((one) => one.prefix === prefix && one.subject === verdict.subject)
  const before = state === undefined ? [] : announcing(state, plain.overlays)
  const after = state === undefined ? [] : announcing(state, sick.overlays)
  const stuck = state === undefined ? undefined : stuckBecause(state, practice, input)
  const moving = before.includes(pop) && !after.includes(pop) ? input.traffic.get(pop)?.load : undefined
  const outcome = refused.length > 0 ? 'refused' : overlays.length > 0 ? 'out' : 'nothing'
  const because = outcome === 'nothing' ? nothingBecause(state, practice, plain) : undefined
  return {
    outcome,
    overlays,
    refused,
    before,
    after,
    traffic: new Map([...input.traffic].filter(([one]) => after.includes(one))),
    ...(moving !== undefined && { moving }),
    ...(stuck !== undefined && { stuck }),
    ...(because !== undefined && { because }),
  }
}

function nothingBecause(
  state: PrefixState | undefined,
  { prefix, pop }: Practice,
  { overlays, refused }: FailoverDecision,
): string {
  const laid = overlays.find(
    (one) => one.prefix === prefix && one.place.kind === 'pop' && one.place.pop === pop && one.action !== 'activate',
  )
  if (laid !== undefined) return `automation has said ${laid.action} there already: ${laid.reason}`
  if (state?.desired.has(pop) !== true) return `${prefix} is not announced at ${pop}, or drained there`
  const held = refused.find(
    (one) => one.prefix === prefix && one.wanted === 'out' && one.place.kind === 'pop' && one.place.pop === pop,
  )
  if (held !== undefined) return `${pop} is really sick, and automation may not take it out: ${held.message}`
  return `automation has nothing to do about ${prefix} at ${pop}`
}

/** What is out comes back when all checks there say healthy, and not within the flap budget (failover-return). */
function stuckBecause(
  { prefix, policy }: PrefixState,
  { pop, untilMs }: Practice,
  { verdicts, memory }: FailoverInput,
): string | undefined {
  const place = { kind: 'pop', pop } as const
  const unclear = policy.checks
    .flatMap((check) => [
      verdicts.all.get(verdictKey(check, place)),
      verdicts.all.get(verdictKey(check, place, prefix)),
    ])
    .find((verdict) => verdict !== undefined && verdict.state !== 'healthy')
  if (unclear !== undefined) return `${pop} would not come back by itself: ${unclear.reason}`
  const backs = memory.ledger.filter(
    (entry) => entry.what === 'back' && entry.prefix === prefix && placeText(entry.place) === placeText(place),
  )
  const dueAtMs = Math.max(-Infinity, ...backs.map(({ atMs }) => atMs)) + flapBudget.cycleMs
  if (dueAtMs <= untilMs) return undefined
  const minutes = Math.ceil((dueAtMs - untilMs) / 60_000)
  return `${pop} came back a short while ago, and would stay out for up to ${minutes} min more than the practice lasts (G15)`
}

/** POPs that would announce it with these on top. */
function announcing({ prefix, desired }: PrefixState, overlays: readonly FailoverOverlay[]): readonly PopId[] {
  const pops = new Set(desired)
  for (const overlay of overlays) {
    if (overlay.prefix !== prefix || overlay.place.kind !== 'pop') continue
    if (overlay.action === 'activate') pops.add(overlay.place.pop)
    else if (overlay.action !== 'prepend') pops.delete(overlay.place.pop)
  }
  return [...pops].toSorted()
}
