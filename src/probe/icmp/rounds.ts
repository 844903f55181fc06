/**
 * Packets of fping toward one task's address, gathered into rounds of `count`. A round is over when the fate of each of
 * its packets was told, or when it is overdue: then the packets without a line were never sent.
 */
export interface Round {
  /** Index of its first packet. */
  readonly first: number
  readonly rttsMs: readonly number[]
  readonly lost: number
  readonly unsent: number
}

interface OpenRound {
  readonly fates: Map<number, number | undefined>
}

/** A bound on what is kept where fping skips far ahead (a stopped machine). */
const skippedAtMost = 4

export class Rounds {
  readonly #count: number
  readonly #over: (round: Round) => void
  readonly #open = new Map<number, OpenRound>()
  /** Every round below is over. */
  #oldest = 0
  readonly #closed = new Set<number>()

  constructor(count: number, over: (round: Round) => void) {
    this.#count = count
    this.#over = over
  }

  /** The first line about a packet counts. */
  take(index: number, rttMs: number | undefined): void {
    const round = Math.floor(index / this.#count)
    if (round < this.#oldest || this.#closed.has(round)) return
    const open = this.#open.get(round) ?? { fates: new Map<number, number | undefined>() }
    this.#open.set(round, open)
    if (open.fates.has(index)) return
    open.fates.set(index, rttMs)
    if (open.fates.size === this.#count) this.#close(round)
  }

  /** Every packet below `index` should have been told about by now. */
  overdue(index: number): void {
    const upTo = Math.floor(index / this.#count)
    if (upTo - this.#oldest > skippedAtMost) this.#skipTo(upTo - skippedAtMost)
    for (let round = this.#oldest; round < upTo; round++) if (!this.#closed.has(round)) this.#close(round)
  }

  #skipTo(round: number): void {
    for (const known of this.#open.keys()) if (known < round) this.#open.delete(known)
    for (const known of this.#closed) if (known < round) this.#closed.delete(known)
    this.#oldest = round
  }

  #close(round: number): void {
    const fates = [...(this.#open.get(round)?.fates ?? [])].sort(([a], [b]) => a - b)
    const rttsMs = fates.flatMap(([, rttMs]) => rttMs ?? [])
    this.#open.delete(round)
    this.#closed.add(round)
    while (this.#closed.delete(this.#oldest)) this.#oldest++
    this.#over({
      first: round * this.#count,
      rttsMs,
      lost: fates.length - rttsMs.length,
      unsent: this.#count - fates.length,
    })
  }
}
