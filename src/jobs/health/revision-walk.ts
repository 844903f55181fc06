/** Revisions one by one, each with the intent before and after it: worked out backwards from how documents are now. */
import { buildIntent } from '../../intent/build.ts'
import type { DocumentChange } from '../../intent/document.ts'
import { applyChanges } from '../../intent/edit.ts'
import type { Intent } from '../../intent/model.ts'
import type { Revision } from '../../store/store.ts'
import type { PlannerView } from '../planner.ts'

export interface Step {
  readonly revision: Revision
  readonly before: Intent
  readonly after: Intent
}

/** @param revisions in order, without gaps, the last one the view's own  @returns in the same order */
export function walkRevisions(
  { intent, documents }: Pick<PlannerView, 'intent' | 'documents'>,
  revisions: readonly Revision[],
): readonly Step[] {
  let after = { intent, documents }
  const steps = revisions.toReversed().map((revision): Step => {
    const earlier = applyChanges(after.documents, revision.changes.map(inverse))
    const before = { intent: buildIntent(earlier, revision.revision - 1).intent, documents: earlier }
    const step = { revision, before: before.intent, after: after.intent }
    after = before
    return step
  })
  return steps.toReversed()
}

function inverse({ key, before, after }: DocumentChange): DocumentChange {
  return { key, before: after, after: before }
}
