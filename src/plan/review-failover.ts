/**
 * A failover decision, reviewed as automation's word. The leader asks before it commits one, and whoever pretends to be the
 * leader (scenarios, simulations) asks the same. What a person said go for is not counted by G2, and the audit says so.
 */
import type { Condition, FailoverDecision } from '../health/failover-input.ts'
import type { Moment } from '../intent/compile.ts'
import type { DocumentChange } from '../intent/document.ts'
import type { Intent } from '../intent/model.ts'
import { type AutomatedLoss, approvalKey } from './review-automation.ts'
import { reviewChange } from './review.ts'

export type FailoverReview =
  | {
      readonly kind: 'passed'
      /** Guards that a person's go went past; such a revision is not counted again. */
      readonly forced: readonly string[]
      /** Announcements (paths) taken away. */
      readonly removes: number
    }
  | { readonly kind: 'refused'; readonly condition: Condition }

/** @param recent what automation took away lately, but for what a person said go for */
export function reviewFailover(
  before: Intent,
  after: Intent,
  changes: readonly DocumentChange[],
  decision: FailoverDecision,
  recent: readonly AutomatedLoss[],
  moment: Moment,
): FailoverReview {
  const approved = approvedAt(decision, moment.nowMs)
  const { refusals, removes } = reviewChange(before, after, {
    changes,
    named: new Set(),
    force: false,
    moment,
    automation: { recent, approved },
  })
  if (refusals.length === 0) return { kind: 'passed', forced: approved.size > 0 ? ['G2'] : [], removes }
  const message = refusals.map((refusal) => refusal.message).join(' ')
  return {
    kind: 'refused',
    condition: { kind: 'failover-refused', subject: 'review', severity: 'critical', message },
  }
}

/** What this decision takes away because a person said go. */
function approvedAt({ memory }: FailoverDecision, nowMs: number): ReadonlySet<string> {
  const approved = memory.ledger.filter(({ atMs, what, approved }) => atMs === nowMs && what === 'out' && approved)
  return new Set(approved.map(({ prefix, pop }) => approvalKey(prefix, pop)))
}
