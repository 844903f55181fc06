/**
 * Metrics of the dimensions of health: what probes measure, sessions, catchments, and what vantage routers see. Labels are
 * names of documents of which there are few: checks, regions, POPs, collectors; never prefixes, agents or neighbors.
 */
import { Gauge, type Registry } from 'prom-client'
import type { HealthObserver } from '../jobs/health/observer.ts'

type Observers = Pick<HealthObserver, 'observeCatchment' | 'observeVisibility' | 'observeMeasures' | 'observeSessions'>

export interface DimensionMetrics {
  readonly observers: Observers
  /** Another controller leads from now on. */
  reset(): void
}

export function createDimensionMetrics(registry: Registry): DimensionMetrics {
  const gauges = gaugesOf(registry)
  const { probes, sessions } = gauges
  const emptied = (...some: readonly { reset(): void }[]): void => {
    for (const one of some) one.reset()
  }
  return {
    observers: {
      observeMeasures(rows) {
        emptied(...Object.values(probes))
        for (const { check, region, measure } of rows) {
          const { availability, lossRatio, rttMs, jitterMs } = measure
          probes.availability.set({ check, region }, availability)
          probes.loss.set({ check, region }, lossRatio)
          if (jitterMs !== undefined) probes.jitter.set({ check, region }, jitterMs / 1000)
          if (rttMs === undefined) continue
          probes.rtt.set({ check, region, quantile: '0.5' }, rttMs.median / 1000)
          probes.rtt.set({ check, region, quantile: '0.95' }, rttMs.p95 / 1000)
        }
      },
      observeSessions(rows) {
        emptied(...Object.values(sessions))
        for (const { region, kind, established, down, losses, received, accepted } of rows) {
          sessions.states.set({ region, kind, state: 'established' }, established)
          sessions.states.set({ region, kind, state: 'down' }, down)
          sessions.losses.set({ region, kind }, losses)
          sessions.prefixes.set({ region, kind, what: 'received' }, received)
          sessions.prefixes.set({ region, kind, what: 'accepted' }, accepted)
        }
      },
      observeCatchment(lines) {
        emptied(gauges.catchment, gauges.catchmentLines)
        for (const { state, pop } of lines) {
          gauges.catchmentLines.inc({ state })
          if (state === 'named' && pop !== undefined) gauges.catchment.inc({ pop })
        }
      },
      observeVisibility(counts) {
        emptied(gauges.seen)
        for (const { collector, seen, notSeen, unknown, wrongOrigin } of counts) {
          gauges.seen.set({ collector, state: 'seen' }, seen)
          gauges.seen.set({ collector, state: 'not-seen' }, notSeen)
          gauges.seen.set({ collector, state: 'unknown' }, unknown)
          gauges.seen.set({ collector, state: 'wrong-origin' }, wrongOrigin)
        }
      },
    },
    reset() {
      const { catchment, catchmentLines, seen } = gauges
      emptied(...Object.values(probes), ...Object.values(sessions), catchment, catchmentLines, seen)
    },
  }
}

function gaugesOf(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })
  const place = ['check', 'region'] as const
  const line = ['region', 'kind'] as const
  return {
    probes: {
      availability: gauge('herald_probe_availability_ratio', 'Share of probes that were answered well, lately', place),
      loss: gauge('herald_probe_loss_ratio', 'Share of packets of probes that were lost, lately', place),
      rtt: gauge('herald_probe_rtt_seconds', 'Round trip of probes, lately, by quantile', [...place, 'quantile']),
      jitter: gauge('herald_probe_jitter_seconds', 'Jitter of probes, lately', place),
    },
    sessions: {
      states: gauge('herald_sessions', 'BGP sessions with neighbors, by kind of line', [...line, 'state']),
      losses: gauge('herald_session_losses', 'BGP sessions that were lost within ten minutes', line),
      prefixes: gauge('herald_session_prefixes', 'Prefixes of neighbors, received and accepted', [...line, 'what']),
    },
    catchment: gauge('herald_catchment', 'Announced prefixes as vantage points see them, by the POP that answers', [
      'pop',
    ]),
    catchmentLines: gauge('herald_catchment_lines', 'Announced prefixes as vantage points see them, by state', [
      'state',
    ]),
    seen: gauge(
      'herald_seen_prefixes',
      'Announced and proved prefixes by what each vantage router sees of them; wrong-origin: of all owned space',
      ['collector', 'state'],
    ),
  }
}
