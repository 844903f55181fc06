/**
 * The one way in which anything is written. For every verb:
 *   1. take head documents and make the edit (pure);
 *   2. judge what would come out as a whole: schema, references, rules; every problem at once, nothing half applied;
 *   3. review it against the guards (G1, G4, G7, G8, G13); `force` with a reason overrides what may be overridden;
 *      what goes out in stages passes as a whole, and is laid out after that (staging.ts);
 *   4. plan the prefixes concerned, for people to see;
 *   5. commit by compare-and-set, unless it is a dry run. Where another write came first, all of it again, up to three
 *      times, unless the client insisted on a revision (If-Match);
 *   6. ring the planner's doorbell.
 */
import { OperationError } from '../bgp/operation-error.ts'
import { checkMoves } from '../intent/check/move.ts'
import type { DocumentChange, DocumentKey, Finding } from '../intent/document.ts'
import { type Edit, applyChanges } from '../intent/edit.ts'
import type { Moment } from '../intent/compile.ts'
import { tellRolloutNews } from '../jobs/rollout-news.ts'
import { lossOf } from '../plan/loss.ts'
import { reviewChange } from '../plan/review.ts'
import { isOutcomeUnknown } from '../store/errors.ts'
import type { ApiContext } from './deps.ts'
import { documentDiff } from './document-diff.ts'
import { type HeadState, judge } from './heads.ts'
import { previewChange } from './preview.ts'
import { ProblemError } from './problem.ts'
import { emptyPlan } from './plan-view.ts'
import { type StagingFacts, stageEdit, stagingFacts } from './staging.ts'
import type { ChangeView } from './wire/change.ts'
import type { StagedView, StagedWish } from './wire/rollout.ts'

export interface ChangeRequest {
  /** Pure; called again after a race. */
  readonly edit: (documents: ReadonlyMap<DocumentKey, unknown>) => EditOutcome
  readonly author: string
  readonly reason: string
  /** The verb as the audit shows it. */
  readonly command: string
  readonly force: boolean
  readonly dryRun: boolean
  /** If-Match: the revision the client saw. */
  readonly expected?: number
  /** It goes out in stages. */
  readonly staged?: StagedWish
  /** Undo and restore, which may bring back what nobody may write. */
  readonly wayBack?: true
}

/** An edit, or what is wrong in the documents that were sent. */
export type EditOutcome = Edit | { readonly ok: false; readonly findings: readonly Finding[] }

const attempts = 4

export async function makeChange(context: ApiContext, request: ChangeRequest): Promise<ChangeView> {
  for (let attempt = 1; ; attempt++) {
    const head = await context.heads.current()
    checkStore(context, head)
    if (request.expected !== undefined && request.expected !== head.revision)
      throw stale(request.expected, head.revision)
    const facts = request.staged === undefined ? undefined : await stagingFacts(context.deps.store)
    const reviewed = review(context, head, request, facts)
    if (reviewed === undefined) return unchanged(head)
    const view = await viewOf(context, head, reviewed)
    if (request.dryRun) return { status: 'dry-run', revision: head.revision, ...view }
    try {
      const { revision } = await context.deps.store.revisions.commit({
        expected: head.revision,
        changes: reviewed.changes,
        author: request.author,
        reason: request.reason,
        command: request.command,
        forced: reviewed.overridden,
        removes: reviewed.removes,
      })
      await wake(context, revision)
      await tellRollouts(context, reviewed.changes, request)
      return { status: 'accepted', revision, ...view, proof: `/v1/revisions/${revision}/proof` }
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'stale-revision') throw unconfirmed(error, head.revision)
      const now = (await context.heads.current()).revision
      if (request.expected !== undefined || attempt === attempts) throw stale(head.revision, now)
    }
  }
}

/** Redis was given the commit and did not confirm it: it holds all of it or nothing. A retry against the same head is safe. */
function unconfirmed(error: unknown, head: number): unknown {
  if (!(error instanceof OperationError) || error.code !== 'store-unavailable') return error
  const wasGiven = isOutcomeUnknown(error) || error.cause instanceof OperationError // sent, or written and not durable
  if (!wasGiven) return error
  return new ProblemError(
    503,
    'outcome-unknown',
    `Redis was given the change and did not confirm it: whether revision ${head + 1} is committed is unknown. Look at "herald history", or ` +
      `repeat it with If-Match: "${head}" (--if-revision ${head}), which is refused where it was`,
    { revision: head },
  )
}

interface Reviewed {
  readonly changes: readonly DocumentChange[]
  readonly after: ReturnType<typeof judge>
  readonly doubts: readonly Finding[]
  readonly overridden: readonly string[]
  readonly removes: number
  readonly announcements: { readonly before: number; readonly after: number }
  readonly moment: Moment
  readonly staged?: StagedView
}

