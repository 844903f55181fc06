/** Documents: read at head or at any earlier revision, put and deleted one by one, applied as a set. */
import { z } from 'zod'
import { type Document, type DocumentKey, type Kind, documentKey, kinds, splitKey } from '../../intent/document.ts'
import { applyDocuments, removeDocuments } from '../../intent/edit.ts'
import { didYouMean } from '../../intent/nearest.ts'
import { requireAdmin } from '../access.ts'
import type { EditOutcome } from '../change.ts'
import type { Api, ApiContext } from '../deps.ts'
import { shownSpec } from '../document-diff.ts'
import { ProblemError } from '../problem.ts'
import { readDocuments } from '../read-documents.ts'
import { deleteQuerySchema, stagedFields, writeFields, writeQuerySchema } from '../wire/change.ts'
import {
  documentListSchema,
  documentPathSchema,
  kindSchema,
  oneDocumentSchema,
  revisionSchema,
  sentDocumentSchema,
} from '../wire/document.ts'
import { etag, readProblems, write, writeResponses } from '../write.ts'

const atQuery = z.strictObject({ at: revisionSchema.optional() })

export function documentRoutes(api: Api, context: ApiContext): void {
  const readAt = async (at: number | undefined) =>
    at === undefined ? context.heads.current() : context.deps.store.revisions.documents(at)

  api.get(
    '/v1/documents',
    {
      schema: {
        tags: ['documents'],
        summary: 'All documents, or those of a kind, now or as of a revision',
        querystring: z.strictObject({ kind: kindSchema.optional(), at: revisionSchema.optional() }),
        response: { 200: documentListSchema, ...readProblems },
      },
    },
    async (request, reply) => {
      const { kind, at } = request.query
      const { revision, documents } = await readAt(at)
      void reply.header('etag', etag(revision))
      return { revision, documents: listed(documents, kind) }
    },
  )

  api.get(
    '/v1/documents/:kind/*',
    {
      schema: {
        tags: ['documents'],
        summary: 'One document, now or as of a revision',
        params: documentPathSchema,
        querystring: atQuery,
        response: { 200: oneDocumentSchema, ...readProblems },
      },
    },
    async (request, reply) => {
      const { revision, documents } = await readAt(request.query.at)
      const document = { kind: request.params.kind, name: request.params['*'] }
      const key = documentKey(document)
      if (!documents.has(key)) throw notFound(key, revision, documents)
      void reply.header('etag', etag(revision))
      return { revision, document: { ...document, spec: shownSpec(key, documents.get(key)) } }
    },
  )

  writeRoutes(api, context)
  applyRoute(api, context)
}

function writeRoutes(api: Api, context: ApiContext): void {
  api.put(
    '/v1/documents/:kind/*',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['documents'],
        summary: 'Create or replace one document',
        params: documentPathSchema,
        querystring: writeQuerySchema,
        body: z.strictObject({ spec: z.unknown(), ...writeFields }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const document = { kind: request.params.kind, name: request.params['*'], spec: request.body.spec }
      return write(context, request, reply, {
        edit: applying([document], false),
        command: `put ${documentKey(document)}`,
        ...request.body,
        ...request.query,
        force: request.body.force,
        dryRun: request.query.dryRun,
      })
    },
  )

  api.delete(
    '/v1/documents/:kind/*',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['documents'],
        summary: 'Delete one document',
        params: documentPathSchema,
        querystring: deleteQuerySchema,
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const key = documentKey({ kind: request.params.kind, name: request.params['*'] })
      const { reason, force, dryRun } = request.query
      const { documents, revision } = await context.heads.current()
      if (!documents.has(key)) throw notFound(key, revision, documents)
      const command = `delete ${key}`
      return write(context, request, reply, {
        edit: (documents) => removeDocuments(documents, [key]),
        command,
        reason,
        force,
        dryRun,
      })
    },
  )
}

function applyRoute(api: Api, context: ApiContext): void {
  api.post(
    '/v1/apply',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['documents'],
        summary: 'Create or replace many documents at once, all or nothing',
        description: '`prune: true` deletes every document of the kinds sent that is not among them.',
        querystring: writeQuerySchema,
        body: z.strictObject({
          documents: z.array(sentDocumentSchema),
          prune: z.boolean().optional(),
          ...stagedFields,
        }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { documents, prune = false, reason, force, staged } = request.body
      const { dryRun } = request.query
      if (prune && dryRun !== 'true') requireAdmin(request.principal, 'prune')
      const command = `apply ${documents.length} document${documents.length === 1 ? '' : 's'}${prune ? ' --prune' : ''}`
      return write(context, request, reply, {
        edit: applying(documents, prune),
        command,
        reason,
        force,
        staged,
        dryRun,
      })
    },
  )
}

/** The edit that applies documents as they were sent: first each by its schema, all findings at once. */
export function applying(
  sent: readonly { readonly kind: Kind; readonly name: string; readonly spec?: unknown }[],
  prune: boolean,
): (documents: ReadonlyMap<DocumentKey, unknown>) => EditOutcome {
  const incoming: readonly Document[] = sent.map(({ kind, name, spec }) => ({ kind, name, spec }))
  return (documents) => {
    const read = readDocuments(incoming, documents)
    return read.ok ? applyDocuments(documents, read.documents, { prune }) : read
  }
}

function listed(documents: ReadonlyMap<DocumentKey, unknown>, kind: Kind | undefined) {
  const list = [...documents].map(([key, spec]) => ({ ...splitKey(key), spec: shownSpec(key, spec) }))
  return list
    .filter((document) => kind === undefined || document.kind === kind)
    .toSorted(
      (a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.name.localeCompare(b.name, 'en', { numeric: true }),
    )
}

function notFound(key: DocumentKey, revision: number, documents: ReadonlyMap<DocumentKey, unknown>): ProblemError {
  const { kind, name } = splitKey(key)
  const names = [...documents.keys()].map(splitKey).flatMap((other) => (other.kind === kind ? [other.name] : []))
  return new ProblemError(404, 'not-found', `there is no ${key} as of revision ${revision}${didYouMean(name, names)}`)
}
