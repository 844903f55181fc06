/** Which POP answers each vantage point. */
import { z } from 'zod'
import { unknownName } from '../../intent/check/report.ts'
import { catchmentView } from '../catchment-view.ts'
import type { Api, ApiContext } from '../deps.ts'
import { ProblemError } from '../problem.ts'
import { catchmentSchema } from '../wire/catchment.ts'
import { prefixSchema } from '../wire/prefix.ts'
import { readProblems } from '../write.ts'

export function catchmentRoutes(api: Api, { deps, heads }: ApiContext): void {
  api.get(
    '/v1/catchment',
    {
      schema: {
        tags: ['alarms'],
        summary: 'Which POP answers each vantage point, by announced prefix',
        description: 'From checks of vantage points whose target lies inside the prefix, and whose answers name a POP.',
        querystring: z.strictObject({ prefix: prefixSchema.optional() }),
        response: { 200: catchmentSchema, ...readProblems },
      },
    },
    async (request) => {
      const { prefix } = request.query
      const [{ intent }, told] = await Promise.all([heads.current(), deps.store.sight.catchment()])
      if (prefix !== undefined && !intent.prefixes.has(prefix))
        throw new ProblemError(404, 'not-found', unknownName('Prefix', prefix, intent.prefixes.keys()))
      return catchmentView(told, intent, prefix)
    },
  )
}
