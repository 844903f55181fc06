/** A place as it is now: what there is to choose among, what is in use, and how a choice is carried out. */
import type { Edit } from '../../intent/edit.ts'
import type { DocumentKey } from '../../intent/document.ts'
import type { PopId } from '../../intent/model.ts'
import type { Candidate, LearnerSubject } from '../../learning/batch.ts'
import type { Attached, Catchment } from '../../learning/med.ts'
import type { Pinned } from '../../learning/self-tuning.ts'
import type { Mode } from '../../learning/settings.ts'
import type { Measure } from './sample-book.ts'

export interface SpotArm {
  readonly candidate: Candidate
  readonly measure: Measure
}

export interface Spot {
  readonly subject: LearnerSubject
  readonly mode: Mode
  readonly canaries: readonly PopId[]
  /** By name, because the order of BGP changes and a learner's memory of its arms should not. */
  readonly arms: readonly SpotArm[]
  /** What BGP does by itself, as far as it is known; where an AS enters, what vantage points see. Undefined: not known. */
  readonly bgpChoice: string | undefined
  /** What is in use, as documents, BGP and vantage points say. */
  readonly inUse: string | undefined
  readonly preference: SpotPreference | undefined
  readonly pinned?: Pinned
  /** Traffic that a move would shift. */
  readonly demandBps?: number
  readonly waiting?: string
  readonly attached?: Attached
  /** POPs that documents let be preferred, announced at now or not. */
  readonly mayEnter?: readonly string[]
  /** What was seen since a moment. */
  readonly seen?: (sinceMs: number) => Catchment
  readonly edit: SpotEdit
}

export interface SpotPreference {
  readonly path: string
  readonly by: 'person' | 'learner'
  readonly startedAtMs: number
}

export interface SpotEdit {
  /** @param to undefined: nothing is preferred any more */
  make(documents: ReadonlyMap<DocumentKey, unknown>, to: string | undefined, atMs: number, reason: string): Edit
  /** The verb as the audit shows it. */
  command(to: string | undefined): string
}
