/** Alarms, verdicts and agents as the API shows them. */
import { type Alarm, alarmDurations } from '../health/alarm.ts'
import { allowedSilences, overdueAgents } from '../health/agent-overdue.ts'
import { isDamped, penaltyAt } from '../health/penalty.ts'
import type { Measure } from '../health/measure.ts'
import type { Verdict } from '../health/verdict.ts'
import { watchedTasks } from '../health/watches.ts'
import type { Intent } from '../intent/model.ts'
import type { Agent, AgentId, FailoverPlace } from '../intent/monitoring.ts'
import type { ToldMeasures } from '../store/sight.ts'
import type { AgentState } from '../store/store.ts'
import type { AgentView, AlarmView, VerdictView } from './wire/alarm.ts'

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString()
}

export function alarmView(alarm: Alarm, nowMs: number): AlarmView {
  const { id, state, severity, kind, subject, message, labels, source, startedAtMs, firedAtMs, resolvedAtMs } = alarm
  const { acknowledged } = alarm
  const { pendingMs, firingMs } = alarmDurations(alarm, nowMs)
  return {
    id,
    state,
    severity,
    kind,
    subject,
    message,
    labels: { ...labels },
    source,
    startedAt: isoTime(startedAtMs),
    ...(firedAtMs !== undefined && { firedAt: isoTime(firedAtMs) }),
    ...(acknowledged !== undefined && {
      acknowledged: {
        by: acknowledged.by,
        at: isoTime(acknowledged.atMs),
        ...(acknowledged.reason !== undefined && { reason: acknowledged.reason }),
        ...(acknowledged.untilMs !== undefined && { until: isoTime(acknowledged.untilMs) }),
      },
    }),
    ...(resolvedAtMs !== undefined && { resolvedAt: isoTime(resolvedAtMs) }),
    pendingMs,
    firingMs,
  }
}

const stateOrder = { firing: 0, acknowledged: 1, pending: 2, resolved: 3 } as const
const severityOrder = { critical: 0, warning: 1, info: 2 } as const

/** What is open and grave first; then the newest. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    stateOrder[a.state] - stateOrder[b.state] ||
    severityOrder[a.severity] - severityOrder[b.severity] ||
    b.startedAtMs - a.startedAtMs ||
    (a.id < b.id ? -1 : 1)
  )
}

export function placeView(place: FailoverPlace): { kind: 'pop' | 'neighbor'; name: string } {
  return { kind: place.kind, name: place.kind === 'pop' ? place.pop : place.neighbor }
}

/** @param measured of its check there, where that is known */
export function verdictView(verdict: Verdict, nowMs: number, measured?: Measure): VerdictView {
  const { check, subject, pop, place, prefix, state, sinceMs, reason, penalty, holdDownMs, evidence } = verdict
  const { completedBy } = verdict
  const { failed, ok, unknown, quorum } = evidence
  return {
    check,
    subject,
    pop,
    place: placeView(place),
    ...(prefix !== undefined && { prefix }),
    state,
    since: isoTime(sinceMs),
    reason,
    penalty: {
      value: Math.round(penaltyAt(penalty, nowMs)),
      ...(isDamped(penalty, nowMs) && { dampedUntil: isoTime(penalty.suppressedUntilMs ?? nowMs) }),
    },
    holdDownMs,
    evidence: { failed: [...failed], ok: [...ok], unknown: [...unknown], quorum },
    ...(completedBy !== undefined && {
      completedBy: {
        agent: completedBy.agent,
        sentAt: isoTime(completedBy.sentAtMs),
        receivedAt: isoTime(completedBy.receivedAtMs),
      },
    }),
    ...(measured !== undefined && { measured: { ...measured } }),
  }
}

/** What a leader told longer ago is history. */
const freshWithinMs = 30_000

/** By task; none where nobody leads. */
export function freshMeasures(told: ToldMeasures | undefined, nowMs: number): ReadonlyMap<string, Measure> {
  return new Map(told === undefined || nowMs - told.atMs > freshWithinMs ? [] : told.checks)
}

/** By `speaker address`. */
export function freshLosses(told: ToldMeasures | undefined, nowMs: number): ReadonlyMap<string, number> {
  return new Map(told === undefined || nowMs - told.atMs > freshWithinMs ? [] : told.losses)
}

/** Those that documents name, and those that were heard of without any. */
export function agentViews(intent: Intent, seen: ReadonlyMap<AgentId, AgentState>, nowMs: number): AgentView[] {
  const tasks = new Map<string, number>()
  for (const { agents } of watchedTasks(intent))
    for (const agent of agents) tasks.set(agent, (tasks.get(agent) ?? 0) + 1)
  const allowed = allowedSilences(intent)
  const overdue = new Set(overdueAgents(intent, seen, nowMs).map(({ agent }) => agent))
  const names = [...new Set([...intent.agents.keys(), ...seen.keys()])].sort()
  return names.map((id) => {
    const document = intent.agents.get(id)
    const known = seen.get(id)
    const state = document === undefined ? 'unnamed' : overdue.has(id) ? 'silent' : allowed.has(id) ? 'heard' : 'idle'
    return {
      id,
      ...(document !== undefined && { place: placeWords(document) }),
      tasks: tasks.get(id) ?? 0,
      state,
      ...(known !== undefined && { seenAt: isoTime(known.seenAtMs), silentMs: Math.max(0, nowMs - known.seenAtMs) }),
      dropped: known?.dropped ?? 0,
    }
  })
}

function placeWords({ place }: Agent): string {
  if (place.kind === 'pop') return `POP ${place.pop}`
  const named = place.label === undefined ? '' : ` (${place.label})`
  return place.region === undefined ? `vantage point${named}` : `vantage point in ${place.region}${named}`
}
