/**
 * Alarms: what is wrong now, told once per kind and subject for as long as it lasts, with a lifecycle:
 *
 *   pending ──(lasted long enough)──► firing ──(a person)──► acknowledged
 *      │                               │  ▲ └────(their time is over)───┘ │
 *      └──(over)──► dropped              └───────────(over)───────────┴──► resolved
 *
 * Herald's own alarms follow conditions, which are levels: all that is wrong now. Alarms of other systems come as events;
 * `raise` and `resolve` are for these. Both are the same alarms. Pure: time is an argument, the book is a map.
 */
import type { Condition } from './failover-input.ts'
import type { SubjectKey } from './subject.ts'
import type { Verdict } from './verdict.ts'

export type AlarmState = 'pending' | 'firing' | 'acknowledged' | 'resolved'

/** `dns/service/fra/dns`, `breaker/automation`: kind and subject. */
export type AlarmId = string & { readonly __brand: 'AlarmId' }

export interface Alarm extends Condition {
  readonly id: AlarmId
  readonly state: AlarmState
  /** `herald`, or the name of the system that raised it. */
  readonly source: string
  /** Times are milliseconds since the epoch. */
  readonly startedAtMs: number
  readonly firedAtMs?: number
  readonly acknowledged?: {
    readonly by: string
    readonly atMs: number
    readonly reason?: string
    /** Then it fires again, if it is not over. Absent: never. */
    readonly untilMs?: number
  }
  readonly resolvedAtMs?: number
}

export interface AlarmChange {
  readonly before: Alarm | undefined
  /** Undefined: a pending alarm that was nothing. */
  readonly after: Alarm | undefined
}

export type Alarms = ReadonlyMap<AlarmId, Alarm>

/** How long something must last before its alarm fires, ms. Verdicts have counted already. */
export type PendingMs = (condition: Condition) => number

const atOnce: PendingMs = () => 0

export function alarmId(kind: string, subject: string): AlarmId {
  return `${kind}/${subject}` as AlarmId
}

export function isOpen({ state }: Pick<Alarm, 'state'>): boolean {
  return state !== 'resolved'
}

export function openAlarm(alarms: Alarms, kind: string, subject: string): Alarm | undefined {
  const alarm = alarms.get(alarmId(kind, subject))
  return alarm !== undefined && isOpen(alarm) ? alarm : undefined
}

/** The alarm of a sick verdict. */
export function verdictAlarmId(check: string, subject: SubjectKey): AlarmId {
  return alarmId(check, subject)
}

/**
 * Follows what is wrong now. Alarms of `source` whose condition is gone are resolved; alarms of others are left alone.
 * @returns the alarms as they are now, and what changed, in order of id
 */
export function followConditions(
  before: Alarms,
  conditions: Iterable<Condition>,
  nowMs: number,
  { source = 'herald', pendingMs = atOnce }: { readonly source?: string; readonly pendingMs?: PendingMs } = {},
): { readonly alarms: Alarms; readonly changes: readonly AlarmChange[] } {
  const now = new Map(before)
  const wrong = new Map(Array.from(conditions, (condition) => [alarmId(condition.kind, condition.subject), condition]))
  for (const [id, condition] of wrong) now.set(id, raise(before.get(id), condition, nowMs, { source, pendingMs }))
  for (const [id, alarm] of before) {
    if (wrong.has(id) || alarm.source !== source) continue
    const after = resolve(alarm, nowMs)
    if (after === undefined) now.delete(id)
    else now.set(id, after)
  }
  return { alarms: now, changes: changesBetween(before, now) }
}

