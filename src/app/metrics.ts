/**
 * Metrics in Prometheus' text format: what the controller itself did. Base units, no series per prefix; sessions and
 * peers are GoBGP's own metrics and are not repeated here.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { ActionKind, HeldReason } from '../plan/action.ts'
import type { Plan } from '../plan/plan.ts'
import type { Store } from '../store/store.ts'
import type { LearnerObserver } from '../jobs/learner/observer.ts'
import { type HealthMetrics, createHealthMetrics } from './health-metrics.ts'
import { createLearnerMetrics } from './learner-metrics.ts'

export interface Metrics {
  readonly contentType: string
  render(): Promise<string>
  readonly observers: Observers
}

export interface Observers extends Readonly<HealthMetrics['observers']>, LearnerObserver {
  /** @param held how much is held now in all, by reason */
  observePlan(seconds: number, plan: Plan, held: ReadonlyMap<HeldReason, number>): void
  observeApply(seconds: number, outcome: 'ok' | 'failed'): void
}

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics(store: Store): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'herald_' })
  const registers = [registry]
  const plan = new Histogram({
    name: 'herald_plan_seconds',
    help: 'Time one plan took',
    buckets: latencyBuckets,
    registers,
  })
  const apply = new Histogram({
    name: 'herald_apply_seconds',
    help: 'Time one apply of one speaker took',
    labelNames: ['outcome'],
    buckets: latencyBuckets,
    registers,
  })
  const actions = new Counter({
    name: 'herald_actions_total',
    help: 'Decisions taken, by kind',
    labelNames: ['kind'],
    registers,
  })
  const held = new Gauge({
    name: 'herald_held',
    help: 'Decisions held back now, by reason',
    labelNames: ['reason'],
    registers,
  })
  const revision = new Gauge({ name: 'herald_revision', help: 'Head revision of intent', registers })
  const speakers = new Gauge({ name: 'herald_speakers', help: 'Speakers, by reach', labelNames: ['reach'], registers })
  const lag = new Gauge({ name: 'herald_speakers_lagging', help: 'Speakers with decisions not applied', registers })

  const health = createHealthMetrics(registry)
  const learner = createLearnerMetrics(registry)

  async function readStore(): Promise<void> {
    revision.set((await store.revisions.head())?.revision ?? 0)
    const reach = { up: 0, unknown: 0 }
    let lagging = 0
    for (const { status, decided, applied } of (await store.speakers.states()).values()) {
      reach[status?.reach ?? 'unknown']++
      if (decided > applied) lagging++
    }
    speakers.set({ reach: 'up' }, reach.up)
    speakers.set({ reach: 'unknown' }, reach.unknown)
    lag.set(lagging)
  }

  return {
    contentType: registry.contentType,
    async render() {
      await Promise.all([readStore(), health.read(store)]).catch(() => undefined) // a scrape must work while Redis is away
      return registry.metrics()
    },
    observers: {
      ...health.observers,
      ...learner,
      observePlan(seconds, { actions: taken }, back) {
        plan.observe(seconds)
        for (const { kind } of taken) actions.inc({ kind } satisfies { kind: ActionKind })
        held.reset()
        for (const [reason, count] of back) held.set({ reason }, count)
      },
      observeApply(seconds, outcome) {
        apply.observe({ outcome }, seconds)
      },
    },
  }
}
