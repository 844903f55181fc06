/**
 * Why the learner does what it does, from the same state and batch that it decides by: data for programs, one plain
 * sentence for people. Also asked at any moment between decisions.
 */
import { type Arm, interval } from './arm.ts'
import type { Batch } from './batch.ts'
import type { CandidateExplanation, Explanation, Outcome } from './decision.ts'
import { isDead } from './emergency.ts'
import { meanGainMs } from './evidence.ts'
import { askGuards } from './guard.ts'
import { recentLossRatio } from './loss.ts'
import type { Priors } from './prior.ts'
import { realisedMs } from './revert.ts'
import { flipsWhen, sentenceOf } from './sentence.ts'
import type { LearnerSettings } from './settings.ts'
import { isSharedShift } from './shared-shift.ts'
import type { LearnerState } from './state.ts'
import { type Circumstances, movePrice, thresholdFor } from './threshold.ts'
import { worthOf } from './worth.ts'

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
  const expectedGainMs = toward !== undefined && toward.evidence.runMin > 0 ? meanGainMs(toward.evidence) : undefined
  const realisedGainMs = state.lastMove === null ? undefined : realisedMs(state.lastMove)
  const data = {
    version: state.version,
    subject: state.subject,
    atMs: batch.atMs,
    chosen: state.chosen ?? batch.bgpChoice,
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
  const needs = needsOf(arm, incumbent, { atMs: batch.atMs, settings, priors })
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
    ...needs,
    guards,
  }
  return { ...data, flips: flipsWhen(data, incumbent) }
}

/** What the statistic has to exceed and the move to be worth; nothing of the path in use. */
function needsOf(
  arm: Arm,
  incumbent: Arm | undefined,
  around: Circumstances,
): Pick<
  CandidateExplanation,
  'thresholdMsMin' | 'thresholdFrom' | 'worthMsMin' | 'priceMsMin' | 'lastingMin' | 'worth'
> {
  if (incumbent === undefined || arm === incumbent)
    return {
      thresholdMsMin: 0,
      thresholdFrom: 'price',
      worthMsMin: 0,
      priceMsMin: 0,
      lastingMin: 0,
      worth: 'too-little',
    }
  const threshold = thresholdFor(arm, incumbent, around)
  const priceMsMin = movePrice(arm, incumbent, around)
  const { msMin: worthMsMin, lastingMin, verdict: worth } = worthOf(arm, incumbent, priceMsMin, around.settings)
  return { thresholdMsMin: threshold.msMin, thresholdFrom: threshold.from, worthMsMin, priceMsMin, lastingMin, worth }
}
