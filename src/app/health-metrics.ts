/** Metrics of what automation sees and does: checks, alarms, receivers. No series per prefix, subject or agent. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Verdict } from '../health/verdict.ts'
import type { NoticeOutcome } from '../notify/outlet.ts'

export interface HealthMetrics {
  observeVerdicts(verdicts: Iterable<Verdict>): void
  observeNotice(receiver: string, outcome: NoticeOutcome): void
}

export function createHealthMetrics(registry: Registry): HealthMetrics {
  const registers = [registry]
  const subjects = new Gauge({
    name: 'herald_subjects',
    help: 'Services, lines and paths watched, by check and verdict',
    labelNames: ['check', 'state'],
    registers,
  })
  const notices = new Counter({
    name: 'herald_notices_total',
    help: 'Attempts to tell receivers of alarms, by outcome',
    labelNames: ['receiver', 'outcome'],
    registers,
  })
  return {
    observeVerdicts(verdicts) {
      subjects.reset()
      for (const { check, state } of verdicts) subjects.inc({ check, state })
    },
    observeNotice(receiver, outcome) {
      notices.inc({ receiver, outcome })
    },
  }
}
