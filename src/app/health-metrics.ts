/** Metrics of what automation sees, does and tells. No series per prefix, subject or agent. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { HealthObserver } from '../jobs/health/observer.ts'
import type { NoticeOutcome } from '../notify/outlet.ts'
import type { Store } from '../store/store.ts'
import { createDimensionMetrics } from './dimension-metrics.ts'

export interface HealthMetrics {
  readonly observers: HealthObserver & { observeNotice(receiver: string, outcome: NoticeOutcome): void }
  /** Reads what is in Redis, before a scrape is answered. */
  read(store: Pick<Store, 'health' | 'notices'>): Promise<void>
}

const detectionBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createHealthMetrics(registry: Registry): HealthMetrics {
  const gauge = gaugesOf(registry)
  const counter = countersOf(registry)
  const dimensions = createDimensionMetrics(registry)
  const lag = histogram(registry, 'herald_sample_lag_seconds', 'From when samples were sent until they were taken')
  const detection = histogram(
    registry,
    'herald_detection_seconds',
    'From when the last needed sample was sent until automation had decided',
  )
  return {
    observers: {
      ...dimensions.observers,
      observeVerdicts(verdicts) {
        gauge.subjects.reset()
        for (const { check, state } of verdicts) gauge.subjects.inc({ check, state })
      },
      observeSamples(count, lagSeconds) {
        counter.samples.inc(count)
        lag.observe(Math.max(0, lagSeconds))
      },
      observeDecision({ overlays, conditions }, outcome) {
        if (outcome !== 'nothing-new') counter.decisions.inc({ outcome })
        gauge.standing.reset()
        for (const { action } of overlays) gauge.standing.inc({ action })
        const kinds = new Set(conditions.map(({ kind }) => kind))
        gauge.brake.set({ brake: 'breaker' }, Number(kinds.has('breaker')))
        gauge.brake.set({ brake: 'correlation' }, Number(kinds.has('monitoring-suspect')))
      },
      observeDetection: (seconds) => detection.observe(Math.max(0, seconds)),
      observeAgents({ heard, silent }) {
        gauge.agents.set({ state: 'heard' }, heard)
        gauge.agents.set({ state: 'silent' }, silent)
      },
      observeRollouts(count, stageRatio) {
        gauge.rollouts.set(count)
        gauge.rolloutStage.set(stageRatio)
      },
      observeRolloutStep: (step) => counter.rolloutSteps.inc({ step }),
      observeEnd() {
        gauge.rollouts.set(0)
        gauge.rolloutStage.set(0)
        dimensions.reset()
        for (const one of [gauge.subjects, gauge.standing, gauge.brake, gauge.agents]) one.reset()
      },
      observeNotice: (receiver, outcome) => counter.notices.inc({ receiver, outcome }),
    },
    async read({ health, notices }) {
      const [alarms, refusals, receivers] = await Promise.all([health.alarms(), health.refusals(), notices.states()])
      gauge.alarms.reset()
      for (const { severity, state } of alarms.values()) gauge.alarms.inc({ severity, state })
      gauge.refusals.reset()
      for (const { guard } of refusals) gauge.refusals.inc({ guard })
      gauge.failing.set([...receivers.values()].filter(({ failure }) => failure !== undefined).length)
      gauge.waiting.set([...receivers.values()].reduce((sum, { waiting }) => sum + waiting, 0))
    },
  }
}

function gaugesOf(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })
  return {
    subjects: gauge('herald_subjects', 'Services, lines and paths watched, by check and verdict', ['check', 'state']),
    alarms: gauge('herald_alarms', 'Alarms of the last week, by severity and state', ['severity', 'state']),
    standing: gauge('herald_automation_standing', 'Measures that automation wants laid on top, by action', ['action']),
    brake: gauge('herald_automation_brake', '1 while a brake stops automation: breaker (G2), correlation (G3)', [
      'brake',
    ]),
    refusals: gauge('herald_automation_refusals', 'What automation would do and does not, by guard', ['guard']),
    agents: gauge('herald_agents', 'Agents that have something to probe: heard of, or silent', ['state']),
    rollouts: gauge('herald_rollouts', 'Staged changes on their way'),
    rolloutStage: gauge(
      'herald_rollout_stage_ratio',
      'Of the time that a stage of a staged change may take, what the slowest has taken',
    ),
    failing: gauge('herald_receivers_failing', 'Receivers whose last notice failed'),
    waiting: gauge('herald_notices_waiting', 'Notices that wait to be told'),
  }
}

function countersOf(registry: Registry) {
  const registers = [registry]
  const rolloutSteps = new Counter({
    name: 'herald_rollout_steps_total',
    help: 'Steps of staged changes that automation took: advance, done, rollback',
    labelNames: ['step'],
    registers,
  })
  // Prometheus sees no increase in a series that begins at 1.
  for (const step of ['advance', 'done', 'rollback']) rolloutSteps.inc({ step }, 0)
  return {
    samples: new Counter({ name: 'herald_samples_total', help: 'Samples of agents that were judged', registers }),
    decisions: new Counter({
      name: 'herald_automation_decisions_total',
      help: 'Decisions of automation that wanted a change, by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    rolloutSteps,
    notices: new Counter({
      name: 'herald_notices_total',
      help: 'Attempts to tell receivers of alarms, by outcome',
      labelNames: ['receiver', 'outcome'],
      registers,
    }),
  }
}

function histogram(registry: Registry, name: string, help: string): Histogram {
  return new Histogram({ name, help, buckets: detectionBuckets, registers: [registry] })
}
