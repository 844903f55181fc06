/** Preferences: a person says which path of a group a POP takes, or at which POP the ASes of a group enter. */
import { z } from 'zod'
import { enter, prefer } from '../../intent/edit.ts'
import { secondsWords } from '../command-text.ts'
import type { Api, ApiContext } from '../deps.ts'
import { forSeconds, spanFrom } from '../overlay.ts'
import { ProblemError } from '../problem.ts'
import { writeFields, writeQuerySchema } from '../wire/change.ts'
import { write, writeResponses } from '../write.ts'

export function preferenceRoutes(api: Api, context: ApiContext): void {
  pathRoute(api, context)
  entryRoute(api, context)
}

function pathRoute(api: Api, context: ApiContext): void {
  api.post(
    '/v1/preferences',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'Prefer a path of a PathGroup at a POP, or none',
        description:
          'The path learner leaves alone what a person prefers. `path: null` ends it: the learner, or BGP by itself, chooses again.',
        querystring: writeQuerySchema,
        body: z.strictObject({
          group: z.string().min(1),
          pop: z.string().min(1),
          path: z.string().min(1).nullable(),
          forSeconds,
          ...writeFields,
        }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { group, pop, path, forSeconds: seconds, reason, force } = request.body
      if (path === null) refuseNothingForAWhile('path', seconds)
      const chosen = path === null ? {} : { path }
      const verb = { group, pop, ...chosen, by: 'person', ...spanFrom(context, seconds), reason } as const
      return write(context, request, reply, {
        edit: (documents) => prefer(documents, verb),
        command: [
          `prefer ${group} --at ${pop} ${path === null ? '--none' : `--path ${path}`}`,
          ...secondsWords('--for', seconds),
        ].join(' '),
        reason,
        force,
        dryRun: request.query.dryRun,
      })
    },
  )
}

function entryRoute(api: Api, context: ApiContext): void {
  api.post(
    '/v1/entry-preferences',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'Prefer the POP where the ASes of an EntryGroup enter, or none',
        description:
          'Sets MED toward them at every POP of the group. The path learner leaves alone what a person prefers. `pop: null` ends it.',
        querystring: writeQuerySchema,
        body: z.strictObject({
          group: z.string().min(1),
          pop: z.string().min(1).nullable(),
          forSeconds,
          ...writeFields,
        }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { group, pop, forSeconds: seconds, reason, force } = request.body
      if (pop === null) refuseNothingForAWhile('entry', seconds)
      const chosen = pop === null ? {} : { pop }
      const verb = { group, ...chosen, by: 'person', ...spanFrom(context, seconds), reason } as const
      return write(context, request, reply, {
        edit: (documents) => enter(documents, verb),
        command: [
          `prefer ${group} ${pop === null ? '--none' : `--enter ${pop}`}`,
          ...secondsWords('--for', seconds),
        ].join(' '),
        reason,
        force,
        dryRun: request.query.dryRun,
      })
    },
  )
}

function refuseNothingForAWhile(what: 'path' | 'entry', seconds: number | undefined): void {
  if (seconds === undefined) return
  const message = `no ${what} is preferred for a while; say which, or leave forSeconds out`
  throw new ProblemError(422, 'invalid-edit', message)
}
