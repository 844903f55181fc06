/** What the engine tells of itself, for metrics. */
import type { FailoverDecision } from '../../health/failover-input.ts'
import type { CatchmentLine } from '../../health/catchment.ts'
import type { RegionMeasure, RegionSessions } from './measuring.ts'
import type { VisibilityCount } from '../../health/visibility-count.ts'
import type { Verdict } from '../../health/verdict.ts'

export type AgentStanding = 'heard' | 'silent'

export interface HealthObserver {
  /** All verdicts as they are now. */
  observeVerdicts(verdicts: Iterable<Verdict>): void
  /** Samples that came at once. @param lagSeconds since the newest of them was sent, by its agent's clock */
  observeSamples(count: number, lagSeconds: number): void
  /** @param outcome what became of it: nothing was new, it was committed, refused by review, or others were faster */
  observeDecision(decision: FailoverDecision, outcome: 'nothing-new' | 'committed' | 'refused' | 'stale'): void
  /** A decision was committed because of a sample. @param seconds since that was sent, by its agent's clock */
  observeDetection(seconds: number): void
  /** What vantage points see of announced prefixes now. */
  observeCatchment(lines: Iterable<CatchmentLine>): void
  /** What vantage routers see of announced prefixes now. */
  observeVisibility(counts: readonly VisibilityCount[]): void
  /** What probes measured lately, and how sessions do. */
  observeMeasures(measures: readonly RegionMeasure[]): void
  observeSessions(sessions: readonly RegionSessions[]): void
  observeAgents(agents: Readonly<Record<AgentStanding, number>>): void
  /** Staged changes that run now. @param stageRatio of the time that a stage may take, what the slowest has taken */
  observeRollouts(count: number, stageRatio: number): void
  /** Automation moved one of them. */
  observeRolloutStep(step: 'advance' | 'done' | 'rollback'): void
  /** Another controller leads from now on: what only a leader knows is not known here any more. */
  observeEnd(): void
}
