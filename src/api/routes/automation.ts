/** Automation: what it does and refuses, and a person's go. */
import { z } from 'zod'
import { authorOf } from '../access.ts'
import { isoTime } from '../alarm-view.ts'
import { readAutomation, refusalView } from '../automation-view.ts'
import type { Api, ApiContext } from '../deps.ts'
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
      const { intent } = await heads.current()
      return readAutomation(store, intent, clock())
    },
  )

  goRoute(api, context)
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
