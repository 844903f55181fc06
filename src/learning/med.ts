/**
 * MED toward one neighbor AS that is attached at two POPs or more: at which of them its traffic should enter. MED is only
 * compared between links to the same AS, and a missing MED is 0, the best (RFC 4271 §9.1.2.2), so it is set at every POP.
 *
 * 1. The learner decides between entry POPs as it does between paths: the cost of a POP is what that AS's clients see there.
 * 2. A move sets all MEDs at once; catchment probes then have 120 s to see the AS enter where it should.
 * 3. It enters there, and costs less: confirmed. It costs more: rolled back. Nothing moved: rolled back, and the
 *    neighbor is marked as one that ignores MED, until an operator says otherwise.
 */
import type { Asn } from '../bgp/asn.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { Batch } from './batch.ts'
import type { Decision, Explanation } from './decision.ts'
import { undoMove } from './fleet.ts'
import { stepLearner } from './learner.ts'
import type { LearnerSettings } from './settings.ts'
import type { LearnerState } from './state.ts'

/** POP → MED; every POP where the AS is attached. */
export type MedPlan = Readonly<Record<string, number>>

export type MedPhase =
  | { readonly kind: 'settled' }
  /** MEDs are set; `beforeMs` is what the catchment probes saw until then. */
  | {
      readonly kind: 'verifying'
      readonly sinceMs: number
      readonly from: string
      readonly to: string
      readonly beforeMs: number
    }
  /** The neighbor ignores MED. */
  | { readonly kind: 'ignored'; readonly sinceMs: number }

/** Plain data; it survives a restart as JSON. */
export interface MedState {
  readonly prefix: Prefix
  readonly neighborAsn: Asn
  /** `chosen` is the POP that is preferred; its paths are POPs. */
  readonly learner: LearnerState
  readonly phase: MedPhase
}

/** What probes from inside the AS see: which POP answers, and in what time. Null: nothing seen since the last step. */
export interface Catchment {
  readonly entersAt: string | null
  readonly costMs: number | null
}

export type MedOutcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'set'; readonly meds: MedPlan; readonly explanation: Explanation }
  | { readonly kind: 'confirmed'; readonly tookMs: number; readonly sentence: string }
  | {
      readonly kind: 'rolled-back'
      readonly reason: 'worse' | 'ignored'
      readonly meds: MedPlan
      readonly sentence: string
    }

export interface MedStep {
  readonly state: MedState
  readonly outcome: MedOutcome
}

export const verifyWithinMs = 120_000
/** MED of every POP but the preferred one. */
const otherMed = 100
/** A confirmed move may cost this much more than before: below it is noise. */
const worseMs = 1

export function medPlan(preferred: string, pops: readonly string[]): MedPlan {
  return Object.fromEntries(pops.map((pop) => [pop, pop === preferred ? 0 : otherMed]))
}

/** @param batch its arms are the POPs where the AS is attached, in any order */
export function stepMed(state: MedState, batch: Batch, seen: Catchment, settings: LearnerSettings): MedStep {
  const waiting = state.phase.kind !== 'settled'
  const step = stepLearner(state.learner, waiting ? { ...batch, frozen: true } : batch, settings)
  const next: MedState = { ...state, learner: step.state }
  switch (state.phase.kind) {
    case 'settled':
      return settle(next, batch, step.decision, seen)
    case 'verifying':
      return verify(next, batch, state.phase, seen, settings)
    case 'ignored':
      return { state: next, outcome: { kind: 'none' } }
  }
}

function settle(state: MedState, batch: Batch, decision: Decision, seen: Catchment): MedStep {
  const pops = popsOf(batch)
  if (decision.kind !== 'move') return { state, outcome: { kind: 'none' } }
  if (decision.cause === 'gone' || !decision.applied) return { state, outcome: { kind: 'none' } }
  const left = decision.explanation.candidates.find(({ path }) => path === decision.from)
  const phase: MedPhase = {
    kind: 'verifying',
    sinceMs: batch.atMs,
    from: decision.from,
    to: decision.to,
    beforeMs: seen.costMs ?? left?.levelMs ?? Infinity,
  }
  return {
    state: { ...state, phase },
    outcome: { kind: 'set', meds: medPlan(decision.to, pops), explanation: decision.explanation },
  }
}

function verify(
  state: MedState,
  batch: Batch,
  phase: Extract<MedPhase, { kind: 'verifying' }>,
  seen: Catchment,
  settings: LearnerSettings,
): MedStep {
  const tookMs = batch.atMs - phase.sinceMs
  const { from, to, beforeMs } = phase
  const who = `AS${state.neighborAsn} toward ${state.prefix}`
  if (seen.entersAt === to && seen.costMs !== null) {
    if (seen.costMs <= beforeMs + worseMs)
      return {
        state: { ...state, phase: { kind: 'settled' } },
        outcome: {
          kind: 'confirmed',
          tookMs,
          sentence: `${who} enters at ${to} instead of ${from} after ${Math.round(tookMs / 1000)} s, in ${seen.costMs.toFixed(1)} ms instead of ${beforeMs.toFixed(1)}.`,
        },
      }
    return rollBack(
      state,
      batch,
      settings,
      from,
      'worse',
      `${who} enters at ${to}, but in ${seen.costMs.toFixed(1)} ms instead of ${beforeMs.toFixed(1)}: rolled back to ${from}.`,
    )
  }
  if (tookMs < verifyWithinMs) return { state, outcome: { kind: 'none' } }
  return rollBack(
    state,
    batch,
    settings,
    from,
    'ignored',
    `${who} did not move to ${to} within ${verifyWithinMs / 1000} s: it ignores MED, which is rolled back to ${from} and not tried again.`,
  )
}

function rollBack(
  state: MedState,
  batch: Batch,
  settings: LearnerSettings,
  from: string,
  reason: 'worse' | 'ignored',
  sentence: string,
): MedStep {
  return {
    state: {
      ...state,
      learner: undoMove(state.learner, settings),
      phase: reason === 'ignored' ? { kind: 'ignored', sinceMs: batch.atMs } : { kind: 'settled' },
    },
    outcome: { kind: 'rolled-back', reason, meds: medPlan(from, popsOf(batch)), sentence },
  }
}

function popsOf(batch: Batch): readonly string[] {
  return batch.arms.map(({ candidate }) => candidate.path)
}

/** @returns why MED can do nothing between these neighbor ASes, for an operator; undefined where it can */
export function medProposal(
  prefix: Prefix,
  worse: { readonly asn: Asn; readonly pop: string },
  better: { readonly asn: Asn; readonly pop: string },
): string | undefined {
  if (worse.asn === better.asn && worse.pop !== better.pop) return undefined
  return `MED cannot move ${prefix} from ${worse.pop} (AS${worse.asn}) to ${better.pop} (AS${better.asn}): it is compared between links to the same AS only. Proposed instead: prepend once toward AS${worse.asn} at ${worse.pop}, or a community of AS${worse.asn} that lowers its preference.`
}
