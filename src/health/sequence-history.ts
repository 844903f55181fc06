/**
 * What became of the last 32 probes of one task by one agent, by sequence number, as two bit masks (bit 0 = newest).
 * Late, reordered and doubled samples fall into place, missing ones stay unknown; what is known never depends on the
 * order in which samples came. Every operation is O(1).
 *
 * Runs may be longer: what is shifted out is carried along as a count.
 *
 * A sequence below the newest whose probe was sent later is an agent that started again, not a late sample: the history
 * begins anew.
 */

export class SequenceHistory {
  #newest = -1
  #newestSentAtMs = 0
  #failed = 0
  #ok = 0
  /** Results of one kind that were shifted out since the newest of the other kind that was. */
  #failedBefore = 0
  #okBefore = 0

  /**
   * Takes a result in.
   * @param outcome undefined: the agent could not probe; the number is used up and says nothing
   * @returns `doubled`: known already; `late`: too old to matter; `late-in-order`: older than the newest and taken in
   */
  take(
    sequence: number,
    sentAtMs: number,
    outcome: 'ok' | 'fail' | undefined,
  ): 'new' | 'late-in-order' | 'doubled' | 'late' {
    if (this.#newest >= 0 && sequence < this.#newest && sentAtMs > this.#newestSentAtMs) this.clear()
    const ahead = this.#newest < 0 ? 32 : sequence - this.#newest
    if (ahead > 0) {
      this.#shift(ahead)
      this.#newest = sequence
      this.#newestSentAtMs = sentAtMs
      this.#mark(1, outcome)
      return 'new'
    }
    if (ahead <= -32) return 'late'
    const bit = 1 << -ahead
    if (((this.#failed | this.#ok) & bit) !== 0 || ahead === 0) return 'doubled'
    this.#mark(bit, outcome)
    return 'late-in-order'
  }

  clear(): void {
    this.#newest = -1
    this.#failed = 0
    this.#ok = 0
    this.#failedBefore = 0
    this.#okBefore = 0
  }

  /** Failed probes since the newest good one; missing ones do not count and do not interrupt. */
  get failRun(): number {
    return runOf(this.#failed, this.#ok) + (this.#ok === 0 ? this.#failedBefore : 0)
  }

  /** Good probes since the newest failed one. */
  get okRun(): number {
    return runOf(this.#ok, this.#failed) + (this.#failed === 0 ? this.#okBefore : 0)
  }

  /** JavaScript shifts modulo 32, so a jump of 32 or more is told apart; after one nothing is in a row. */
  #shift(ahead: number): void {
    if (ahead >= 32) {
      this.#failed = 0
      this.#ok = 0
      this.#failedBefore = 0
      this.#okBefore = 0
      return
    }
    const failed = this.#failed >>> (32 - ahead)
    const ok = this.#ok >>> (32 - ahead)
    if ((failed | ok) !== 0) {
      this.#failedBefore = ok === 0 ? this.#failedBefore + bitCount(failed) : runOf(failed, ok)
      this.#okBefore = failed === 0 ? this.#okBefore + bitCount(ok) : runOf(ok, failed)
    }
    this.#failed <<= ahead
    this.#ok <<= ahead
  }

  #mark(bit: number, outcome: 'ok' | 'fail' | undefined): void {
    if (outcome === 'fail') this.#failed |= bit
    else if (outcome === 'ok') this.#ok |= bit
  }
}

/** Bits of `run` below the lowest bit of `against`. */
function runOf(run: number, against: number): number {
  const below = against === 0 ? -1 : (against & -against) - 1
  return bitCount(run & below)
}

function bitCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}
