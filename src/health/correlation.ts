/**
 * G3, the correlation brake: where 30 % of all POPs, and at least three, turn sick within a minute, it is far more likely
 * that the observer, or something in common, is at fault than that all of them are (Facebook 2021, Optus 2023). Then
 * automation takes nothing away until that has been over for a minute, or until a person says go.
 *
 * Probes are not in step, so the first POP of many is sick before the others are. POPs that are one failure away from sick
 * are counted with it, and so not even that first one goes.
 *
 * A POP turns sick by any of its services or paths, or when all of its watched lines are sick; one line is not a POP. A
 * POP that automation has taken out before it turned sick now (a controller started again and learns what was known) is
 * not news.
 */
import type { PopId } from '../intent/model.ts'
import type { Verdict, Verdicts } from './verdict.ts'

export interface Suspicion {
  readonly sinceMs: number
  /** POPs that turned sick together, in order of name. */
  readonly pops: readonly PopId[]
  /** POPs about which anything was known. */
  readonly of: number
  /** Since when it is over, if it is; for a minute more nothing moves. */
  readonly overSinceMs?: number
}

export const correlation = { windowMs: 60_000, share: 0.3, fewest: 3, settleMs: 60_000 } as const

export interface CorrelationInput {
  readonly verdicts: Verdicts
  /** POPs that automation has out, and since when. */
  readonly out: ReadonlyMap<PopId, number>
  /** A person said go: what turned sick until then is believed. */
  readonly goAtMs?: number
  readonly nowMs: number
}

export function correlate(before: Suspicion | undefined, input: CorrelationInput): Suspicion | undefined {
  const { nowMs, goAtMs = -Infinity } = input
  const found = sickTogether(input)
  if (found !== undefined) {
    const sinceMs = before === undefined || before.sinceMs <= goAtMs ? nowMs : before.sinceMs
    return { sinceMs, ...found }
  }
  if (before === undefined || before.sinceMs <= goAtMs) return undefined
  const overSinceMs = before.overSinceMs ?? nowMs
  return nowMs - overSinceMs < correlation.settleMs ? { ...before, overSinceMs } : undefined
}

/** When a suspicion that is over ends, ms since the epoch; Infinity: not by time alone. */
export function suspicionEndsAtMs({ overSinceMs }: Suspicion): number {
  return overSinceMs === undefined ? Infinity : overSinceMs + correlation.settleMs
}

export function suspicionWords({ pops, of, overSinceMs }: Suspicion): string {
  const names = pops.length > 6 ? `${pops.slice(0, 6).join(', ')}, …` : pops.join(', ')
  const end =
    overSinceMs === undefined
      ? 'nothing is taken away until that clears or a person says go'
      : 'that seems over, and nothing is taken away until it has been so for a minute'
  return `${pops.length} of ${of} POPs turn sick within a minute (${names}): the observer is suspected, not the POPs (G3); ${end}`
}

function sickTogether(input: CorrelationInput): Pick<Suspicion, 'pops' | 'of'> | undefined {
  const turned = turnedSick(input)
  if (turned.length === 0) return undefined
  const doubtful = doubtfulPops(input)
  if (turned.length + doubtful.size < correlation.fewest) return undefined
  const of = knownPops(input.verdicts)
  const needed = Math.max(correlation.fewest, Math.ceil(correlation.share * of))
  const recent = turned.filter(([, sinceMs]) => input.nowMs - sinceMs <= correlation.windowMs).map(([pop]) => pop)
  const now = recent.length === 0 ? new Set<PopId>() : doubtful.union(new Set(recent))
  const before = largestCluster(turned)
  const pops = [...(now.size > before.length ? now : before)]
  return pops.length < needed ? undefined : { pops: pops.toSorted(), of }
}

/** Only what a POP stands or falls with: one line in doubt is no POP in doubt. */
function doubtfulPops({ verdicts, out }: CorrelationInput): ReadonlySet<PopId> {
  const pops = new Set<PopId>()
  for (const { pop, place } of verdicts.doubtful.values()) if (place.kind === 'pop' && !out.has(pop)) pops.add(pop)
  return pops
}

type Turned = readonly [pop: PopId, sinceMs: number]

/** In the order of time. */
function turnedSick({ verdicts, out, goAtMs = -Infinity }: CorrelationInput): readonly Turned[] {
  const turned = new Map<PopId, number>()
  const lines = new Map<PopId, { count: number; sinceMs: number }>()
  for (const verdict of verdicts.sick.values()) {
    const { pop, place, sinceMs } = verdict
    if (place.kind === 'pop') turned.set(pop, Math.min(sinceMs, turned.get(pop) ?? Infinity))
    else {
      const known = lines.get(pop) ?? { count: 0, sinceMs: 0 }
      lines.set(pop, { count: known.count + 1, sinceMs: Math.max(known.sinceMs, sinceMs) })
    }
  }
  if (lines.size > 0) {
    const watched = linesOf(verdicts.all.values())
    for (const [pop, { count, sinceMs }] of lines)
      if (count === watched.get(pop) && !turned.has(pop)) turned.set(pop, sinceMs)
  }
  return [...turned]
    .filter(([pop, sinceMs]) => sinceMs > goAtMs && !((out.get(pop) ?? Infinity) < sinceMs))
    .sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1))
}

function linesOf(verdicts: Iterable<Verdict>): ReadonlyMap<PopId, number> {
  const lines = new Map<PopId, number>()
  for (const { pop, place } of verdicts) if (place.kind === 'neighbor') lines.set(pop, (lines.get(pop) ?? 0) + 1)
  return lines
}

function knownPops({ all }: Verdicts): number {
  const pops = new Set<PopId>()
  for (const { pop, state } of all.values()) if (state !== 'unknown') pops.add(pop)
  return pops.size
}

/** Most POPs within one window of time. */
function largestCluster(turned: readonly Turned[]): readonly PopId[] {
  let best: readonly Turned[] = []
  let start = 0
  for (let end = 0; end < turned.length; end++) {
    while (turned[end]![1] - turned[start]![1] > correlation.windowMs) start++
    if (end - start + 1 > best.length) best = turned.slice(start, end + 1)
  }
  return best.map(([pop]) => pop)
}
