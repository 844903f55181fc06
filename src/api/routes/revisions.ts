/** Revisions: the audit, the proof of each, and the way back to an earlier one. */
import { z } from 'zod'
import type { DocumentKey } from '../../intent/document.ts'
import { type Edit, restoreTo, revert } from '../../intent/edit.ts'
import type { Revision } from '../../store/store.ts'
import { readAudit } from '../audit.ts'
import type { Api, ApiContext } from '../deps.ts'
import { documentDiff } from '../document-diff.ts'
import { pollUntil } from '../poll.ts'
import { ProblemError } from '../problem.ts'
import { proofView } from '../proof-view.ts'
import { stagedFields, writeQuerySchema } from '../wire/change.ts'
import { revisionSchema } from '../wire/document.ts'
import { type RevisionView, proofSchema, revisionListSchema, revisionViewSchema } from '../wire/revision.ts'
import { readProblems, write, writeResponses } from '../write.ts'

const params = z.object({ revision: revisionSchema })
const writeBody = z.strictObject(stagedFields)
const count = (max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'write a number')
    .transform(Number)
    .refine((value) => value >= 1 && value <= max, `write 1 to ${max}`)

export function revisionRoutes(api: Api, context: ApiContext): void {
  const { store } = context.deps

  api.get(
    '/v1/revisions',
    {
      schema: {
        tags: ['revisions'],
        summary: 'The audit, newest first',
        description:
          '`about` is the name or the key of a document, and finds what changed it or names it: `fra`, `203.0.113.0/24`, `Drain/drain-1`.',
        querystring: z.strictObject({
          before: revisionSchema.optional(),
          limit: count(1000).optional(),
          about: z.string().min(1).optional(),
          author: z.string().min(1).optional(),
        }),
        response: { 200: revisionListSchema, ...readProblems },
      },
    },
    async (request) => {
      const { revisions, next } = await readAudit(store, request.query)
      return { revisions: revisions.map(revisionView), ...(next !== undefined && { next }) }
    },
  )

  api.get(
    '/v1/revisions/:revision',
    {
      schema: {
        tags: ['revisions'],
        summary: 'One revision: who, why, and every document before and after',
        params,
        querystring: z.strictObject({}),
        response: { 200: revisionViewSchema, ...readProblems },
      },
    },
    async (request) => revisionView(await store.revisions.get(request.params.revision)),
  )

  proofRoute(api, context)
  wayBackRoutes(api, context)
}

function proofRoute(api: Api, { deps: { store }, heads, closing }: ApiContext): void {
  api.get(
    '/v1/revisions/:revision/proof',
    {
      schema: {
        tags: ['revisions'],
        summary: 'Accepted → planned → pushed → in RIB → in adj-out, with milliseconds',
        description:
          '`wait=30` answers when the revision is not pending any more, at the latest after 30 s; with `seen=<progress>` at the next change.',
        params,
        querystring: z.strictObject({ wait: count(60).optional(), seen: z.string().min(1).optional() }),
        response: { 200: proofSchema, ...readProblems },
      },
    },
    async (request) => {
      const { revision } = request.params
      const { wait = 0, seen } = request.query
      const { intent } = await heads.current()
      const read = async () => {
        const proof = await store.proofs.get(revision)
        return proof === undefined ? undefined : proofView(proof, intent)
      }
      const gone = AbortSignal.any([closing, disconnected(request.raw.socket)])
      const proof = await pollUntil(
        read,
        (view) => view === undefined || (seen === undefined ? view.state !== 'pending' : view.progress !== seen),
        wait * 1000,
        gone,
      )
      if (proof !== undefined) return proof
      await store.revisions.get(revision)
      throw new ProblemError(404, 'not-found', `the proof of revision ${revision} is older than a week and was dropped`)
    },
  )
}

function wayBackRoutes(api: Api, context: ApiContext): void {
  const { store } = context.deps
  api.post(
    '/v1/revisions/:revision/undo',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['revisions'],
        summary: 'Take back what one revision changed',
        params,
        querystring: writeQuerySchema,
        body: writeBody,
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { revision } = request.params
      const { changes } = await store.revisions.get(revision)
      const later = await store.revisions.since(revision)
      return write(context, request, reply, {
        edit: (documents) => revert(documents, changes, later),
        command: `undo ${revision}`,
        wayBack: true,
        ...request.body,
        force: request.body.force,
        dryRun: request.query.dryRun,
      })
    },
  )

  api.post(
    '/v1/revisions/:revision/restore',
    {
      config: { role: 'admin' },
      schema: {
        tags: ['revisions'],
        summary: 'Make all documents as they were at an earlier revision',
        description:
          'What automation and the path learner had laid on top then is not brought back where it has ended, and is left as it is where it stands.',
        params,
        querystring: writeQuerySchema,
        body: writeBody,
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { revision } = request.params
      const { documents: earlier } = await store.revisions.documents(revision)
      const edit = (documents: ReadonlyMap<DocumentKey, unknown>): Edit => restoreTo(documents, earlier)
      return write(context, request, reply, {
        edit,
        command: `restore ${revision}`,
        wayBack: true,
        ...request.body,
        force: request.body.force,
        dryRun: request.query.dryRun,
      })
    },
  )
}

function revisionView(revision: Revision): RevisionView {
  const { atMs, changes, forced, ...rest } = revision
  return { ...rest, at: new Date(atMs).toISOString(), forced: [...forced], changes: changes.map(documentDiff) }
}

function disconnected(socket: { once(event: 'close', listener: () => void): unknown }): AbortSignal {
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  return gone.signal
}
