/** Metrics of the path learner. No series per place. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { LearnerObserver } from '../jobs/learner/observer.ts'
import { realisedMs } from '../learning/revert.ts'

export function createLearnerMetrics(registry: Registry): LearnerObserver {
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers })
  const moves = counter('herald_learner_moves_total', 'Moves decided, by cause, and whether they were carried out', [
    'cause',
    'applied',
  ])
  const held = counter('herald_learner_held_total', 'Moves that a guard stopped, by guard', ['guard'])
  const med = counter('herald_learner_med_total', 'Changes of MED, by what was seen of them', ['outcome'])
  const trials = counter('herald_learner_trials_total', 'Challenger settings whose day in shadow ended, by verdict', [
    'verdict',
  ])
  const night = new Histogram({
    name: 'herald_learner_replay_seconds',
    help: "From the first to the last slice of one place's replay",
    buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300],
    registers,
  })
  const places = gauge('herald_learner_places', 'Places where something is chosen, by mode', ['mode'])
  const gain = gauge(
    'herald_learner_realised_gain_seconds',
    'Round trip that the standing moves save, as measured since, added up over places',
  )
  const ignored = gauge('herald_learner_med_ignored', 'Groups whose ASes ignore MED')
  const inTrial = gauge('herald_learner_trials_running', 'Places where a challenger setting decides in shadow')
  return {
    observePlaces(fleet, modes) {
      places.reset()
      for (const mode of modes.values()) places.inc({ mode })
      const all = Object.values(fleet.places)
      let savedMs = 0
      for (const { committed, learner } of all)
        if (committed !== null && learner.lastMove?.to === committed) savedMs += realisedMs(learner.lastMove) ?? 0
      gain.set(savedMs / 1000)
      ignored.set(all.filter(({ entry }) => entry?.phase.kind === 'ignored').length)
      inTrial.set(all.filter(({ tuned }) => tuned.trial !== null).length)
    },
    observeLearned(decision) {
      if (decision.kind === 'held') held.inc({ guard: decision.guard })
      else if (decision.kind === 'move') moves.inc({ cause: decision.cause, applied: String(decision.applied) })
    },
    observeMed: (verdict) => med.inc({ outcome: verdict.kind === 'confirmed' ? verdict.kind : verdict.reason }),
    observeTrial: (verdict) => trials.inc({ verdict }),
    observeNight: (seconds) => night.observe(seconds),
    observeLearnerEnd() {
      for (const one of [places, gain, ignored, inTrial]) one.reset()
    },
  }
}
