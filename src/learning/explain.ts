/**
 * Why the learner does what it does, from the same state and batch that it decides by: data for programs, one plain
 * sentence for people. Also asked at any moment between decisions.
 */
import { type Arm, interval } from './arm.ts'
import type { Batch } from './batch.ts'
import type { CandidateExplanation, Explanation, Outcome } from './decision.ts'
import { isDead } from './emergency.ts'
import { askGuards } from './guard.ts'
import { recentLossRatio } from './loss.ts'
import type { Priors } from './prior.ts'
import { realisedMs } from './revert.ts'
import { flipsWhen, sentenceOf } from './sentence.ts'
import type { LearnerSettings } from './settings.ts'
import { isSharedShift } from './shared-shift.ts'
import type { LearnerState } from './state.ts'
import { thresholdFor } from './threshold.ts'

/** @param state after the batch was taken in and before a move was made; @param batch the latest */
export function explain(
  state: LearnerState,
  batch: Batch,
  settings: LearnerSettings,
  priors: Priors | undefined,
  outcome: Outcome = { kind: 'stay' },
): Explanation {
  const incumbent = state.arms.find(({ path }) => path === (outcome.kind === 'move' ? outcome.from : state.chosen))
  const candidates = state.arms.map((arm) => explainArm(arm, incumbent, state, batch, settings, priors, outcome))
  const wanted = outcome.kind === 'move' ? outcome.to : outcome.kind === 'held' ? outcome.wanted : undefined
  const toward = state.arms.find(({ path }) => path === wanted)
  const expectedGainMs =
    toward !== undefined && toward.evidence.runMin > 0
      ? toward.evidence.statisticMsMin / toward.evidence.runMin
      : undefined
  const realisedGainMs = state.lastMove === null ? undefined : realisedMs(state.lastMove)
  const data = {
    subject: state.subject,
    atMs: batch.atMs,
    chosen: state.chosen ?? batch.bgpChoice,
    stakeMs: state.stakeMs,
    candidates,
    ...(expectedGainMs !== undefined && { expectedGainMs }),
    ...(realisedGainMs !== undefined && { realisedGainMs }),
  }
  return { ...data, sentence: sentenceOf(data, outcome) }
}

function explainArm(
  arm: Arm,
  incumbent: Arm | undefined,
  state: LearnerState,
  batch: Batch,
  settings: LearnerSettings,
  priors: Priors | undefined,
  outcome: Outcome,
): CandidateExplanation {
  const chosen = arm === incumbent
  const threshold =
    incumbent === undefined || chosen
      ? { msMin: 0, from: 'stake' as const }
      : thresholdFor(arm, incumbent, { ...state, atMs: batch.atMs, settings, priors })
  const bounds = interval(arm)
  const here = batch.arms.find(({ candidate }) => candidate.path === arm.path)
  const there = batch.arms.find(({ candidate }) => candidate.path === incumbent?.path)
  const guards =
    chosen || incumbent === undefined || here === undefined || there === undefined
      ? []
      : askGuards({
          incumbent,
          challenger: arm,
          incumbentKind: there.candidate.kind,
          candidate: here.candidate,
          shared: isSharedShift(state.arms, state.arms),
          emergency: outcome.kind === 'move' && outcome.cause === 'blackhole',
          lastMoveAtMs: state.lastMove?.atMs ?? null,
          batch,
          settings,
        })
  const data = {
    path: arm.path,
    chosen,
    batches: arm.batches,
    costMs: arm.costMs,
    levelMs: arm.levelMs,
    lowMs: bounds?.lowMs ?? null,
    highMs: bounds?.highMs ?? null,
    lossRatio: recentLossRatio(arm.loss),
    lossStreak: arm.loss.streak,
    dead: isDead(arm),
    statisticMsMin: arm.evidence.statisticMsMin,
    thresholdMsMin: threshold.msMin,
    thresholdFrom: threshold.from,
    guards,
  }
  return { ...data, flips: flipsWhen(data, incumbent) }
}
