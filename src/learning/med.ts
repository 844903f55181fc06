/**
 * MED toward a neighbor AS that is attached at two POPs or more: at which of them its traffic should enter. MED is only
 * compared between links to the same AS, and a missing MED is 0, the best (RFC 4271 §9.1.2.2), so it is set at every POP.
 *
 * 1. The learner decides between entry POPs as it does between paths: the cost of a POP is what that AS's clients see there.
 * 2. A move sets all MEDs at once; catchment probes then have 120 s to see the AS enter where it should.
 * 3. It enters there, and costs no more: confirmed. It costs more, enters elsewhere, or nobody sees anything: rolled back,
 *    and the POP is barred for a while. Nothing moved: rolled back, and the neighbor is marked as one that ignores MED,
 *    until a person says otherwise.
 * 4. Where the better POP is one of another AS, MED can do nothing: that is said, and a way that a person may take proposed.
 */
import type { Asn } from '../bgp/asn.ts'
import { flapBudget } from '../health/failover-limits.ts'

/** POP → ASes of the group that are attached there. */
export type Attached = Readonly<Record<string, readonly Asn[]>>

/** What probes from inside the ASes see: which POP answers, and in what time. Null: not known. */
export interface Catchment {
  readonly entersAt: string | null
  readonly costMs: number | null
}

export type MedPhase =
  | { readonly kind: 'settled' }
  | {
      readonly kind: 'verifying'
      readonly sinceMs: number
      readonly from: string
      readonly to: string
      /** What was seen until then. */
      readonly beforeMs: number | null
      /** The POP that was preferred until then; null: none was. */
      readonly before: string | null
    }
  /** MED did nothing when it should enter at `to`. */
  | { readonly kind: 'ignored'; readonly sinceMs: number; readonly to: string }

/** What a person may do where MED cannot. */
export interface Proposal {
  readonly atMs: number
  readonly from: string
  readonly to: string
  readonly sentence: string
}

/** Plain data; it survives a restart as JSON. */
export interface EntryState {
  readonly phase: MedPhase
  /** When the learner last changed MED. */
  readonly changedAtMs: number | null
  readonly proposal: Proposal | null
}

export const newEntry: EntryState = { phase: { kind: 'settled' }, changedAtMs: null, proposal: null }

export type RollbackReason = 'worse' | 'elsewhere' | 'unseen' | 'ignored'

export type MedVerdict =
  | { readonly kind: 'confirmed'; readonly tookMs: number; readonly sentence: string }
  | {
      readonly kind: 'rolled-back'
      readonly reason: RollbackReason
      /** The POP that is preferred again; null: none. */
      readonly back: string | null
      readonly sentence: string
    }

export const verifyWithinMs = 120_000
/** A confirmed move may cost this much more than before: below it is noise. */
const worseMs = 1
const worseShare = 0.05

/** Why no MED may be changed now, in words. */
export function waitingFor({ phase, changedAtMs }: EntryState, nowMs: number): string | undefined {
  switch (phase.kind) {
    case 'verifying':
      return `the move to ${phase.to} is still being verified`
    case 'ignored':
      return `MED was ignored when it should enter at ${phase.to}; a person may clear that`
    case 'settled': {
      if (changedAtMs === null || nowMs - changedAtMs >= flapBudget.changeMs) return undefined
      const minutes = flapBudget.changeMs / 60_000
      return `MED was changed ${Math.round((nowMs - changedAtMs) / 60_000)} minutes ago, once in ${minutes} at most (RFC 7196)`
    }
  }
}

/** @returns the verdict on a move that is being verified, or undefined where it is too early for one */
export function verdictOn(
  name: string,
  phase: Extract<MedPhase, { readonly kind: 'verifying' }>,
  seen: Catchment,
  nowMs: number,
): MedVerdict | undefined {
  const tookMs = nowMs - phase.sinceMs
  const { from, to, beforeMs, before } = phase
  const after = `after ${Math.round(tookMs / 1000)} s`
  const back = (reason: RollbackReason, sentence: string): MedVerdict => ({
    kind: 'rolled-back',
    reason,
    back: before,
    sentence: `${sentence} MED is rolled back to ${before === null ? 'what it was, none of the learner' : `preferring ${before}`}.`,
  })
  if (seen.entersAt === to && seen.costMs !== null) {
    const now = `${seen.costMs.toFixed(1)} ms`
    const was = beforeMs === null ? '' : ` instead of ${beforeMs.toFixed(1)} ms`
    if (beforeMs === null || seen.costMs <= beforeMs + Math.max(worseMs, worseShare * beforeMs))
      return {
        kind: 'confirmed',
        tookMs,
        sentence: `${name} enters at ${to} instead of ${from} ${after}, in ${now}${was}.`,
      }
    return back('worse', `${name} enters at ${to} ${after}, but in ${now}${was}.`)
  }
  if (tookMs < verifyWithinMs) return undefined
  if (seen.entersAt === null)
    return back('unseen', `No vantage point saw where ${name} enters within ${verifyWithinMs / 1000} s.`)
  if (seen.entersAt !== from) return back('elsewhere', `${name} enters at ${seen.entersAt} ${after}, and not at ${to}.`)
  return back(
    'ignored',
    `${name} did not move to ${to} within ${verifyWithinMs / 1000} s: it ignores MED, which is not tried again until a person clears that.`,
  )
}

/** @returns why MED can do nothing between these POPs, and what a person could; undefined where it can */
export function medProposal(name: string, from: string, to: string, attached: Attached): string | undefined {
  const left = attached[from] ?? []
  const taken = attached[to] ?? []
  if (left.some((asn) => taken.includes(asn))) return undefined
  return (
    `MED cannot move ${name} from ${from} (${asText(left)}) to ${to} (${asText(taken)}): it is compared between links to` +
    ` the same AS only; proposed instead: prepend once toward ${asText(left)}, or a community that makes it prefer the route less`
  )
}

function asText(asns: readonly Asn[]): string {
  return asns.length === 0 ? 'no AS' : asns.map((asn) => `AS${asn}`).join(', ')
}
