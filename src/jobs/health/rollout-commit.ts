/** One step of a staged change, committed as a revision of automation: compare-and-set, reviewed, in the audit. */
import type { Logger } from 'pino'
import { OperationError } from '../../bgp/operation-error.ts'
import type { RolloutStep } from '../../health/rollout.ts'
import { buildIntent } from '../../intent/build.ts'
import { advanceRollout, applyChanges, rollBack } from '../../intent/edit.ts'
import type { Rollout } from '../../intent/rollout.ts'
import { reviewChange } from '../../plan/review.ts'
import { rolloutAuthor } from '../../plan/review-rollout.ts'
import type { Store } from '../../store/store.ts'
import type { Doorbell } from '../doorbell.ts'
import type { PlannerView } from '../planner.ts'
import { tellRolloutNews } from '../rollout-news.ts'

export type Outcome =
  | { readonly kind: 'committed'; readonly revision: number }
  /** Somebody else committed first: look again. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'refused'; readonly message: string }

interface Deps {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly logger: Logger
}

export type Step = Exclude<RolloutStep, { readonly kind: 'wait' }>

export async function commitStep(
  { store, doorbell, logger }: Deps,
  { intent, documents, epoch }: PlannerView,
  rollout: Rollout,
  step: Step,
  nowMs: number,
): Promise<Outcome> {
  const { id, before, forced } = rollout
  const edit = step.kind === 'rollback' ? rollBack(documents, id) : advanceRollout(documents, id, nowMs)
  if (!edit.ok) throw new Error(`assertion: ${edit.problem}`)
  const { changes } = edit
  const after = buildIntent(applyChanges(documents, changes), intent.revision + 1).intent
  const review = reviewChange(intent, after, {
    changes,
    // The person who began it named them, and the whole change was reviewed.
    named: new Set(before.keys()),
    force: false,
    moment: { epoch, nowMs },
    automation: { writes: 'rollouts', accepted: forced, recent: [] },
  })
  if (review.refusals.length > 0) {
    const message = review.refusals.map((refusal) => refusal.message).join(' ')
    logger.warn({ rollout: id, step: step.kind, problem: message }, 'staged change refused')
    return { kind: 'refused', message }
  }
  const reason = reasonOf(rollout, step)
  try {
    const { revision } = await store.revisions.commit({
      expected: intent.revision,
      changes,
      author: rolloutAuthor,
      reason,
      command: `rollout ${commands[step.kind]} ${id}`,
      forced: review.overridden,
      removes: review.removes,
    })
    logger[step.kind === 'rollback' ? 'warn' : 'info'](
      { revision, rollout: id, step: step.kind, reason },
      'staged change',
    )
    await doorbell.wakePlan()
    await tellRolloutNews(store, changes, rolloutAuthor, reason)
    return { kind: 'committed', revision }
  } catch (error) {
    if (error instanceof OperationError && error.code === 'stale-revision') return { kind: 'stale' }
    throw error
  }
}

const commands = { advance: 'advance', done: 'finish', rollback: 'roll back' } as const

function reasonOf({ stage, stages, author, reason }: Rollout, step: Step): string {
  const whose = `(${author}: ${reason})`
  if (step.kind === 'done') return `${step.reason} ${whose}`
  if (step.kind === 'rollback') return `rolled back at stage ${stage} of ${stages.length}: ${step.reason} ${whose}`
  return `stage ${stage + 1} of ${stages.length}, ${step.pops.join(', ')}: ${step.reason} ${whose}`
}
