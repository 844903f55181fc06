/** Overlays: drains, overrides, the freeze. Each is a document that lies on top of intent, with a start and an end. */
import { z } from 'zod'
import type { DocumentKey } from '../../intent/document.ts'
import { clearOverride, drain, freeze, override, undrain, unfreeze } from '../../intent/edit.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { attributeWords, placeWords, secondsWords } from '../command-text.ts'
import type { Api, ApiContext } from '../deps.ts'
import { ProblemError } from '../problem.ts'
import { deleteQuerySchema, writeFields, writeQuerySchema } from '../wire/change.ts'
import { prefixSchema } from '../wire/prefix.ts'
import { attributesWrittenSchema, selectorsSchema } from '../wire/selector.ts'
import { type WriteOptions, write, writeResponses } from '../write.ts'

const longestDays = 366
const howLong = `write a time from 1 second to ${longestDays} days`
const forSeconds = z
  .number({ error: howLong })
  .int({ error: howLong })
  .min(1, { error: howLong })
  .max(longestDays * 86_400, { error: howLong })
  .optional()
const graceSeconds = z.number().int().min(0, { error: 'write 0 seconds or more' })
const overlayName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'write lower-case letters, digits and hyphens')
  .optional()
const overlayPath = z.object({ id: z.string() })

export function overlayRoutes(api: Api, context: ApiContext): void {
  drainRoute(api, context)
  overrideRoute(api, context)
  for (const [path, kind] of [
    ['/v1/drains/:id', 'Drain'],
    ['/v1/overrides/:id', 'Override'],
  ] as const)
    api.delete(
      path,
      {
        config: { role: 'operator' },
        schema: {
          tags: ['verbs'],
          summary: `End ${kind === 'Drain' ? 'a drain' : 'an override'}`,
          params: overlayPath,
          querystring: deleteQuerySchema,
          response: writeResponses,
        },
      },
      async (request, reply) =>
        endOverlay(context, request, reply, kind, request.params.id, {
          reason: request.query.reason,
          force: request.query.force,
          dryRun: request.query.dryRun,
        }),
    )
  freezeRoutes(api, context)
}

function drainRoute(api: Api, context: ApiContext): void {
  api.post(
    '/v1/drains',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'Take a site, a speaker or a neighbor out of traffic for a while',
        querystring: writeQuerySchema,
        body: z.strictObject({
          id: overlayName,
          at: z.string().min(1).optional(),
          speaker: z.string().min(1).optional(),
          neighbor: z.string().min(1).optional(),
          forSeconds,
          graceSeconds: graceSeconds.optional(),
          ...writeFields,
        }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { id = `drain-${context.deps.newId()}`, at, speaker, neighbor, graceSeconds, reason, force } = request.body
      const target = {
        ...(at !== undefined && { at }),
        ...(speaker !== undefined && { speaker }),
        ...(neighbor !== undefined && { neighbor }),
      }
      const verb = {
        id,
        target,
        ...(graceSeconds !== undefined && { graceSeconds }),
        ...spanFrom(context, request.body.forSeconds),
        forced: force ?? false,
      }
      const what = at ?? (speaker === undefined ? `--neighbor ${neighbor ?? ''}` : `--speaker ${speaker}`)
      return write(context, request, reply, {
        edit: (documents) => drain(documents, verb),
        command: [
          `drain ${what}`,
          ...secondsWords('--for', request.body.forSeconds),
          ...secondsWords('--grace', graceSeconds),
        ].join(' '),
        reason,
        force,
        dryRun: request.query.dryRun,
        id,
      })
    },
  )
}

function overrideRoute(api: Api, context: ApiContext): void {
  api.post(
    '/v1/overrides',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'Lay attributes over a prefix for a while',
        querystring: writeQuerySchema,
        body: z.strictObject({
          id: overlayName,
          prefix: prefixSchema,
          at: selectorsSchema.optional(),
          neighbor: z.string().min(1).optional(),
          attributes: attributesWrittenSchema,
          forSeconds,
          ...writeFields,
        }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { id = `override-${context.deps.newId()}`, prefix, at, neighbor, attributes, reason, force } = request.body
      const verb = {
        id,
        prefix,
        ...(at !== undefined && { at }),
        ...(neighbor !== undefined && { neighbor }),
        attributes,
        ...spanFrom(context, request.body.forSeconds),
        forced: force ?? false,
      }
      return write(context, request, reply, {
        edit: (documents) => override(documents, verb),
        command: [
          `override ${prefix}`,
          ...placeWords(at),
          ...(neighbor === undefined ? [] : ['--neighbor', neighbor]),
          ...attributeWords(attributes),
          ...secondsWords('--for', request.body.forSeconds),
        ].join(' '),
        reason,
        force,
        dryRun: request.query.dryRun,
        id,
      })
    },
  )
}

function freezeRoutes(api: Api, context: ApiContext): void {
  api.post(
    '/v1/freeze',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'Stop all automation',
        querystring: writeQuerySchema,
        body: z.strictObject({ id: overlayName, forSeconds, ...writeFields }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { id = `freeze-${context.deps.newId()}`, reason, force } = request.body
      const verb = { id, ...spanFrom(context, request.body.forSeconds) }
      return write(context, request, reply, {
        edit: (documents) => freeze(documents, verb),
        command: ['freeze', ...secondsWords('--for', request.body.forSeconds)].join(' '),
        reason,
        force,
        dryRun: request.query.dryRun,
        id,
      })
    },
  )

  api.post(
    '/v1/unfreeze',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'Let automation go on: ends every freeze',
        querystring: writeQuerySchema,
        body: z.strictObject(writeFields),
        response: writeResponses,
      },
    },
    async (request, reply) =>
      write(context, request, reply, {
        edit: (documents) => unfreeze(documents),
        command: 'unfreeze',
        reason: request.body.reason,
        force: request.body.force,
        dryRun: request.query.dryRun,
      }),
  )
}

type Said = Pick<WriteOptions, 'command' | 'reason' | 'force' | 'dryRun'>

async function endOverlay(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: 'Drain' | 'Override',
  id: string,
  { reason, force, dryRun }: Omit<Said, 'command'>,
) {
  const key: DocumentKey = `${kind}/${id}`
  const { documents, revision } = await context.heads.current()
  if (!documents.has(key)) throw new ProblemError(404, 'not-found', `there is no ${key} as of revision ${revision}`)
  const command = `${kind === 'Drain' ? 'undrain' : 'clear'} ${id}`
  return write(context, request, reply, {
    edit: (found) => (kind === 'Drain' ? undrain(found, { id }) : clearOverride(found, { id })),
    command,
    reason,
    force,
    dryRun,
  })
}

function spanFrom({ deps }: ApiContext, seconds: number | undefined) {
  const startedAtMs = deps.clock()
  return { startedAtMs, ...(seconds !== undefined && { expiresAtMs: startedAtMs + seconds * 1000 }) }
}
