/**
 * What became of the last move. Both paths are still measured, so the gain that came true is known: cost of the path that
 * was left minus cost of the one taken. Where it is a loss, the path disappointed: leaving it within the hour bars it for
 * a while (back-off.ts), and going back to where the move came from is called a revert.
 */
export interface Move {
  readonly atMs: number
  readonly from: string
  readonly to: string
  readonly expectedMs: number
  /** It was a way back itself: where that disappoints, too, nothing is barred. */
  readonly revert: boolean
  /** What the path that was left cost when it was left. */
  readonly leftMs: number
  /** Sum of (left − taken) over the batches since. */
  readonly realisedSumMs: number
  /** Sum of what the taken path cost. */
  readonly takenSumMs: number
  readonly realisedBatches: number
}

/** One more batch after the move. */
export function addRealised(move: Move, leftMs: number | null, takenMs: number | null): Move {
  if (leftMs === null || takenMs === null) return move
  return {
    ...move,
    realisedSumMs: move.realisedSumMs + leftMs - takenMs,
    takenSumMs: move.takenSumMs + takenMs,
    realisedBatches: move.realisedBatches + 1,
  }
}

export function realisedMs(move: Move): number | undefined {
  return move.realisedBatches === 0 ? undefined : move.realisedSumMs / move.realisedBatches
}

/**
 * The move to `from`, made within the last `verifyMs`, cost more than it brought: against what the path that was left costs
 * now, and against what it cost then. The first alone could be our traffic's doing, which left it; the second alone what
 * happens to all paths. A path that was good for a while and then got worse did not disappoint.
 */
export function isDisappointed(move: Move | null, from: string, atMs: number, verifyMs: number): boolean {
  if (move === null || move.revert || move.to !== from || atMs - move.atMs > verifyMs) return false
  return move.realisedBatches > 0 && move.realisedSumMs < 0 && move.takenSumMs > move.leftMs * move.realisedBatches
}
