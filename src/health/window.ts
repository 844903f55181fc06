/**
 * Loss, round-trip time and jitter over a sliding window, in eight slices of time so that a sample costs O(1). The round-trip
 * time asked about is the median: it is above a limit exactly where more than half of the samples are, which two counters tell.
 *
 * Hysteresis: what entered above a limit leaves below 80 % of it. Nothing is said before half of the window's samples are
 * there.
 */
import { isSignificant } from './noise.ts'

export interface WindowRules {
  readonly lengthMs: number
  /** 0 to 1; more than this fails. */
  readonly maxLossRatio?: number
  /** The median above this fails. */
  readonly maxRttMs?: number
  /** The median above this fails. */
  readonly maxJitterMs?: number
}

/** What one sample adds. */
export interface Measured {
  readonly lossRatio: number
  readonly rttMs?: number
  readonly jitterMs?: number
}

const slices = 8
const leaveShare = 0.8

/** Counters of a slice, side by side in one array. */
const fields = { samples: 0, loss: 1, rtts: 2, slow: 3, slowish: 4, jitters: 5, jittery: 6, jitterish: 7 } as const
type Field = keyof typeof fields
const width = 8

export class Window {
  readonly #rules: WindowRules
  readonly #packets: number
  readonly #expected: number
  readonly #sliceMs: number
  readonly #counts = new Float64Array(slices * width)
  readonly #sums = new Float64Array(width)
  #slice = -1

  /** @param packets packets in one sample */
  constructor(rules: WindowRules, intervalMs: number, packets: number) {
    this.#rules = rules
    this.#packets = packets
    this.#expected = Math.max(1, Math.floor(rules.lengthMs / intervalMs))
    this.#sliceMs = rules.lengthMs / slices
  }

  add(nowMs: number, { lossRatio, rttMs, jitterMs }: Measured): void {
    this.#roll(nowMs)
    const { maxRttMs = Infinity, maxJitterMs = Infinity } = this.#rules
    this.#count('samples', 1)
    this.#count('loss', lossRatio)
    if (rttMs !== undefined) {
      this.#count('rtts', 1)
      if (rttMs > maxRttMs) this.#count('slow', 1)
      if (rttMs > maxRttMs * leaveShare) this.#count('slowish', 1)
    }
    if (jitterMs === undefined) return
    this.#count('jitters', 1)
    if (jitterMs > maxJitterMs) this.#count('jittery', 1)
    if (jitterMs > maxJitterMs * leaveShare) this.#count('jitterish', 1)
  }

  clear(): void {
    this.#counts.fill(0)
    this.#sums.fill(0)
    this.#slice = -1
  }

  /**
   * Why the window fails, in words; undefined where it does not, or where there is too little to say so.
   * @param failing whether it failed before (hysteresis)  @param fewest samples or packets that must be bad at least
   */
  problem(nowMs: number, failing: boolean, fewest: number): string | undefined {
    this.#roll(nowMs)
    if (this.#get('samples') * 2 < this.#expected) return undefined
    return this.#lossProblem(failing, fewest) ?? this.#slownessProblem(failing, fewest)
  }

  /** Share of lost packets, 0 to 1; undefined where nothing was sent. */
  lossRatio(): number | undefined {
    const samples = this.#get('samples')
    return samples === 0 ? undefined : this.#get('loss') / samples
  }

  #lossProblem(failing: boolean, fewest: number): string | undefined {
    const { maxLossRatio, lengthMs } = this.#rules
    if (maxLossRatio === undefined) return undefined
    const sent = this.#get('samples') * this.#packets
    const lost = this.#get('loss') * this.#packets
    const ratio = lost / sent
    const entered = ratio > maxLossRatio && lost >= fewest && isSignificant(lost, sent)
    if (!(failing ? ratio > maxLossRatio * leaveShare : entered)) return undefined
    return `${percent(ratio)} of packets lost in ${lengthMs / 1000} s, more than ${percent(maxLossRatio)}`
  }

  #slownessProblem(failing: boolean, fewest: number): string | undefined {
    const { maxRttMs, maxJitterMs, lengthMs } = this.#rules
    const over = `in ${lengthMs / 1000} s`
    if (maxRttMs !== undefined && this.#median('rtts', failing ? 'slowish' : 'slow', fewest))
      return `the median round trip ${over} is above ${failing ? round(maxRttMs * leaveShare) : maxRttMs} ms`
    if (maxJitterMs !== undefined && this.#median('jitters', failing ? 'jitterish' : 'jittery', fewest))
      return `the median jitter ${over} is above ${failing ? round(maxJitterMs * leaveShare) : maxJitterMs} ms`
    return undefined
  }

  /** True where the median is above what `above` counts. */
  #median(of: Field, above: Field, fewest: number): boolean {
    const bad = this.#get(above)
    return bad >= fewest && bad * 2 > this.#get(of)
  }

  /** Time that steps back counts into the newest slice. */
  #roll(nowMs: number): void {
    const slice = Math.floor(nowMs / this.#sliceMs)
    if (slice <= this.#slice) return
    if (slice - this.#slice >= slices || this.#slice < 0) {
      this.#counts.fill(0)
      this.#sums.fill(0)
    } else {
      for (let old = this.#slice + 1; old <= slice; old++) this.#drop(old % slices)
    }
    this.#slice = slice
  }

  #drop(slice: number): void {
    for (let field = 0; field < width; field++) {
      const at = slice * width + field
      this.#sums[field]! -= this.#counts[at]!
      this.#counts[at] = 0
    }
  }

  #count(field: Field, by: number): void {
    this.#counts[(this.#slice % slices) * width + fields[field]]! += by
    this.#sums[fields[field]]! += by
  }

  #get(field: Field): number {
    return this.#sums[fields[field]]!
  }
}

function percent(ratio: number): string {
  return `${round(ratio * 100)} %`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
