/** The two verbs that operators use most: where a prefix is announced. */
import { z } from 'zod'
import { publish, withdraw } from '../../intent/edit.ts'
import { attributeWords, neighborWords, placeWords } from '../command-text.ts'
import type { Api, ApiContext } from '../deps.ts'
import { stagedFields, writeQuerySchema } from '../wire/change.ts'
import { prefixSchema } from '../wire/prefix.ts'
import { attributesWrittenSchema, placesSchema, selectorsSchema } from '../wire/selector.ts'
import { write, writeResponses } from '../write.ts'

export function prefixRoutes(api: Api, context: ApiContext): void {
  publishRoute(api, context)
  withdrawRoute(api, context)
}

function publishRoute(api: Api, context: ApiContext): void {
  api.post(
    '/v1/prefixes/publish',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'Announce a prefix at sites',
        description:
          'Adds the sites to those it is announced at; with `only` it is announced there and nowhere else (a move). Attributes count at these sites, those under `neighbors` toward one neighbor.',
        querystring: writeQuerySchema,
        body: z.strictObject({
          prefix: prefixSchema,
          /** May be left out where attributes or neighbors of a published prefix are changed. */
          at: placesSchema,
          only: z.boolean().optional(),
          attributes: attributesWrittenSchema.optional(),
          neighbors: z.record(z.string(), attributesWrittenSchema).optional(),
          ...stagedFields,
        }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { prefix, at, only, attributes, neighbors, reason, force, staged } = request.body
      return write(context, request, reply, {
        edit: (documents) =>
          publish(documents, {
            prefix,
            at,
            ...(only !== undefined && { only }),
            ...(attributes !== undefined && { attributes }),
            ...(neighbors !== undefined && { neighbors }),
          }),
        command: [
          `publish ${prefix}`,
          ...placeWords(at),
          ...(only === true ? ['--only'] : []),
          ...attributeWords(attributes ?? {}),
          ...neighborWords(neighbors ?? {}),
        ].join(' '),
        reason,
        force,
        staged,
        dryRun: request.query.dryRun,
      })
    },
  )
}

function withdrawRoute(api: Api, context: ApiContext): void {
  api.post(
    '/v1/prefixes/withdraw',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'Stop announcing a prefix at sites, or everywhere',
        description: 'Everywhere has to be said: `everywhere: true`.',
        querystring: writeQuerySchema,
        body: z
          .strictObject({
            prefix: prefixSchema,
            at: selectorsSchema.optional(),
            everywhere: z.literal(true).optional(),
            ...stagedFields,
          })
          .refine(({ at, everywhere }) => (at === undefined) !== (everywhere === undefined), {
            message: 'say where: `at`, or `everywhere: true`',
          }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { prefix, at, reason, force, staged } = request.body
      return write(context, request, reply, {
        edit: (documents) => withdraw(documents, at === undefined ? { prefix } : { prefix, at }),
        command: [`withdraw ${prefix}`, ...(at === undefined ? ['--everywhere'] : placeWords(at))].join(' '),
        reason,
        force,
        staged,
        dryRun: request.query.dryRun,
      })
    },
  )
}
