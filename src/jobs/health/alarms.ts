/** Alarms follow what is wrong: verdicts, what decisions tell, agents that are suspected. Resolved ones go after a week. */
import { type Alarm, type Alarms, followConditions, verdictConditions } from '../../health/alarm.ts'
import { truncationCondition } from '../../health/alert.ts'
import type { Condition } from '../../health/failover-input.ts'
import type { VerdictBook } from '../../health/verdict-book.ts'
import type { Intent } from '../../intent/model.ts'
import type { Verdict } from '../../health/verdict.ts'
import type { AlertMappingId, CheckId } from '../../intent/monitoring.ts'
import { resolvedKeptMs } from '../../store/health.ts'
import type { StoredAlerts } from '../../store/alarm-traffic.ts'
import type { Health } from '../../store/store.ts'

export interface Wrong {
  readonly book: VerdictBook
  /** Verdicts of other systems, and their last messages. */
  readonly told: readonly Verdict[]
  readonly alerts: StoredAlerts
  readonly intent: Intent
  /** Of the decision. */
  readonly conditions: readonly Condition[]
  /** Of BGP sessions and of what vantage routers see, given the alarms as they are. */
  readonly sessions: (alarms: Alarms) => readonly Condition[]
  readonly nowMs: number
}

/** The source of alarms that other systems raised. */
const otherSystem = 'alertmanager'

export async function keepAlarms(health: Health, wrong: Wrong): Promise<void> {
  const { book, intent, conditions, nowMs } = wrong
  const before = await health.alarms()
  const severityOf = (check: string) => intent.checks.get(check as CheckId)?.severity ?? 'critical'
  const own = followConditions(
    before,
    [
      ...verdictConditions({ all: book.all.values() }, before, severityOf),
      ...conditions,
      ...wrong.sessions(before),
      ...book.suspectedAgents().map(suspectCondition),
    ],
    nowMs,
  )
  const others = followConditions(own.alarms, toldConditions(wrong, own.alarms), nowMs, { source: otherSystem })
  // One that a person acknowledged meanwhile stays as that person left it, and is followed at the next look.
  for (const change of [...own.changes, ...others.changes]) await health.replaceAlarm(change)
  for (const alarm of before.values())
    if (isOld(alarm, nowMs)) await health.replaceAlarm({ before: alarm, after: undefined })
}

function toldConditions({ told, alerts, intent }: Wrong, before: Alarms): readonly Condition[] {
  const severityOf = (mapping: string) => intent.alertMappings.get(mapping as AlertMappingId)?.severity ?? 'critical'
  return [
    ...verdictConditions({ all: told }, before, severityOf),
    ...Array.from(alerts.truncated, ([source, left]) => truncationCondition(source, left)),
  ]
}

function suspectCondition({ agent, reason }: { readonly agent: string; readonly reason: string }): Condition {
  return { kind: 'agent-suspect', subject: agent, severity: 'warning', message: reason, labels: { agent } }
}

function isOld({ resolvedAtMs }: Alarm, nowMs: number): boolean {
  return resolvedAtMs !== undefined && nowMs - resolvedAtMs > resolvedKeptMs
}
