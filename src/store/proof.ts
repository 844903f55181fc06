/** The proof of a revision: its time line, and what others see of it. Part of the store (store.ts). */
import type { CatchmentMove } from '../health/catchment-move.ts'
import type { RouterMove } from '../health/router-move.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { Fence } from './store.ts'

/** One speaker's part in the proof of a revision; times in ms since the epoch. */
export interface SpeakerProof {
  readonly announce: number
  readonly withdraw: number
  readonly pushedAtMs?: number
  readonly ribAtMs?: number
  readonly adjOutAtMs?: number
  /** Established neighbors whose adj-out was read. */
  readonly neighbors?: number
  readonly problem?: string
}

export type ProofState = 'pending' | 'held' | 'done' | 'superseded'

/** How automation came to a revision; times in ms since the epoch. */
export interface Detection {
  readonly alarm: string
  /** The sample that completed the verdict was sent, by the agent's clock, and taken, by ours. */
  readonly sentAtMs: number
  readonly receivedAtMs: number
  readonly decidedAtMs: number
}

export interface Proof {
  readonly revision: number
  readonly detection?: Detection
  readonly acceptedAtMs: number
  readonly plannedAtMs?: number
  readonly state: ProofState
  readonly doneAtMs?: number
  /** Of a superseded one: the later revision of the same prefixes, which counts instead. */
  readonly supersededBy?: number
  /** Sentences for what is held. */
  readonly held: readonly string[]
  readonly speakers: ReadonlyMap<SpeakerId, SpeakerProof>
  /** What vantage points see of it; absent where nobody looked. */
  readonly catchment?: CatchmentMove
  /** What vantage routers see of it; absent where there are none. */
  readonly routers?: RouterMove
}

export type Witness = 'catchment' | 'routers'
export type WitnessedMove = CatchmentMove | RouterMove

export interface Proofs {
  detected(revision: number, detection: Detection): Promise<void>
  planned(revision: number, plannedAtMs: number): Promise<void>
  /**
   * Adds to what is known of the speaker's part: counts add up, times are the latest, and those of pushing stay where it
   * was pushed earlier. Nothing once it is done.
   */
  speaker(revision: number, speaker: SpeakerId, proof: SpeakerProof): Promise<void>
  /** `lease-lost` where the fence does not hold. @param supersededBy of a superseded one */
  settle(
    fence: Fence,
    revision: number,
    state: ProofState,
    atMs: number,
    held: readonly string[],
    supersededBy?: number,
  ): Promise<void>
  /** What witnesses see of it, also once it is done. @param seen tell: an event says that it is as the change wants it */
  witness(fence: Fence, revision: number, witness: Witness, move: WitnessedMove, seen: 'tell' | 'keep'): Promise<void>
  get(revision: number): Promise<Proof | undefined>
}
