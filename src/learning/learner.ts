/**
 * One step of the path learner: what is remembered + one batch → what is remembered now + a decision. Pure: the batch
 * carries the time, and the same batches give the same decisions, bit for bit.
 *
 * 1. Take in the batch; a path that BGP lost falls back to BGP's own choice.
 * 2. Where all paths shift together, no evidence counts.
 * 3. Add to each challenger's statistic what it gained on the incumbent.
 * 4. A dead incumbent leaves at once, for the best path that is healthy.
 * 5. Else the strongest challenger beyond its threshold is wanted; guards are asked; it moves or is held.
 * 6. What the last move brought is measured with every batch.
 */
import { type Arm, newArm, observe } from './arm.ts'
import { barAgain } from './back-off.ts'
import { preferenceFor } from './band.ts'
import type { ArmBatch, Batch } from './batch.ts'
import { addEvidence, agreedMs, noEvidence } from './cusum.ts'
import { type Cause, type Decision, type GuardAnswer, stay } from './decision.ts'
import { isDead, isHealthy } from './emergency.ts'
import { explain } from './explain.ts'
import { type GuardInput, askGuards } from './guard.ts'
import type { Priors } from './prior.ts'
import { addRealised, isDisappointed } from './revert.ts'
import type { LearnerSettings } from './settings.ts'
import { isSharedShift } from './shared-shift.ts'
import { type LearnerState, addStake } from './state.ts'
import { thresholdFor } from './threshold.ts'

export interface LearnerStep {
  readonly state: LearnerState
  readonly decision: Decision
}

export function stepLearner(
  state: LearnerState,
  batch: Batch,
  settings: LearnerSettings,
  priors?: Priors,
): LearnerStep {
  const [first] = batch.arms
  if (first === undefined) return { state: { ...state, atMs: batch.atMs }, decision: stay }
  const elapsedMs = state.atMs === null ? 0 : Math.max(0, batch.atMs - state.atMs)
  const minutes = Math.min(elapsedMs, settings.longestBatchMs) / 60_000
  const before = batch.arms.map((arm, i) => rememberedArm(state.arms, arm, i))
  const observed = batch.arms.map((arm, i) => observe(before[i] as Arm, arm, elapsedMs, settings))
  const present = observed.some(({ path }) => path === state.chosen)
  if (state.chosen === null || !present) return fallBack(state, batch, first, observed, settings, priors)

  const at = observed.findIndex(({ path }) => path === state.chosen)
  const shared = isSharedShift(before, observed)
  const arms = shared ? observed : gather(before, observed, at, minutes, settings)
  const next: LearnerState = {
    ...state,
    atMs: batch.atMs,
    batches: state.batches + 1,
    ...addStake(state, arms, minutes),
    arms,
    lastMove: followMove(state, arms),
  }
  return decide(next, batch, { before, at, shared, settings, priors })
}

function rememberedArm(arms: readonly Arm[], batch: ArmBatch, i: number): Arm {
  const { path } = batch.candidate
  const same = arms[i]
  if (same?.path === path) return same
  return arms.find((one) => one.path === path) ?? newArm(path)
}

/** Cold start, or the chosen path is gone: BGP's choice, as long as it is a candidate. */
function fallBack(
  state: LearnerState,
  batch: Batch,
  first: ArmBatch,
  observed: readonly Arm[],
  settings: LearnerSettings,
  priors: Priors | undefined,
): LearnerStep {
  const to = batch.arms.find(({ candidate }) => candidate.path === batch.bgpChoice) ?? first
  const { path } = to.candidate
  const arms = observed.map((arm) => ({ ...arm, evidence: noEvidence }))
  const next: LearnerState = {
    ...state,
    chosen: path,
    atMs: batch.atMs,
    batches: state.batches + 1,
    arms,
    lastMove: null,
    held: null,
  }
  if (state.chosen === null) return { state: next, decision: stay }
  const explanation = explain(next, batch, settings, priors, {
    kind: 'move',
    cause: 'gone',
    from: state.chosen,
    to: path,
  })
  return {
    state: next,
    decision: {
      kind: 'move',
      cause: 'gone',
      from: state.chosen,
      to: path,
      preference: preferenceFor(to.candidate),
      applied: batch.applied,
      explanation,
    },
  }
}

