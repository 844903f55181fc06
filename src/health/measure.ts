/**
 * What probes measure at each place: availability, loss, round trip and jitter, of all agents together, as they were lately
 * (weights halve every half minute). Only for people and graphs: verdicts have rules of their own (health/detector, window).
 * Pure: time is an argument. A sample costs O(1).
 */
import type { Sample } from './sample.ts'
import { Sketch } from './sketch.ts'

export interface Measure {
  /** Share of probes that were answered well, 0 to 1. */
  readonly availability: number
  /** Share of packets lost, 0 to 1. */
  readonly lossRatio: number
  /** Absent where no probe was answered. */
  readonly rttMs?: { readonly median: number; readonly p95: number }
  /** Absent where the probe measures none. */
  readonly jitterMs?: number
}

const halfLifeMs = 30_000
/** What nobody probed for so long is not known any more. */
const heardWithinMs = 60_000
/** Weights grow up to this, then all are scaled down: single precision keeps them apart. */
const largestWeight = 2 ** 30

class Tally {
  heardAtMs = -Infinity
  readonly rtts = new Sketch()
  samples = 0
  ok = 0
  lost = 0
  jitters = 0
  jitterMs = 0

  scale(factor: number): void {
    this.rtts.scale(factor)
    for (const name of ['samples', 'ok', 'lost', 'jitters', 'jitterMs'] as const) this[name] *= factor
  }

  merge(other: Tally): void {
    this.rtts.merge(other.rtts)
    for (const name of ['samples', 'ok', 'lost', 'jitters', 'jitterMs'] as const) this[name] += other[name]
    this.heardAtMs = Math.max(this.heardAtMs, other.heardAtMs)
  }

  measure(): Measure {
    const { samples, ok, lost, jitters, jitterMs, rtts } = this
    const [median, p95] = [rtts.quantile(0.5), rtts.quantile(0.95)]
    return {
      availability: ok / samples,
      lossRatio: lost / samples,
      ...(median !== undefined && p95 !== undefined && { rttMs: { median, p95 } }),
      ...(jitters > 0 && { jitterMs: jitterMs / jitters }),
    }
  }
}

export class MeasureBook {
  readonly #tallies = new Map<string, Tally>()
  #scaleFromMs: number | undefined

  /** Tasks that are not among these are forgotten. */
  keep(tasks: { has(task: string): boolean }): void {
    for (const task of this.#tallies.keys()) if (!tasks.has(task)) this.#tallies.delete(task)
  }

  take(samples: readonly Sample[], nowMs: number): void {
    const weight = this.#weight(nowMs)
    for (const { task, outcome, rttMs, lossRatio, jitterMs } of samples) {
      if (outcome === 'unknown') continue
      let tally = this.#tallies.get(task)
      if (tally === undefined) this.#tallies.set(task, (tally = new Tally()))
      tally.heardAtMs = nowMs
      tally.samples += weight
      if (outcome === 'ok') tally.ok += weight
      tally.lost += weight * (lossRatio ?? (outcome === 'fail' ? 1 : 0))
      if (rttMs !== undefined) tally.rtts.add(rttMs, weight)
      if (jitterMs === undefined) continue
      tally.jitters += weight
      tally.jitterMs += weight * jitterMs
    }
  }

  /** By task; those of which nothing was heard lately are left out. */
  *measures(nowMs: number): Iterable<readonly [string, Measure]> {
    for (const [task, tally] of this.#tallies)
      if (nowMs - tally.heardAtMs <= heardWithinMs && tally.samples > 0) yield [task, tally.measure()]
  }

  /** Of several tasks together, such as those of a check in a region. @param groupOf undefined: it is left out */
  grouped(groupOf: (task: string) => string | undefined, nowMs: number): ReadonlyMap<string, Measure> {
    const groups = new Map<string, Tally>()
    for (const [task, tally] of this.#tallies) {
      const name = nowMs - tally.heardAtMs <= heardWithinMs ? groupOf(task) : undefined
      if (name === undefined) continue
      let group = groups.get(name)
      if (group === undefined) groups.set(name, (group = new Tally()))
      group.merge(tally)
    }
    return new Map([...groups].filter(([, { samples }]) => samples > 0).map(([name, tally]) => [name, tally.measure()]))
  }

  /** Time that steps back gets the weight of before. */
  #weight(nowMs: number): number {
    this.#scaleFromMs ??= nowMs
    const weight = 2 ** (Math.max(0, nowMs - this.#scaleFromMs) / halfLifeMs)
    if (weight < largestWeight) return weight
    for (const tally of this.#tallies.values()) tally.scale(1 / weight)
    this.#scaleFromMs = nowMs
    return 1
  }
}
