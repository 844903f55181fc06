/**
 * One step of the path learner: what is remembered + one batch → what is remembered now + a decision. Pure: the batch
 * carries the time, and the same batches give the same decisions, bit for bit.
 *
 * 1. Take in the batch; a path that BGP lost falls back to BGP's own choice.
 * 2. Batches of a minute make a sample; only a sample is evidence.
 * 3. Where all paths shift together, no evidence counts.
 * 4. Add to each challenger's statistic what it saved on the incumbent.
 * 5. A dead incumbent leaves at once, for the best path that is healthy.
 * 6. Else the strongest challenger beyond its threshold, whose move is worth its price, is wanted; guards are asked; it
 *    moves or is held.
 * 7. What the last move brought is measured with every batch.
 */
import { type Arm, closeSample, newArm, observe } from './arm.ts'
import { barAgain } from './back-off.ts'
import { preferenceFor } from './band.ts'
import type { ArmBatch, Batch } from './batch.ts'
import { type Cause, type Decision, type GuardAnswer, stay } from './decision.ts'
import { isDead, isHealthy } from './emergency.ts'
import { addEvidence, agreedMs, meanGainMs, noEvidence } from './evidence.ts'
import { explain } from './explain.ts'
import { type GuardInput, askGuards } from './guard.ts'
import type { Priors } from './prior.ts'
import { addRealised, isDisappointed } from './revert.ts'
import type { LearnerSettings } from './settings.ts'
import { isSharedShift } from './shared-shift.ts'
import type { LearnerState } from './state.ts'
import { movePrice, thresholdFor } from './threshold.ts'
import { worthOf } from './worth.ts'

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
  const before = batch.arms.map((arm, i) => rememberedArm(state.arms, arm, i))
  const observed = batch.arms.map((arm, i) => observe(before[i] as Arm, arm, elapsedMs, settings))
  const at = observed.findIndex(({ path }) => path === state.chosen)
  if (state.chosen === null || at < 0) return fallBack(state, batch, first, observed, settings, priors)

  const minutes = sampleMin(state, batch, settings)
  const sampled = minutes === undefined ? observed : observed.map((arm) => closeSample(arm, minutes))
  const shared = minutes !== undefined && isSharedShift(before, sampled)
  const arms = minutes === undefined || shared ? sampled : gather(before, sampled, at, minutes, settings)
  const next: LearnerState = {
    ...state,
    atMs: batch.atMs,
    sampledAtMs: minutes === undefined ? state.sampledAtMs : batch.atMs,
    batches: state.batches + 1,
    arms,
    lastMove: followMove(state, arms),
  }
  return decide(next, batch, { before, at, closed: minutes !== undefined, shared, settings, priors })
}

/** What the sample that this batch closes stands for; undefined: it goes on. A clock that was set back closes it, too. */
function sampleMin(
  { sampledAtMs }: LearnerState,
  { atMs }: Batch,
  { sampleMs, longestBatchMs }: LearnerSettings,
): number | undefined {
  const sinceMs = sampledAtMs === null ? 0 : atMs - sampledAtMs
  if (sampledAtMs !== null && sinceMs >= 0 && sinceMs < sampleMs) return undefined
  return Math.max(0, Math.min(sinceMs, longestBatchMs)) / 60_000
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
  const arms = observed.map((arm) => ({ ...closeSample(arm, 0), evidence: noEvidence }))
  const next: LearnerState = {
    ...state,
    chosen: path,
    atMs: batch.atMs,
    sampledAtMs: batch.atMs,
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

/** Adds what each challenger saved on the incumbent, where two samples in a row agree. */
function gather(
  before: readonly Arm[],
  sampled: readonly Arm[],
  at: number,
  minutes: number,
  { deadbandMs }: LearnerSettings,
): readonly Arm[] {
  const nowMs = sampled[at]?.sampleMs ?? null
  const wasMs = before[at]?.sampleMs ?? null
  if (nowMs === null || wasMs === null) return sampled
  return sampled.map((arm, i) => {
    const armWasMs = before[i]?.sampleMs ?? null
    if (i === at || arm.sampleMs === null || armWasMs === null) return arm
    const savedMs = agreedMs(wasMs - armWasMs, nowMs - arm.sampleMs)
    return { ...arm, evidence: addEvidence(arm.evidence, savedMs, minutes, deadbandMs) }
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
  /** This batch closed a sample. */
  readonly closed: boolean
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
  if (stopped !== undefined) return hold(state, batch, situation, stopped)
  const silent = !situation.closed || state.held === null
  return { state: silent ? state : { ...state, held: null }, decision: stay }
}

/** Strongest first. */
function wantedMoves(
  state: LearnerState,
  batch: Batch,
  { before, at, closed, settings, priors }: Situation,
): readonly { readonly index: number; readonly cause: Cause }[] {
  const incumbent = state.arms[at] as Arm
  const arms = state.arms.map((arm, index) => ({ arm, index })).filter(({ index }) => index !== at)
  if (isDead(incumbent))
    return arms
      .filter(({ arm }) => isHealthy(arm))
      .toSorted((a, b) => (a.arm.costMs as number) - (b.arm.costMs as number))
      .map(({ index }) => ({ index, cause: 'blackhole' }))
  if (!closed || incumbent.silent > 0) return []
  const around = { atMs: batch.atMs, settings, priors }
  const disappointed = isDisappointed(state.lastMove, incumbent.path, batch.atMs, settings.verifyMs)
  return arms
    .filter(({ arm, index }) => {
      const { statisticMsMin } = arm.evidence
      if (statisticMsMin <= (before[index]?.evidence.statisticMsMin ?? 0)) return false
      if (statisticMsMin <= thresholdFor(arm, incumbent, around).msMin) return false
      return worthOf(arm, incumbent, movePrice(arm, incumbent, around), settings).verdict !== 'too-little'
    })
    .toSorted((a, b) => b.arm.evidence.statisticMsMin - a.arm.evidence.statisticMsMin)
    .map(({ arm, index }) => ({
      index,
      cause: disappointed && state.lastMove?.from === arm.path ? 'revert' : 'gain',
    }))
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
  const expectedMs = meanGainMs(to.evidence)
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
