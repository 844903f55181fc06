/** Vantage routers: how they do, and what they see of our space. Nothing here asks them; their watchers do. */
import { z } from 'zod'
import { unknownName } from '../../intent/check/report.ts'
import type { CollectorId } from '../../intent/monitoring.ts'
import { collectorView, readCollectors, seenView } from '../collector-view.ts'
import type { Api, ApiContext } from '../deps.ts'
import { ProblemError } from '../problem.ts'
import { collectorListSchema, seenListSchema } from '../wire/collector.ts'
import { prefixSchema } from '../wire/prefix.ts'
import { readProblems } from '../write.ts'

export function collectorRoutes(api: Api, { deps, heads }: ApiContext): void {
  api.get(
    '/v1/collectors',
    {
      schema: {
        tags: ['collectors'],
        summary: 'All vantage routers, as last seen',
        querystring: z.strictObject({}),
        response: { 200: collectorListSchema, ...readProblems },
      },
    },
    async () => {
      const { intent } = await heads.current()
      const known = await readCollectors(deps.store, intent)
      return { collectors: known.map((one) => collectorView(one, intent)) }
    },
  )

  api.get(
    '/v1/seen',
    {
      schema: {
        tags: ['collectors'],
        summary: 'Prefixes of our space as vantage routers see them, and by which origin AS',
        description:
          'Those that documents name, seen or not, and all others that are seen; or one prefix, or one collector.',
        querystring: z.strictObject({ prefix: prefixSchema.optional(), collector: z.string().min(1).optional() }),
        response: { 200: seenListSchema, ...readProblems },
      },
    },
    async (request) => {
      const { prefix, collector } = request.query
      const { intent } = await heads.current()
      if (collector !== undefined && !intent.collectors.has(collector as CollectorId))
        throw new ProblemError(404, 'not-found', unknownName('Collector', collector, intent.collectors.keys()))
      const known = await readCollectors(deps.store, intent)
      const asked = known.filter(({ view }) => collector === undefined || view.id === collector)
      return seenView(asked, intent, prefix)
    },
  )
}
