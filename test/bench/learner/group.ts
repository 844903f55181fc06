/**
 * Three traces as three paths from one POP to one destination. Step k is row k of every trace. Each trace is shifted so
 * that its base (5th percentile over the steps used) is the median base of the three plus 0 to 10 ms, drawn by the seed.
 */
import type { Trace } from './trace.ts'

export interface Group {
  readonly traces: readonly Trace[]
  /** Drawn, 0 to 10 ms. */
  readonly offsetsMs: readonly number[]
  /** Added to every RTT of the trace: aligned RTT = rtt + shift. */
  readonly shiftsMs: readonly number[]
  readonly steps: number
  readonly warmUpSteps: number
  /** Aligned RTT of every row. */
  readonly rawMs: readonly Float64Array[]
  /** Median of rows k−1, k, k+1: what a batch of three probes costs. */
  readonly batchMs: readonly Float64Array[]
}

/** One day of four minutes a step. */
export const warmUpSteps = 360
export const stepsPerDay = 360
const baseShare = 0.05
const largestOffsetMs = 10

/** The same numbers from the same seed on every machine (mulberry32). */
export function random(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** All triples where they are few enough, else `most` different ones; order within a triple is drawn, path 0 is BGP's choice. */
export function makeGroups(traces: readonly Trace[], seed: number, most: number): readonly Group[] {
  const long = traces.filter(({ rttMs }) => rttMs.length >= warmUpSteps + stepsPerDay)
  const draw = random(seed)
  return triples(long.length, most, draw).map((indexes) => {
    const members = shuffled(indexes, draw).map((i) => long[i] as Trace)
    return makeGroup(
      members,
      members.map(() => draw() * largestOffsetMs),
    )
  })
}

export function makeGroup(traces: readonly Trace[], offsetsMs: readonly number[]): Group {
  const steps = Math.min(...traces.map(({ rttMs }) => rttMs.length))
  const bases = traces.map(({ rttMs }) => rttMs.slice(0, steps).sort()[Math.floor(baseShare * (steps - 1))] as number)
  const baseMs = bases.toSorted((a, b) => a - b)[bases.length >> 1] as number
  const shiftsMs = bases.map((own, i) => baseMs - own + (offsetsMs[i] as number))
  const rawMs = traces.map(({ rttMs }, i) => rttMs.slice(0, steps).map((value) => value + (shiftsMs[i] as number)))
  return { traces, offsetsMs, shiftsMs, steps, warmUpSteps, rawMs, batchMs: rawMs.map(medianOfThree) }
}

export function medianOfThree(values: Float64Array): Float64Array {
  const out = values.slice()
  for (let i = 1; i < values.length - 1; i++) {
    const [a, b, c] = [values[i - 1] as number, values[i] as number, values[i + 1] as number]
    out[i] = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
  }
  return out
}

function triples(count: number, most: number, draw: () => number): readonly (readonly number[])[] {
  const all = (count * (count - 1) * (count - 2)) / 6
  if (all <= most * 2) {
    const every: number[][] = []
    for (let a = 0; a < count; a++)
      for (let b = a + 1; b < count; b++) for (let c = b + 1; c < count; c++) every.push([a, b, c])
    return shuffled(every, draw).slice(0, most)
  }
  const found = new Map<string, readonly number[]>()
  while (found.size < most) {
    const [a, b, c] = [0, 0, 0].map(() => Math.floor(draw() * count)).sort((x, y) => x - y) as [number, number, number]
    if (a !== b && b !== c) found.set(`${a} ${b} ${c}`, [a, b, c])
  }
  return [...found.values()]
}

function shuffled<T>(values: readonly T[], draw: () => number): readonly T[] {
  const out = [...values]
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1))
    ;[out[i], out[j]] = [out[j] as T, out[i] as T]
  }
  return out
}
