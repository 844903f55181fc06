/**
 * What the learner sees at one moment: every candidate path of one place (a POP and its destinations, or the POPs where a
 * neighbor AS may enter), measured whether it carries traffic or not, and what the shell knows about freezes and budgets.
 * A batch is the whole input of a step, so the log of batches is enough to decide everything again.
 */
import type { NeighborKind } from '../bgp/neighbor.ts'
import type { PopId } from '../intent/model.ts'

/** A path that the POP really has: a local path by identifier, or a route in adj-in. Nothing else is ever chosen. */
export interface Candidate {
  /** Its name, as in the probe's subject (health/subject). */
  readonly path: string
  readonly kind: NeighborKind
  /** What it costs to use it rather than another, as milliseconds. */
  readonly priceMs?: number
  readonly capacity?: Capacity
}

export interface Capacity {
  readonly limitBps: number
  /** Measured, this destination's own traffic included where it is on this path. Absent: not known. */
  readonly loadBps?: number
}

export interface ArmBatch {
  readonly candidate: Candidate
  /** Probes sent in this batch; 0: the prober could not measure, which says nothing about the path. */
  readonly sent: number
  /** RTTs of those that were answered. */
  readonly rttsMs: readonly number[]
  readonly jitterMs?: number
}

/** Changes that may still be made in the hour that ends now (budget.ts). */
export interface BudgetLeft {
  readonly pop: number
  readonly fleet: number
}

export interface Batch {
  readonly atMs: number
  /** What BGP prefers by itself: where a cold start begins, and where the learner returns to when its path is gone. */
  readonly bgpChoice: string
  readonly arms: readonly ArmBatch[]
  /** Traffic toward this destination that a move would shift. Absent: not known, at most all that the path in use carries. */
  readonly demandBps?: number
  readonly frozen: boolean
  /** Why no move may be made for now, in words, such as a move that is still being verified. */
  readonly waiting?: string
  /** Whether decisions are carried out here: mode `auto`, or `canary` at a named POP. */
  readonly applied: boolean
  readonly budget: BudgetLeft
}

/** What one learner decides about: which path a POP uses toward a group of destinations, or where ASes enter. */
export type LearnerSubject =
  | { readonly pop: PopId; readonly destination: string }
  /** Name of an EntryGroup; its paths are POPs. */
  | { readonly entry: string }
