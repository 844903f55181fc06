/** A move of the path learner, committed as a revision of its own: compare-and-set, reviewed, in the audit. */
import type { Logger } from 'pino'
import { OperationError } from '../../bgp/operation-error.ts'
import { buildIntent } from '../../intent/build.ts'
import { applyChanges, prefer } from '../../intent/edit.ts'
import { learnerAuthor } from '../../plan/review-automation.ts'
import { reviewChange } from '../../plan/review.ts'
import type { Store } from '../../store/store.ts'
import type { Doorbell } from '../doorbell.ts'
import type { PlannerView } from '../planner.ts'
import type { Place } from './candidates.ts'

/** `stale`: somebody else committed first. `refused`: a guard said no. */
export type Outcome = 'committed' | 'nothing-new' | 'stale' | 'refused'

interface Deps {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly logger: Logger
}

/** @param path undefined: BGP's own choice is taken back */
export async function commitPreference(
  { store, doorbell, logger }: Deps,
  { intent, documents, epoch }: PlannerView,
  { group, pop, preference }: Place,
  path: string | undefined,
  reason: string,
  nowMs: number,
): Promise<Outcome> {
  if (path === undefined && preference === undefined) return 'nothing-new'
  const chosen = path === undefined ? {} : { path }
  const verb = { group: group.id, pop, ...chosen, by: 'learner', startedAtMs: nowMs, reason } as const
  const edit = prefer(documents, verb)
  if (!edit.ok) throw new Error(`assertion: ${edit.problem}`)
  const { changes } = edit
  if (changes.length === 0) return 'nothing-new'
  const after = buildIntent(applyChanges(documents, changes), intent.revision + 1).intent
  const context = { changes, named: new Set<never>(), force: false, moment: { epoch, nowMs } }
  const review = reviewChange(intent, after, { ...context, automation: { writes: 'preferences', recent: [] } })
  if (review.refusals.length > 0) {
    logger.warn({ problem: review.refusals.map(({ message }) => message).join(' ') }, 'preference refused')
    return 'refused'
  }
  try {
    const { revision } = await store.revisions.commit({
      expected: intent.revision,
      changes,
      author: learnerAuthor,
      reason,
      command: `prefer ${group.id} --at ${pop} ${path === undefined ? '--none' : `--path ${path}`}`,
      forced: [],
      removes: review.removes,
    })
    logger.info({ revision, group: group.id, pop, path }, 'preferred')
    await doorbell.wakePlan()
    return 'committed'
  } catch (error) {
    if (error instanceof OperationError && error.code === 'stale-revision') return 'stale'
    throw error
  }
}