/** Something is wrong: begins an alarm, or keeps the one that is (deduplicated: one a kind and subject). */
export function raise(
  before: Alarm | undefined,
  condition: Condition,
  nowMs: number,
  { source = 'herald', pendingMs = atOnce }: { readonly source?: string; readonly pendingMs?: PendingMs } = {},
): Alarm {
  const open = before !== undefined && before.state !== 'resolved' ? before : undefined
  if (open !== undefined && open.state !== 'pending') {
    const kept = unheeded(open, nowMs)
    return same(kept, condition) ? kept : { ...kept, ...condition }
  }
  const startedAtMs = open?.startedAtMs ?? nowMs
  const base = { id: alarmId(condition.kind, condition.subject), ...condition, source, startedAtMs }
  if (nowMs - startedAtMs >= pendingMs(condition)) return { ...base, state: 'firing', firedAtMs: nowMs }
  return open !== undefined && same(open, condition) ? open : { ...base, state: 'pending' }
}

/** It is over. Undefined: it was pending, and nothing is told of it. */
export function resolve(alarm: Alarm, nowMs: number): Alarm | undefined {
  if (alarm.state === 'resolved') return alarm
  return alarm.state === 'pending' ? undefined : { ...alarm, state: 'resolved', resolvedAtMs: nowMs }
}

/**
 * A person knows. Only a firing alarm can be acknowledged; any other stays as it is.
 * @param untilMs when it fires again, if it is not over
 */
export function acknowledge(alarm: Alarm, by: string, nowMs: number, reason?: string, untilMs?: number): Alarm {
  if (alarm.state !== 'firing') return alarm
  const acknowledged = {
    by,
    atMs: nowMs,
    ...(reason !== undefined && { reason }),
    ...(untilMs !== undefined && { untilMs }),
  }
  return { ...alarm, state: 'acknowledged', acknowledged }
}

/** An acknowledgement for a while fires again after it. */
function unheeded(alarm: Alarm, nowMs: number): Alarm {
  const { acknowledged, ...rest } = alarm
  if (alarm.state !== 'acknowledged' || nowMs < (acknowledged?.untilMs ?? Infinity)) return alarm
  return { ...rest, state: 'firing' }
}

export interface AlarmDurations {
  readonly pendingMs: number
  readonly firingMs: number
  readonly untilAcknowledgedMs?: number
}

/** How long it was what, until it was resolved or until now. */
export function alarmDurations(
  { startedAtMs, firedAtMs, acknowledged, resolvedAtMs }: Alarm,
  nowMs: number,
): AlarmDurations {
  const endMs = resolvedAtMs ?? nowMs
  return {
    pendingMs: (firedAtMs ?? endMs) - startedAtMs,
    firingMs: firedAtMs === undefined ? 0 : endMs - firedAtMs,
    ...(acknowledged !== undefined &&
      firedAtMs !== undefined && { untilAcknowledgedMs: acknowledged.atMs - firedAtMs }),
  }
}

/**
 * What verdicts say is wrong. A sick verdict is; one that became unknown while its alarm was open still is, because
 * nothing says that it is over.
 * @param severityOf of a check
 */
export function verdictConditions(
  verdicts: { readonly all: Iterable<Verdict> },
  alarms: Alarms,
  severityOf: (check: string) => Condition['severity'],
): readonly Condition[] {
  const conditions: Condition[] = []
  for (const verdict of verdicts.all) {
    const { check, subject, pop, place, state, reason } = verdict
    if (state === 'healthy') continue
    const open = alarms.get(verdictAlarmId(check, subject))
    if (state === 'unknown' && (open === undefined || open.state === 'resolved')) continue
    const labels = { check, pop, ...(place.kind === 'neighbor' && { neighbor: place.neighbor }) }
    const message = state === 'sick' || open === undefined ? reason : open.message
    conditions.push({ kind: check, subject, severity: severityOf(check), message, labels })
  }
  return conditions
}

function same(alarm: Alarm, { severity, message, labels }: Condition): boolean {
  return (
    alarm.severity === severity &&
    alarm.message === message &&
    JSON.stringify(alarm.labels ?? {}) === JSON.stringify(labels ?? {})
  )
}

function changesBetween(before: Alarms, after: Alarms): readonly AlarmChange[] {
  const ids = [...new Set([...before.keys(), ...after.keys()])].sort()
  return ids
    .map((id) => ({ before: before.get(id), after: after.get(id) }))
    .filter((change) => change.before !== change.after)
}
