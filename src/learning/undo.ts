/** A decision is undone, by a person or because it did not do what it should. */
import { barAgain } from './back-off.ts'
import { noEvidence } from './evidence.ts'
import type { LearnerSettings } from './settings.ts'
import type { LearnerState } from './state.ts'

/** Back on the path before, which is preferred no more; the path that was taken is barred, as after a revert. */
export function undoMove(state: LearnerState, settings: LearnerSettings): LearnerState {
  const move = state.lastMove
  if (move === null || state.chosen !== move.to) return state
  return {
    ...state,
    chosen: move.from,
    lastMove: null,
    held: null,
    arms: state.arms.map((arm) => ({
      ...arm,
      evidence: noEvidence,
      backOff: arm.path === move.to ? barAgain(arm.backOff, settings) : arm.backOff,
    })),
  }
}
