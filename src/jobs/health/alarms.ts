/** Alarms follow what is wrong: verdicts, what decisions tell, agents that are suspected. Resolved ones go after a week. */
import { type Alarm, type Alarms, followConditions, verdictConditions } from '../../health/alarm.ts'
import type { Condition } from '../../health/failover-input.ts'
import type { VerdictBook } from '../../health/verdict-book.ts'
import type { Intent } from '../../intent/model.ts'
import type { CheckId } from '../../intent/monitoring.ts'
import { resolvedKeptMs } from '../../store/health.ts'
import type { Health } from '../../store/store.ts'

export interface Wrong {
  readonly book: VerdictBook
  readonly intent: Intent
  /** Of the decision. */
  readonly conditions: readonly Condition[]
  /** Of BGP sessions, given the alarms as they are. */
  readonly sessions: (alarms: Alarms) => readonly Condition[]
  readonly nowMs: number
}

export async function keepAlarms(health: Health, { book, intent, conditions, sessions, nowMs }: Wrong): Promise<void> {
  const before = await health.alarms()
  const severityOf = (check: string) => intent.checks.get(check as CheckId)?.severity ?? 'critical'
  const wrong = [
    ...verdictConditions({ all: book.all.values() }, before, severityOf),
    ...conditions,
    ...sessions(before),
    ...book.suspectedAgents().map(suspectCondition),
  ]
  const { changes } = followConditions(before, wrong, nowMs)
  // One that a person acknowledged meanwhile stays as that person left it, and is followed at the next look.
  for (const change of changes) await health.replaceAlarm(change)
  for (const alarm of before.values())
    if (isOld(alarm, nowMs)) await health.replaceAlarm({ before: alarm, after: undefined })
}

function suspectCondition({ agent, reason }: { readonly agent: string; readonly reason: string }): Condition {
  return { kind: 'agent-suspect', subject: agent, severity: 'warning', message: reason, labels: { agent } }
}

function isOld({ resolvedAtMs }: Alarm, nowMs: number): boolean {
  return resolvedAtMs !== undefined && nowMs - resolvedAtMs > resolvedKeptMs
}
