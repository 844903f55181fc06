/** The learner itself on a group: every row is a batch of one probe per path, at the time of the first trace's clock. */
import type { Batch, Candidate } from '../../../src/learning/batch.ts'
import { type Change, budgetLeft, recentChanges } from '../../../src/learning/budget.ts'
import type { Decision } from '../../../src/learning/decision.ts'
import { stepLearner } from '../../../src/learning/learner.ts'
import { type LearnerSettings, defaultSettings } from '../../../src/learning/settings.ts'
import { newLearner } from '../../../src/learning/state.ts'
import type { PopId } from '../../../src/intent/model.ts'
import type { Group } from './group.ts'

const pop = 'replay' as PopId

/** @returns the path of every step; step k is decided by rows up to k−1 */
export function runLearner(
  group: Group,
  settings: LearnerSettings = defaultSettings,
  onDecision?: (step: number, decision: Decision) => void,
): Uint8Array {
  const candidates = group.traces.map((_, i): Candidate => ({ path: `path-${i}`, kind: 'transit' }))
  const indexOf = new Map(candidates.map(({ path }, i) => [path, i]))
  const chosen = new Uint8Array(group.steps)
  const clock = group.traces[0]?.atMs as Float64Array
  let state = newLearner({ pop, destination: 'replay' })
  let changes: readonly Change[] = []
  let now = 0
  for (let step = 0; step < group.steps; step++) {
    chosen[step] = now
    const atMs = clock[step] as number
    const batch: Batch = {
      atMs,
      bgpChoice: 'path-0',
      arms: candidates.map((candidate, i) => ({
        candidate,
        sent: 1,
        rttsMs: group.traces[i]?.lost[step] === 1 ? [] : [group.rawMs[i]?.[step] as number],
      })),
      frozen: false,
      applied: true,
      budget: budgetLeft(changes, { pop, applied: true }, atMs),
    }
    const taken = stepLearner(state, batch, settings)
    state = taken.state
    if (taken.decision.kind === 'stay') continue
    onDecision?.(step, taken.decision)
    if (taken.decision.kind !== 'move') continue
    now = indexOf.get(taken.decision.to) as number
    changes = [...recentChanges(changes, atMs), { pop, atMs, applied: true }]
  }
  return chosen
}
