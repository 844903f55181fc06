/**
 * G5: a change that goes out in stages (a canary, then the rest) is gated by probes. In this order:
 *   1. a freeze stops it where it is, and rolls nothing back: people still can (G11);
 *   2. what was well before and is sick now rolls the whole change back;
 *   3. a stage is watched only once it is read back (RIB and adj-out);
 *   4. what is unknown holds it where it is, because unknown moves no route, forward or back;
 *   5. everything must have been well for `settleMs`, since the stage was read back;
 *   6. then the next stage goes out, unless review refuses it; after the last the change is done.
 * A stage that waits for longer than `giveUpMs` is given up and rolled back: half a change is not to stay unseen. What was
 * unwell before is no fault of the change, and no proof for it.
 */
import { type Rollout, isAllOut } from '../intent/rollout.ts'
import type { PopId } from '../intent/model.ts'
import { listed } from '../intent/nearest.ts'
import type { HealthGuards } from './guards.ts'
import type { Sign } from './rollout-signs.ts'

/** What is remembered of a running stage. Plain and lost with a leader: the next one watches the stage anew. */
export interface Progress {
  readonly stage: number
  /** Since when the stage is watched without a freeze, ms since the epoch: `giveUpMs` counts from here. */
  readonly sinceMs: number
  /** Since when it is read back, without a break. */
  readonly provedAtMs?: number
}

export interface RolloutLook {
  readonly progress: Progress
  /** At the POPs that are watched. */
  readonly signs: readonly Sign[]
  /** Why the stage is not read back, in words; undefined: it is. */
  readonly unproved?: string
  readonly frozen: boolean
  /** Why review refused the next stage just now. */
  readonly refused?: string
}

export type RolloutStep =
  | { readonly kind: 'wait'; readonly reason: string; readonly untilMs?: number }
  | { readonly kind: 'advance'; readonly pops: readonly PopId[]; readonly reason: string }
  | { readonly kind: 'done'; readonly reason: string }
  | { readonly kind: 'rollback'; readonly reason: string }

export function followProgress(
  before: Progress | undefined,
  { stage }: Pick<Rollout, 'stage'>,
  { unproved, frozen }: Pick<RolloutLook, 'unproved' | 'frozen'>,
  nowMs: number,
): Progress {
  const known = before?.stage === stage ? before : undefined
  const sinceMs = frozen ? nowMs : (known?.sinceMs ?? nowMs)
  return { stage, sinceMs, ...(unproved === undefined && { provedAtMs: known?.provedAtMs ?? nowMs }) }
}

/** @param guards for tests alone, which decide with one guard missing (health/guards) */
export function decideRollout(
  rollout: Pick<Rollout, 'stages' | 'stage' | 'settleMs' | 'giveUpMs' | 'unwell'>,
  { progress, signs, unproved, frozen, refused }: RolloutLook,
  nowMs: number,
  guards: Pick<HealthGuards, 'rollout' | 'freeze'> = { rollout: true, freeze: true },
): RolloutStep {
  const { stages, stage, settleMs, giveUpMs, unwell } = rollout
  if (frozen && guards.freeze)
    return {
      kind: 'wait',
      reason: 'a freeze is in force (G11); it goes on after herald unfreeze, or back by herald rollout abort',
    }
  const judged = guards.rollout ? signs.filter(({ key }) => !unwell.has(key)) : []
  const harmed = judged.find(({ state }) => state === 'sick')
  if (harmed !== undefined) return { kind: 'rollback', reason: `${harmed.pop} was well before: ${harmed.reason}` }
  const givenUpAtMs = progress.sinceMs + giveUpMs
  const wait = (reason: string, untilMs = givenUpAtMs): RolloutStep =>
    guards.rollout && nowMs >= givenUpAtMs
      ? { kind: 'rollback', reason: `${reason}, and ${seconds(giveUpMs)} is as long as a stage may take` }
      : { kind: 'wait', reason, untilMs: Math.min(untilMs, givenUpAtMs) }
  if (unproved !== undefined || progress.provedAtMs === undefined)
    return wait(`stage ${stage} is not read back: ${unproved ?? 'it was not looked at yet'}`)
  const unclear = new Set(judged.filter(({ state }) => state === 'unknown').map(({ pop }) => pop))
  if (unclear.size > 0) return wait(`too little is known of ${listed(unclear)}`)
  const settledAtMs = Math.max(progress.provedAtMs, ...judged.map(({ sinceMs }) => sinceMs)) + settleMs
  if (nowMs < settledAtMs) return wait(`stage ${stage} is watched for ${seconds(settleMs)}`, settledAtMs)
  if (refused !== undefined) return wait(`the next step is refused: ${refused}`)
  const well =
    judged.length === 0 ? 'nothing went wrong' : `${listed(new Set(judged.map(({ pop }) => pop)))} stayed well`
  if (isAllOut(rollout))
    return { kind: 'done', reason: `all ${stages.length} stages are out, and ${well} for ${seconds(settleMs)}` }
  return { kind: 'advance', pops: stages[stage] ?? [], reason: `${well} for ${seconds(settleMs)}` }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}