/** Steps 1 to 3. Undefined: the edit changes nothing. Throws what is refused, as a problem. */
function review(
  { deps }: ApiContext,
  head: HeadState,
  request: ChangeRequest,
  facts: StagingFacts | undefined,
): Reviewed | undefined {
  const edit = request.edit(head.documents)
  if (!edit.ok) {
    if ('findings' in edit) throw invalid(edit.findings)
    throw new ProblemError(422, 'invalid-edit', edit.problem)
  }
  if (edit.changes.length === 0) return undefined
  const after = soundAfter(head, edit.changes)
  const moment: Moment = { epoch: head.epoch, nowMs: deps.clock() }
  const { refusals, overridden, removes, announcementsBefore, announcementsAfter } = reviewChange(
    head.intent,
    after.intent,
    {
      changes: edit.changes,
      named: new Set(edit.named),
      force: request.force,
      moment,
      wayBack: request.wayBack === true,
    },
  )
  if (refusals.length > 0) {
    const guards = refusals.map((refusal) => ({ ...refusal }))
    throw new ProblemError(
      409,
      'guard-refused',
      refusals.map(({ guard, message }) => `${guard}: ${message}`).join('; '),
      { guards },
    )
  }
  const whole: Reviewed = {
    changes: edit.changes,
    after,
    doubts: doubtsOf(head, after, edit.changes),
    overridden,
    removes,
    announcements: { before: announcementsBefore, after: announcementsAfter },
    moment,
  }
  if (request.staged === undefined || facts === undefined) return whole
  const { author, reason } = request
  const id = `rollout-${deps.newId()}`
  const forced = overridden.length > 0
  const { changes, view } = stageEdit(
    head,
    after.intent,
    edit,
    { wish: request.staged, facts, id, author, reason, forced },
    moment,
  )
  const first = soundAfter(head, changes)
  const loss = lossOf(head.intent, first.intent, changes, moment)
  const doubts = doubtsOf(head, first, changes)
  return { ...whole, changes, after: first, doubts, removes: loss.removes, staged: view }
}

type Judged = ReturnType<typeof judge>

/** The documents after the changes, as a whole. @throws their new errors */
function soundAfter(head: HeadState, changes: readonly DocumentChange[]): Judged {
  const after = judge(applyChanges(head.documents, changes), head.revision + 1)
  const errors = newFindings(head, after).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw invalid(errors)
  return after
}

/** Whoever changes a document is told all doubts about it, the old ones too. */
function doubtsOf(head: HeadState, after: Judged, changes: readonly DocumentChange[]): readonly Finding[] {
  const news = newFindings(head, after)
  const touched = new Set(changes.map(({ key }) => key))
  const doubts = after.findings
    .filter((finding) => touched.has(finding.document) || news.includes(finding))
    .filter(({ severity }) => severity === 'warning')
  return [...doubts, ...checkMoves(head.intent, after.intent)]
}

function newFindings(head: HeadState, { findings }: Judged): readonly Finding[] {
  const known = new Set(head.findings.map(findingKey))
  return findings.filter((finding) => !known.has(findingKey(finding)))
}

async function viewOf(
  { deps }: ApiContext,
  head: HeadState,
  { changes, after, doubts, overridden, removes, announcements, moment, staged }: Reviewed,
): Promise<Omit<ChangeView, 'status' | 'revision'>> {
  const plan = await previewChange(deps.store, {
    before: head.intent,
    after: after.intent,
    changes,
    moment,
    removes,
    announcements: announcements.before,
  })
  return {
    changes: changes.map(documentDiff),
    plan,
    findings: doubts.map(({ code, document, pointer, message }) => ({ code, document, pointer, message })),
    overridden: [...overridden],
    announcements,
    ...(staged !== undefined && { staged }),
  }
}

function unchanged({ revision }: HeadState): ChangeView {
  return {
    status: 'unchanged',
    revision,
    changes: [],
    plan: emptyPlan,
    findings: [],
    overridden: [],
    announcements: { before: 0, after: 0 },
  }
}

/** A revision committed to a rolled-back store would make the wrong state the newer one. */
function checkStore({ deps }: ApiContext, head: HeadState): void {
  const identity = deps.storeIdentity.check(head)
  if (identity !== 'ok') throw new OperationError('store-rolled-back', identity.problem)
}

/** The revision is durable: a doorbell that cannot be rung now is rung by the watchdog. */
async function wake({ deps }: ApiContext, revision: number): Promise<void> {
  try {
    await deps.wakePlan()
  } catch (error) {
    deps.logger.warn({ err: error, revision }, 'the planner was not woken; the watchdog will')
  }
}

async function tellRollouts(
  { deps }: ApiContext,
  changes: readonly DocumentChange[],
  { author, reason }: ChangeRequest,
): Promise<void> {
  await tellRolloutNews(deps.store, changes, author, reason).catch((error: unknown) =>
    deps.logger.warn({ err: error }, 'a staged change was not told as an event; its revision was'),
  )
}

function stale(expected: number, head: number): ProblemError {
  return new ProblemError(
    412,
    'stale-revision',
    `revision ${expected} is not the head any more, ${head} is; look at the new state and try again`,
    { revision: head },
  )
}

function invalid(findings: readonly Finding[]): ProblemError {
  const detail = findings.map(({ document, pointer, message }) => `${document}${pointer}: ${message}`).join('; ')
  return new ProblemError(422, 'invalid-documents', detail, {
    errors: findings.map(({ document, pointer, code, message }) => ({ document, pointer, code, message })),
  })
}

function findingKey({ severity, code, document, pointer, message }: Finding): string {
  return JSON.stringify([severity, code, document, pointer, message])
}