/** Adds what each challenger gained on the incumbent, where two batches in a row agree. */
function gather(
  before: readonly Arm[],
  observed: readonly Arm[],
  at: number,
  minutes: number,
  settings: LearnerSettings,
): readonly Arm[] {
  const incumbent = observed[at] as Arm
  const incumbentWasMs = before[at]?.costMs ?? null
  if (incumbent.silent > 0 || incumbent.costMs === null || incumbentWasMs === null) return observed
  const incumbentMs = incumbent.costMs
  const deadbandMs = Math.max(settings.deadbandMs, settings.deadbandShare * incumbentMs)
  return observed.map((arm, i) => {
    const wasMs = before[i]?.costMs ?? null
    if (i === at || arm.silent > 0 || arm.costMs === null || wasMs === null) return arm
    const gainMs = agreedMs(incumbentWasMs - wasMs, incumbentMs - arm.costMs)
    if (gainMs === 0 || (gainMs < 0 && arm.evidence === noEvidence)) return arm
    return { ...arm, evidence: addEvidence(arm.evidence, gainMs - deadbandMs, minutes, settings.clipMs) }
  })
}

function followMove(state: LearnerState, arms: readonly Arm[]): LearnerState['lastMove'] {
  const move = state.lastMove
  if (move === null) return null
  const left = arms.find(({ path }) => path === move.from)
  const taken = arms.find(({ path }) => path === move.to)
  return addRealised(move, freshMs(left), freshMs(taken))
}

function freshMs(arm: Arm | undefined): number | null {
  return arm === undefined || arm.silent > 0 ? null : arm.costMs
}

interface Situation {
  readonly before: readonly Arm[]
  readonly at: number
  readonly shared: boolean
  readonly settings: LearnerSettings
  readonly priors: Priors | undefined
}

interface Wanted {
  readonly index: number
  readonly cause: Cause
  readonly answers: readonly GuardAnswer[]
}

function decide(state: LearnerState, batch: Batch, situation: Situation): LearnerStep {
  let stopped: Wanted | undefined
  for (const { index, cause } of wantedMoves(state, batch, situation)) {
    const answers = askGuards(guardInput(state, batch, situation, index, cause))
    if (answers.every(({ passed }) => passed)) return moveTo(state, batch, situation, { index, cause, answers })
    stopped ??= { index, cause, answers }
  }
  if (stopped === undefined) return { state: state.held === null ? state : { ...state, held: null }, decision: stay }
  return hold(state, batch, situation, stopped)
}

/** Strongest first. */
function wantedMoves(
  state: LearnerState,
  batch: Batch,
  { before, at, settings, priors }: Situation,
): readonly { readonly index: number; readonly cause: Cause }[] {
  const incumbent = state.arms[at] as Arm
  if (isDead(incumbent)) {
    const healthy = state.arms
      .map((arm, index) => ({ arm, index }))
      .filter(({ arm, index }) => index !== at && isHealthy(arm))
    return healthy
      .toSorted((a, b) => (a.arm.costMs as number) - (b.arm.costMs as number))
      .map(({ index }) => ({ index, cause: 'blackhole' }))
  }
  const disappointed = isDisappointed(state.lastMove, incumbent.path, batch.atMs, settings.verifyMs)
  const wanted: { readonly index: number; readonly cause: Cause; readonly statistic: number }[] = []
  state.arms.forEach((arm, index) => {
    const statistic = arm.evidence.statisticMsMin
    if (index === at || statistic <= (before[index]?.evidence.statisticMsMin ?? 0)) return
    const threshold = thresholdFor(arm, incumbent, { ...state, atMs: batch.atMs, settings, priors })
    if (statistic <= threshold.msMin) return
    const undone = disappointed && state.lastMove?.from === arm.path
    wanted.push({ index, cause: undone ? 'revert' : 'gain', statistic })
  })
  const [strongest, ...others] = wanted.toSorted((a, b) => b.statistic - a.statistic)
  if (strongest === undefined) return []
  const best = betterStill(state.arms, before, at, strongest.index)
  if (best === strongest.index) return [strongest, ...others]
  const undone = disappointed && state.lastMove?.from === state.arms[best]?.path
  return [{ index: best, cause: undone ? 'revert' : 'gain' }, strongest, ...others]
}

