/**
 * What became of the last move. Both paths are still measured, so the gain that came true is known: cost of the path that
 * was left minus cost of the one taken. Where the path that was left is the better one again within an hour, going back
 * is a revert, and the path that disappointed has to bring twice the evidence for some hours.
 */
export interface Move {
  readonly atMs: number
  readonly from: string
  readonly to: string
  readonly expectedMs: number
  /** Sum of (left − taken) over the batches since. */
  readonly realisedSumMs: number
  readonly realisedBatches: number
}

/** One more batch after the move. */
export function addRealised(move: Move, leftMs: number | null, takenMs: number | null): Move {
  if (leftMs === null || takenMs === null) return move
  return {
    ...move,
    realisedSumMs: move.realisedSumMs + leftMs - takenMs,
    realisedBatches: move.realisedBatches + 1,
  }
}

export function realisedMs(move: Move): number | undefined {
  return move.realisedBatches === 0 ? undefined : move.realisedSumMs / move.realisedBatches
}

/** Going from `from` to `to` at `atMs` undoes the move. */
export function isRevert(move: Move | null, from: string, to: string, atMs: number, verifyMs: number): boolean {
  return move !== null && move.from === to && move.to === from && atMs - move.atMs <= verifyMs
}
