/** Automation: what it does and refuses, a person's go, and the traffic that capacity is held against. */
import { z } from 'zod'
import type { PopId } from '../../intent/model.ts'
import { authorOf } from '../access.ts'
import { isoTime } from '../alarm-view.ts'
import { automationView, refusalView } from '../automation-view.ts'
import type { Api, ApiContext } from '../deps.ts'
import { ProblemError } from '../problem.ts'
import { automationSchema, goSchema } from '../wire/automation.ts'
import { reasonSchema } from '../wire/change.ts'
import { readProblems } from '../write.ts'

const noQuery = z.strictObject({})

export function automationRoutes(api: Api, context: ApiContext): void {
  const { heads, deps } = context
  const { store, clock } = deps
  api.get(
    '/v1/automation',
    {
      schema: {
        tags: ['automation'],
        summary: 'What automation has laid on top, what it refuses and why, and its brakes',
        querystring: noQuery,
        response: { 200: automationSchema, ...readProblems },
      },
    },
    async () => {
      const [{ intent }, memory, refusals, goAtMs, loads] = await Promise.all([
        heads.current(),
        store.health.memory(),
        store.health.refusals(),
        store.health.goAtMs(),
        store.health.loads(),
      ])
      return automationView({ intent, memory, refusals, goAtMs, loads, nowMs: clock() })
    },
  )

  goRoute(api, context)
  trafficRoute(api, context)
}

function goRoute(api: Api, { deps }: ApiContext): void {
  const { store, clock, logger, wakePlan } = deps
  api.post(
    '/v1/automation/go',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: 'A person looked and says go: what is sick by now is believed',
        description: 'Lifts the breaker (G2) and the correlation brake (G3) for it. Every other guard still holds.',
        querystring: noQuery,
        body: z.strictObject({ reason: reasonSchema }),
        response: { 200: goSchema, ...readProblems },
      },
    },
    async (request) => {
      const { reason } = request.body
      const author = authorOf(request)
      const atMs = clock()
      const refusals = await store.health.refusals()
      await store.health.go(atMs)
      logger.warn({ author, reason }, 'a person said go')
      await store.events.append({ type: 'go', author, reason })
      await wakePlan().catch((error: unknown) => logger.warn({ err: error }, 'the planner was not woken'))
      const believed = refusals.filter(({ guard }) => guard === 'breaker' || guard === 'correlation').map(refusalView)
      return { at: isoTime(atMs), believed }
    },
  )
}

/** Enough for any fleet, and for any unit. */
const trafficSchema = z
  .record(z.string().max(63), z.number().min(0).max(1e18))
  .refine((loads) => Object.keys(loads).length <= 1000, { error: 'at most 1000 POPs at once' })

function trafficRoute(api: Api, { deps, heads }: ApiContext): void {
  api.post(
    '/v1/traffic',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: 'Tell how much traffic POPs have, each in the unit of its capacity: {"fra": 4.2e9}',
        description:
          'Automation does not move traffic to POPs that could not carry it; without figures it does not know.',
        querystring: noQuery,
        body: trafficSchema,
        response: { 200: z.object({ pops: z.number().int() }), ...readProblems },
      },
    },
    async (request) => {
      const loads = Object.entries(request.body)
      const { pops } = (await heads.current()).intent
      const unknown = loads.map(([pop]) => pop).filter((pop) => !pops.has(pop as PopId))
      if (unknown.length > 0)
        throw new ProblemError(
          422,
          'unknown-pop',
          `there is no POP ${unknown.map((pop) => `"${pop}"`).join(', ')}; nothing was taken`,
        )
      for (const [pop, amount] of loads) await deps.store.health.load(pop as PopId, amount)
      return { pops: loads.length }
    },
  )
}