/**
 * Where one path has the evidence that the incumbent is to be left, another may be the better place to go: lower than the
 * incumbent in the last two batches, and lowest of all. It saves the second move.
 */
function betterStill(arms: readonly Arm[], before: readonly Arm[], at: number, strongest: number): number {
  const lowestMs = (i: number) => Math.min(arms[i]?.costMs ?? Infinity, before[i]?.costMs ?? Infinity)
  const gains = (i: number) =>
    arms[i]?.silent === 0 &&
    (arms[i]?.costMs ?? Infinity) < (arms[at]?.costMs ?? -Infinity) &&
    (before[i]?.costMs ?? Infinity) < (before[at]?.costMs ?? -Infinity)
  let best = strongest
  for (let i = 0; i < arms.length; i++) if (i !== at && gains(i) && lowestMs(i) < lowestMs(best)) best = i
  return best
}

function guardInput(
  state: LearnerState,
  batch: Batch,
  { at, shared, settings }: Situation,
  index: number,
  cause: Cause,
): GuardInput {
  return {
    incumbent: state.arms[at] as Arm,
    challenger: state.arms[index] as Arm,
    incumbentKind: (batch.arms[at] as ArmBatch).candidate.kind,
    candidate: (batch.arms[index] as ArmBatch).candidate,
    shared,
    emergency: cause === 'blackhole',
    lastMoveAtMs: state.lastMove?.atMs ?? null,
    batch,
    settings,
  }
}

function moveTo(state: LearnerState, batch: Batch, situation: Situation, { index, cause }: Wanted): LearnerStep {
  const { at, settings, priors } = situation
  const from = state.arms[at] as Arm
  const to = state.arms[index] as Arm
  const expectedMs = to.evidence.runMin > 0 ? to.evidence.statisticMsMin / to.evidence.runMin : 0
  const explanation = explain(state, batch, settings, priors, { kind: 'move', cause, from: from.path, to: to.path })
  const disappointed = isDisappointed(state.lastMove, from.path, batch.atMs, settings.verifyMs)
  const next: LearnerState = {
    ...state,
    chosen: to.path,
    arms: state.arms.map((arm, i) => ({
      ...arm,
      evidence: noEvidence,
      backOff: disappointed && i === at ? barAgain(arm.backOff, settings) : arm.backOff,
    })),
    lastMove: {
      atMs: batch.atMs,
      from: from.path,
      to: to.path,
      expectedMs,
      revert: cause === 'revert',
      leftMs: (to.levelMs ?? 0) + expectedMs,
      takenSumMs: 0,
      realisedSumMs: 0,
      realisedBatches: 0,
    },
    held: null,
  }
  return {
    state: next,
    decision: {
      kind: 'move',
      cause,
      from: from.path,
      to: to.path,
      preference: preferenceFor((batch.arms[index] as ArmBatch).candidate),
      applied: batch.applied,
      explanation,
    },
  }
}

function hold(
  state: LearnerState,
  batch: Batch,
  { settings, priors }: Situation,
  { index, answers }: Wanted,
): LearnerStep {
  const { path } = state.arms[index] as Arm
  const guard = (answers.find(({ passed }) => !passed) as GuardAnswer).guard
  if (state.held?.path === path && state.held.guard === guard) return { state, decision: stay }
  const explanation = explain(state, batch, settings, priors, { kind: 'held', guard, wanted: path })
  return { state: { ...state, held: { path, guard } }, decision: { kind: 'held', guard, wanted: path, explanation } }
}
