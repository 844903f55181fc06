/**
 * Dimensions for people and graphs: what probes measure at each place, and how BGP sessions do, told every few seconds; by
 * place to whoever looks at Redis, by check, region and kind of line for metrics. No decision depends on it.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { type Measure, MeasureBook } from '../../health/measure.ts'
import type { Sample } from '../../health/sample.ts'
import type { SessionStanding } from '../../health/session.ts'
import { watchedTasks } from '../../health/watches.ts'
import type { Intent, RegionId } from '../../intent/model.ts'
import type { Fence, Store } from '../../store/store.ts'
import type { HealthObserver } from './observer.ts'

interface MeasuringDeps extends Pick<HealthObserver, 'observeMeasures' | 'observeSessions'> {
  readonly store: Pick<Store, 'sight'>
}

/** A check in a region: all its places there together. */
export interface RegionMeasure {
  readonly check: string
  readonly region: RegionId
  readonly measure: Measure
}

/** Lines of one kind in a region. */
export interface RegionSessions {
  readonly region: RegionId
  /** Of the Neighbor document; `unnamed` where no document names the neighbor. */
  readonly kind: string
  readonly established: number
  readonly down: number
  /** How often any of them was lost within ten minutes. */
  readonly losses: number
  readonly received: number
  readonly accepted: number
}

const tellEveryMs = 5000
const placesAtOnce = 1000

export class Measuring {
  readonly #deps: MeasuringDeps
  readonly #fence: Fence
  readonly #book = new MeasureBook()
  #toldAtMs = -Infinity
  #told = ''

  constructor(deps: MeasuringDeps, fence: Fence) {
    this.#deps = deps
    this.#fence = fence
  }

  take(samples: readonly Sample[], nowMs: number): void {
    this.#book.take(samples, nowMs)
  }

  async look(intent: Intent, sessions: readonly SessionStanding[], nowMs: number): Promise<void> {
    if (nowMs - this.#toldAtMs < tellEveryMs) return
    this.#toldAtMs = nowMs
    const groups = new Map(
      watchedTasks(intent).flatMap(({ task, check, subject }) => {
        const region = intent.pops.get(subject.pop)?.region
        return region === undefined ? [] : [[task, `${check} ${region}`] as const]
      }),
    )
    this.#book.keep(groups)
    const grouped = this.#book.grouped((task) => groups.get(task), nowMs)
    this.#deps.observeMeasures(
      Array.from(grouped, ([name, measure]): RegionMeasure => {
        const [check = '', region = ''] = name.split(' ')
        return { check, region: region as RegionId, measure }
      }),
    )
    this.#deps.observeSessions(regionSessions(intent, sessions))
    const losses = sessions.flatMap(({ speaker, address, losses: lately }) =>
      lately === 0 ? [] : [[`${speaker} ${address}`, lately] as const],
    )
    const told = { checks: await this.#measures(nowMs), losses }
    const text = JSON.stringify(told)
    if (text !== this.#told) await this.#deps.store.sight.tellMeasures(this.#fence, { atMs: nowMs, ...told })
    this.#told = text
  }

  /** Tens of thousands of places at full size: others come in between. */
  async #measures(nowMs: number): Promise<readonly (readonly [string, Measure])[]> {
    const all: (readonly [string, Measure])[] = []
    for (const [task, measure] of this.#book.measures(nowMs)) {
      all.push([task, rounded(measure)])
      if (all.length % placesAtOnce === 0) await turn()
    }
    return all
  }
}

function rounded({ availability, lossRatio, rttMs, jitterMs }: Measure): Measure {
  const to = (value: number): number => Math.round(value * 10_000) / 10_000
  return {
    availability: to(availability),
    lossRatio: to(lossRatio),
    ...(rttMs !== undefined && { rttMs: { median: to(rttMs.median), p95: to(rttMs.p95) } }),
    ...(jitterMs !== undefined && { jitterMs: to(jitterMs) }),
  }
}

function regionSessions(intent: Intent, sessions: readonly SessionStanding[]): readonly RegionSessions[] {
  const groups = new Map<string, { -readonly [K in keyof RegionSessions]: RegionSessions[K] }>()
  for (const { place, established, losses, received, accepted } of sessions) {
    const region = intent.pops.get(place.pop)?.region
    if (region === undefined) continue
    const kind = place.neighbor === undefined ? 'unnamed' : (intent.neighbors.get(place.neighbor)?.kind ?? 'unnamed')
    const key = `${region} ${kind}`
    const group = groups.get(key) ?? { region, kind, established: 0, down: 0, losses: 0, received: 0, accepted: 0 }
    groups.set(key, group)
    group[established ? 'established' : 'down']++
    group.losses += losses
    group.received += received
    group.accepted += accepted
  }
  return [...groups.values()]
}
