/** That the traffic of drains is gone, committed as a revision of its own: compare-and-set, reviewed, in the audit. */
import type { Logger } from 'pino'
import { OperationError } from '../../bgp/operation-error.ts'
import type { IdleDecision } from '../../health/drain-idle.ts'
import { buildIntent } from '../../intent/build.ts'
import { applyChanges, markIdle } from '../../intent/edit.ts'
import { drainAuthor } from '../../plan/review-automation.ts'
import { reviewChange } from '../../plan/review.ts'
import type { Store } from '../../store/store.ts'
import type { Doorbell } from '../doorbell.ts'
import type { PlannerView } from '../planner.ts'

interface Deps {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly logger: Logger
}

/** `stale`: somebody else committed first. `refused`: a guard said no. */
export async function commitIdle(
  { store, doorbell, logger }: Deps,
  { intent, documents, epoch }: PlannerView,
  idle: IdleDecision['idle'],
  nowMs: number,
): Promise<'committed' | 'stale' | 'refused'> {
  const ids = idle.map(({ drain }) => drain.id)
  const edit = markIdle(documents, ids, nowMs)
  if (!edit.ok) throw new Error(`assertion: ${edit.problem}`)
  const { changes } = edit
  const after = buildIntent(applyChanges(documents, changes), intent.revision + 1).intent
  const context = { changes, named: new Set<never>(), force: false, moment: { epoch, nowMs } }
  const review = reviewChange(intent, after, { ...context, automation: { writes: 'drains', recent: [] } })
  if (review.refusals.length > 0) {
    logger.warn({ drains: ids, problem: review.refusals.map(({ message }) => message).join(' ') }, 'idle refused')
    return 'refused'
  }
  try {
    const { revision } = await store.revisions.commit({
      expected: intent.revision,
      changes,
      author: drainAuthor,
      reason: idle.map(({ reason }) => reason).join('; '),
      command: ids.map((id) => `drain ${id} is idle`).join('; '),
      forced: [],
      removes: review.removes,
    })
    logger.info({ revision, drains: ids }, 'drained places are idle')
    await doorbell.wakePlan()
    return 'committed'
  } catch (error) {
    if (error instanceof OperationError && error.code === 'stale-revision') return 'stale'
    throw error
  }
}
