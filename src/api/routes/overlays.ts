/** Overlays: overrides and the freeze. Each is a document that lies on top of intent, with a start and an end. */
import { z } from 'zod'
import { freeze, override, unfreeze } from '../../intent/edit.ts'
import { attributeWords, placeWords, secondsWords } from '../command-text.ts'
import type { Api, ApiContext } from '../deps.ts'
import { deleteQuerySchema, writeFields, writeQuerySchema } from '../wire/change.ts'
import { prefixSchema } from '../wire/prefix.ts'
import { attributesWrittenSchema, selectorsSchema } from '../wire/selector.ts'
import { endOverlay, forSeconds, overlayName, overlayPath, spanFrom } from '../overlay.ts'
import { write, writeResponses } from '../write.ts'

export function overlayRoutes(api: Api, context: ApiContext): void {
  overrideRoute(api, context)
  api.delete(
    '/v1/overrides/:id',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'End an override',
        params: overlayPath,
        querystring: deleteQuerySchema,
        response: writeResponses,
      },
    },
    async (request, reply) => endOverlay(context, request, reply, 'Override', request.params.id, request.query),
  )
  freezeRoutes(api, context)
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
