/** What the path learner decided, committed as a revision of its own: compare-and-set, reviewed, in the audit. */
import type { Logger } from 'pino'
import { OperationError } from '../../bgp/operation-error.ts'
import { buildIntent } from '../../intent/build.ts'
import { applyChanges } from '../../intent/edit.ts'
import { learnerAuthor } from '../../plan/review-automation.ts'
import { reviewChange } from '../../plan/review.ts'
import type { Store } from '../../store/store.ts'
import type { Doorbell } from '../doorbell.ts'
import type { PlannerView } from '../planner.ts'
import type { Spot } from './spot.ts'

/** `stale`: somebody else committed first. `refused`: a guard said no, in these words. */
export type Outcome =
  | { readonly kind: 'committed'; readonly revision: number }
  | { readonly kind: 'nothing-new' | 'stale' }
  | { readonly kind: 'refused'; readonly problem: string }

interface Deps {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly logger: Logger
}

/** @param to undefined: nothing is preferred any more, BGP's own choice is taken back */
export async function commitChoice(
  { store, doorbell, logger }: Deps,
  { intent, documents, epoch }: PlannerView,
  { preference, edit }: Spot,
  to: string | undefined,
  reason: string,
  nowMs: number,
): Promise<Outcome> {
  if (to === undefined && preference === undefined) return { kind: 'nothing-new' }
  const made = edit.make(documents, to, nowMs, reason)
  if (!made.ok) return { kind: 'refused', problem: made.problem }
  const { changes } = made
  if (changes.length === 0) return { kind: 'nothing-new' }
  const after = buildIntent(applyChanges(documents, changes), intent.revision + 1).intent
  const context = { changes, named: new Set<never>(), force: false, moment: { epoch, nowMs } }
  const review = reviewChange(intent, after, { ...context, automation: { writes: 'preferences', recent: [] } })
  if (review.refusals.length > 0)
    return { kind: 'refused', problem: review.refusals.map(({ message }) => message).join(' ') }
  try {
    const command = edit.command(to)
    const { revision } = await store.revisions.commit({
      expected: intent.revision,
      changes,
      author: learnerAuthor,
      reason,
      command,
      forced: [],
      removes: review.removes,
    })
    logger.info({ revision, command }, 'preferred')
    await doorbell.wakePlan()
    return { kind: 'committed', revision }
  } catch (error) {
    if (error instanceof OperationError && error.code === 'stale-revision') return { kind: 'stale' }
    throw error
  }
}
