/** What a failover decision wants, committed as a revision of automation: compare-and-set, reviewed, in the audit. */
import type { Logger } from 'pino'
import { OperationError } from '../../bgp/operation-error.ts'
import type { Condition, FailoverDecision, FailoverMemory } from '../../health/failover-input.ts'
import type { Verdicts } from '../../health/verdict.ts'
import { buildIntent } from '../../intent/build.ts'
import { type DocumentChange, splitKey } from '../../intent/document.ts'
import { applyChanges } from '../../intent/edit.ts'
import { failoverEdit } from '../../intent/edit/failover.ts'
import { type AutomatedLoss, automatedLossOf, automationAuthor, breakerWindowMs } from '../../plan/review-automation.ts'
import { reviewFailover } from '../../plan/review-failover.ts'
import type { Detection } from '../../store/proof.ts'
import type { Store } from '../../store/store.ts'
import type { Doorbell } from '../doorbell.ts'
import type { PlannerView } from '../planner.ts'

export type Outcome =
  | { readonly kind: 'nothing-new' }
  | {
      readonly kind: 'committed'
      readonly revision: number
      readonly memory: FailoverMemory
      /** What review refused beside it. */
      readonly condition?: Condition
    }
  /** Somebody else committed first: look again. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'refused'; readonly condition: Condition }

interface Deps {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly logger: Logger
  readonly clock: () => number
  readonly observeDetection: (seconds: number) => void
}

export async function commitFailover(
  { store, doorbell, logger, clock, observeDetection }: Deps,
  { intent, documents, epoch }: PlannerView,
  decision: FailoverDecision,
  verdicts: Verdicts,
  nowMs: number,
): Promise<Outcome> {
  const edit = failoverEdit(documents, decision.overlays, nowMs)
  if (!edit.ok) throw new Error(edit.problem)
  if (edit.changes.length === 0) return { kind: 'nothing-new' }
  const afterOf = (changes: readonly DocumentChange[]) =>
    buildIntent(applyChanges(documents, changes), intent.revision + 1).intent
  const recent = await recentLosses(store, nowMs)
  const review = reviewFailover(intent, afterOf, edit.changes, decision, recent, { epoch, nowMs })
  if (review.condition !== undefined) logger.warn({ problem: review.condition.message }, 'failover refused')
  if (review.kind === 'refused') return review
  const { changes, memory, condition } = review
  const decidedAtMs = clock()
  try {
    const { revision } = await store.revisions.commit({
      expected: intent.revision,
      changes,
      author: automationAuthor,
      reason: reasonOf(decision, changes),
      command: changes.map(commandOf).join('; '),
      forced: review.forced,
      removes: review.removes,
    })
    logger.warn({ revision, changes: changes.map(({ key }) => key) }, 'failover')
    await doorbell.wakePlan()
    const detection = detectionOf(changes, verdicts, decidedAtMs)
    if (detection !== undefined) {
      observeDetection((detection.decidedAtMs - detection.sentAtMs) / 1000)
      await store.proofs.detected(revision, detection)
    }
    return { kind: 'committed', revision, memory, ...(condition !== undefined && { condition }) }
  } catch (error) {
    if (error instanceof OperationError && error.code === 'stale-revision') return { kind: 'stale' }
    throw error
  }
}

/** What automation took away lately, newest first. */
async function recentLosses({ revisions }: Store, nowMs: number): Promise<readonly AutomatedLoss[]> {
  const losses: AutomatedLoss[] = []
  let before: number | undefined
  for (;;) {
    const page = await revisions.list({ ...(before !== undefined && { before }), limit: 100 })
    for (const { revision, author, atMs, changes, forced } of page) {
      if (nowMs - atMs >= breakerWindowMs) return losses
      if (author === automationAuthor && !forced.includes('G2')) losses.push(automatedLossOf(changes, atMs))
      before = revision
    }
    if (page.length === 0) return losses
  }
}

function reasonOf({ overlays }: FailoverDecision, changes: readonly DocumentChange[]): string {
  const alarms = new Set(changes.flatMap(({ after }) => alarmOf(after) ?? []))
  const reasons = overlays.filter(({ alarm }) => alarms.has(alarm)).map(({ reason }) => reason)
  const told = [...new Set(reasons)].slice(0, 5).join('; ')
  return told === '' ? 'well again' : told
}

function commandOf({ key, before, after }: DocumentChange): string {
  const { name } = splitKey(key)
  if (after === undefined) return `end failover ${name}`
  return before === undefined ? `failover ${name}` : `change failover ${name}`
}

/** Of the newest verdict that asked for one of these changes. */
function detectionOf(
  changes: readonly DocumentChange[],
  { sick }: Verdicts,
  decidedAtMs: number,
): Detection | undefined {
  const alarms = new Set(changes.flatMap(({ before, after }) => (before === undefined ? (alarmOf(after) ?? []) : [])))
  let newest: Detection | undefined
  for (const { check, subject, completedBy } of sick.values()) {
    const alarm = `${check}/${subject}`
    if (!alarms.has(alarm) || completedBy === undefined) continue
    const { sentAtMs, receivedAtMs } = completedBy
    if (newest === undefined || receivedAtMs > newest.receivedAtMs)
      newest = { alarm, sentAtMs, receivedAtMs, decidedAtMs }
  }
  return newest
}

function alarmOf(spec: unknown): string | undefined {
  return (spec as { readonly alarm?: string } | undefined)?.alarm
}
