/**
 * G5: a change that goes out in stages (a canary, then the rest) is gated by probes. After each stage has been read back,
 * its POPs are watched for `settleMs`; then
 *   1. a POP that was well before and is sick now rolls the whole change back;
 *   2. a POP of which nothing is known holds it where it is, because unknown moves no route, forward or back;
 *   3. after `longestMs` of waiting it is given up and rolled back: half a change is not to stay unseen.
 * POPs that were sick before the change are no fault of it, and no proof for it.
 */
import type { PopId } from '../intent/model.ts'
import type { HealthGuards } from './guards.ts'
import type { VerdictState } from './verdict.ts'

export interface Rollout {
  /** Canary first; each stage is the POPs that it adds. */
  readonly stages: readonly (readonly PopId[])[]
  /** The stage that is out now, from 0. */
  readonly stage: number
  /** Since when it is read back (RIB and adj-out), ms since the epoch; undefined: not yet. */
  readonly provedAtMs?: number
  readonly stageStartedAtMs: number
  /** How each POP was before the change. */
  readonly before: ReadonlyMap<PopId, VerdictState>
  readonly settleMs: number
  readonly longestMs: number
}

export type RolloutStep =
  | { readonly kind: 'wait'; readonly reason: string; readonly changesAtMs: number }
  | { readonly kind: 'advance'; readonly pops: readonly PopId[]; readonly reason: string }
  | { readonly kind: 'done'; readonly reason: string }
  | { readonly kind: 'rollback'; readonly pops: readonly PopId[]; readonly reason: string }

/** @param now how each POP is now; a POP that is absent is unknown */
export function decideRollout(
  rollout: Rollout,
  now: ReadonlyMap<PopId, { readonly state: VerdictState; readonly reason: string }>,
  nowMs: number,
  guards: Pick<HealthGuards, 'rollout'> = { rollout: true },
): RolloutStep {
  const { stages, stage, provedAtMs, stageStartedAtMs, settleMs, longestMs, before } = rollout
  const touched = stages.slice(0, stage + 1).flat()
  const harmed = touched.find((pop) => now.get(pop)?.state === 'sick' && before.get(pop) !== 'sick')
  if (harmed !== undefined && guards.rollout)
    return rollback(touched, `${harmed} was well before: ${now.get(harmed)?.reason}`)
  const givenUpAtMs = stageStartedAtMs + longestMs
  const late = nowMs >= givenUpAtMs && guards.rollout
  if (provedAtMs === undefined)
    return late
      ? rollback(touched, `stage ${stage + 1} was not read back within ${seconds(longestMs)}`)
      : { kind: 'wait', reason: `stage ${stage + 1} is not read back yet`, changesAtMs: givenUpAtMs }
  if (nowMs < provedAtMs + settleMs)
    return {
      kind: 'wait',
      reason: `stage ${stage + 1} is watched for ${seconds(settleMs)}`,
      changesAtMs: provedAtMs + settleMs,
    }
  const unclear = touched.filter((pop) => before.get(pop) !== 'sick' && now.get(pop)?.state !== 'healthy')
  if (unclear.length > 0 && guards.rollout) {
    const why = `nothing is known of ${unclear.join(', ')}`
    return late
      ? rollback(touched, `${why} after ${seconds(longestMs)}`)
      : { kind: 'wait', reason: why, changesAtMs: givenUpAtMs }
  }
  const next = stages[stage + 1]
  if (next === undefined) return { kind: 'done', reason: `all ${stages.length} stages are out and well` }
  return { kind: 'advance', pops: next, reason: `${touched.join(', ')} stayed well for ${seconds(settleMs)}` }
}

function rollback(pops: readonly PopId[], reason: string): RolloutStep {
  return { kind: 'rollback', pops, reason }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}
