/**
 * One task as one agent sees it: samples in, a vote out. O(1) per sample. In this order:
 *   1. a sample that is older than the silence limit is history and counts for nothing (health/agent-clock);
 *   2. doubled ones are dropped, late ones fall into their place (health/sequence-history);
 *   3. `fall` failures in a row, or a window above its limits, vote `failed`; `rise` good ones in a row, with the window
 *      below, vote `ok`; what is between keeps the vote;
 *   4. silence makes the vote `unknown`, and the history begins anew: a failure before a silence and one after it are not
 *      "in a row". A missing sample is unknown, never a failure.
 */
import { neededFall, noiseAfter } from './noise.ts'
import type { Sample } from './sample.ts'
import { SequenceHistory } from './sequence-history.ts'
import { Window, type WindowRules } from './window.ts'

export type Vote = 'ok' | 'failed' | 'unknown'

export interface DetectorRules {
  readonly intervalMs: number
  /** Failures in a row that vote `failed`; more where the subject is noisy (health/noise). */
  readonly fall: number
  /** Good samples in a row that vote `ok`. */
  readonly rise: number
  readonly window?: WindowRules
  /** Packets in one sample; default 1. */
  readonly packets?: number
}

/** An agent that says nothing for this many intervals, and at least for `leastSilenceMs`, is unknown. */
const silentIntervals = 5
const leastSilenceMs = 3000

export class Detector {
  readonly #fall: number
  readonly #rise: number
  readonly #history = new SequenceHistory()
  readonly #window: Window | undefined
  readonly silenceMs: number
  vote: Vote = 'unknown'
  /** What made the vote, in words; empty where it is not `failed`. */
  why = ''
  /** When the newest sample that counts came in, by the controller's clock. */
  heardAtMs = -Infinity
  #noise = 0
  #failRun = 0

  constructor(rules: DetectorRules) {
    this.#fall = rules.fall
    this.#rise = rules.rise
    this.#window = rules.window && new Window(rules.window, rules.intervalMs, rules.packets ?? 1)
    this.silenceMs = Math.max(leastSilenceMs, silentIntervals * rules.intervalMs)
  }

  /**
   * @param ageMs how long the sample was on its way, without the error of the agent's clock
   * @returns whether the vote changed
   */
  take(sample: Sample, ageMs: number, nowMs: number): boolean {
    if (ageMs > this.silenceMs) return false
    const before = this.vote
    this.#fallSilent(nowMs)
    const outcome = sample.outcome === 'unknown' ? undefined : sample.outcome
    const place = this.#history.take(sample.sequence, sample.atMs, outcome)
    if (place === 'doubled' || place === 'late') return before !== this.vote
    if (outcome === undefined) return before !== this.vote
    this.heardAtMs = Math.max(this.heardAtMs, nowMs)
    this.#window?.add(nowMs, measured(sample))
    this.#learnNoise(outcome)
    this.#decide(sample, nowMs)
    return before !== this.vote
  }

  /** Time has passed. @returns whether the vote changed */
  advance(nowMs: number): boolean {
    const before = this.vote
    this.#fallSilent(nowMs)
    return before !== this.vote
  }

  /** Forgets what was heard and votes `unknown`. */
  reset(): void {
    this.vote = 'unknown'
    this.why = ''
    this.heardAtMs = -Infinity
    this.#failRun = 0
    this.#history.clear()
    this.#window?.clear()
  }

  /** One failure short of a vote, or beyond. */
  get isClose(): boolean {
    if (this.vote === 'failed') return true
    return this.#failRun > 0 && this.#failRun >= neededFall(this.#fall, this.#noise) - 1
  }

  #fallSilent(nowMs: number): void {
    if (this.heardAtMs !== -Infinity && nowMs - this.heardAtMs > this.silenceMs) this.reset()
  }

  /** A short run of failures that a good sample ended was noise. */
  #learnNoise(outcome: 'ok' | 'fail'): void {
    if (outcome === 'ok') this.#noise = noiseAfter(this.#noise, this.vote === 'failed' ? 0 : this.#failRun)
    this.#failRun = this.#history.failRun
  }

  #decide(sample: Sample, nowMs: number): void {
    const fall = neededFall(this.#fall, this.#noise)
    const trouble =
      this.#failRun >= fall ? this.#fallWords(sample) : this.#window?.problem(nowMs, this.vote === 'failed', this.#fall)
    if (trouble !== undefined) {
      if (this.vote !== 'failed') this.why = trouble
      this.vote = 'failed'
    } else if (this.vote !== 'ok' && this.#history.okRun >= this.#rise) {
      this.vote = 'ok'
      this.why = ''
    }
  }

  #fallWords({ detail }: Sample): string {
    const noisy =
      this.#failRun > this.#fall ? ` (${(this.#noise * 100).toFixed(1)} % of its probes fail by themselves)` : ''
    return `${this.#failRun} probes failed in a row${noisy}${detail === undefined ? '' : `: ${detail}`}`
  }
}

function measured({ outcome, lossRatio, rttMs, jitterMs }: Sample) {
  return {
    lossRatio: lossRatio ?? (outcome === 'fail' ? 1 : 0),
    ...(rttMs !== undefined && { rttMs }),
    ...(jitterMs !== undefined && { jitterMs }),
  }
}
