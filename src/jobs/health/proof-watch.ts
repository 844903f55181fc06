/**
 * What witnesses see of one revision while it is watched: until it is as the change wants it or the time is over, and a
 * little longer, because others follow the first. Kinds of witnesses differ in what they see and when that is enough.
 */
import type { Prefix } from '../../bgp/prefix.ts'
import type { Proof, Witness, WitnessedMove } from '../../store/proof.ts'

export interface WitnessNews {
  readonly move: WitnessedMove
  /** `tell`: it is as the change wants it, and that was not told yet. */
  readonly seen: 'tell' | 'keep'
}

export abstract class ProofWatch {
  readonly revision: number
  abstract readonly witness: Witness
  /** Since when nothing of it is waited for any more, ms since the epoch. */
  endedAtMs: number | undefined
  protected doneAtMs: number | undefined
  #isSettled = false
  /** As JSON, as last told. */
  #told: string
  #toldSeen: boolean

  /** @param stored as an earlier leader told it  @param isSeen it was as the change wants it by then */
  protected constructor(revision: number, stored: WitnessedMove | undefined, isSeen: boolean) {
    this.revision = revision
    this.#told = stored === undefined ? '' : JSON.stringify(stored)
    this.#toldSeen = isSeen
  }

  /** Its proof is closed: done, or superseded. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  settle({ state, doneAtMs, supersededBy }: Pick<Proof, 'state' | 'doneAtMs' | 'supersededBy'>): void {
    this.doneAtMs = doneAtMs
    this.#isSettled = state === 'done' || state === 'superseded'
    if (state === 'superseded') this.supersede(() => true, supersededBy)
  }

  /** Prefixes that a later revision changes count for that one from now on. */
  yieldTo(later: ProofWatch): void {
    const taken = new Set(later.prefixes())
    this.supersede((prefix) => taken.has(prefix), later.revision)
  }

  judge(nowMs: number): void {
    const state = this.judged(nowMs)
    if (state === 'open') this.endedAtMs = undefined
    else this.endedAtMs ??= nowMs
  }

  /** What is to be stored; undefined where that is stored already. */
  news(): WitnessNews | undefined {
    const move = this.witnessed()
    const text = JSON.stringify(move)
    if (text === this.#told) return undefined
    this.#told = text
    const isSeen = this.isAsWanted()
    const seen = isSeen && !this.#toldSeen ? 'tell' : 'keep'
    this.#toldSeen ||= isSeen
    return { move, seen }
  }

  abstract prefixes(): readonly Prefix[]
  protected abstract judged(nowMs: number): 'open' | 'over'
  protected abstract witnessed(): WitnessedMove
  protected abstract isAsWanted(): boolean
  /** @param by the later revision, where it is known */
  protected abstract supersede(isTaken: (prefix: Prefix) => boolean, by: number | undefined): void
}
