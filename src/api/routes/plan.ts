/** Questions about decisions: what would be done now, what documents would do, why a prefix is where it is. */
import { z } from 'zod'
import type { Prefix } from '../../bgp/prefix.ts'
import { unknownName } from '../../intent/check/report.ts'
import { steeredDestinations } from '../../intent/compile/steering.ts'
import type { PopId } from '../../intent/model.ts'
import type { FailoverPlace } from '../../intent/monitoring.ts'
import { popOfPlace } from '../../intent/select.ts'
import { explainPrefix } from '../../plan/explain.ts'
import { type PlanInput, planPrefixes } from '../../plan/plan.ts'
import { makeChange } from '../change.ts'
import { learnedAbout } from '../learned-explanation.ts'
import type { Api, ApiContext } from '../deps.ts'
import { openRevisions } from '../../store/open-revisions.ts'
import { hearers, standingWarnings } from '../effect.ts'
import { explanationView, planView } from '../plan-view.ts'
import { prefixMeant } from '../prefix-meant.ts'
import { ProblemError } from '../problem.ts'
import { type FleetSnapshot, readFleet } from '../snapshot.ts'
import { changeSchema } from '../wire/change.ts'
import { sentDocumentSchema } from '../wire/document.ts'
import { explanationSchema } from '../wire/explanation.ts'
import { planSchema } from '../wire/plan.ts'
import { prefixOrAddressSchema, prefixSchema } from '../wire/prefix.ts'
import { etag, readProblems } from '../write.ts'
import { applying } from './documents.ts'

export function planRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/v1/plan',
    {
      schema: {
        tags: ['plan'],
        summary: 'What the planner would do now',
        description: 'Empty where every speaker is as decided. `prefix` asks about one prefix only.',
        querystring: z.strictObject({ prefix: prefixSchema.optional() }),
        response: { 200: planSchema, ...readProblems },
      },
    },
    async (request, reply) => {
      const { input, prefixes } = await questionAbout(context, request.query.prefix)
      void reply.header('etag', etag(input.intent.revision))
      const plan = planPrefixes(input, prefixes)
      const warnings = standingWarnings(input.intent, prefixes, input.moment, input.fleet)
      return planView({ ...plan, warnings }, { planned: prefixes.length, of: prefixes.length })
    },
  )

  api.post(
    '/v1/plan',
    {
      config: { role: 'viewer' },
      schema: {
        tags: ['plan'],
        summary: 'What documents would change, without changing it',
        querystring: z.strictObject({}),
        body: z.strictObject({
          documents: z.array(sentDocumentSchema),
          prune: z.boolean().optional(),
          /** As if guards that may be overridden were; the answer names those that are in the way. */
          force: z.boolean().optional(),
        }),
        response: { 200: changeSchema, ...readProblems },
      },
    },
    async (request) =>
      makeChange(context, {
        edit: applying(request.body.documents, request.body.prune ?? false),
        author: request.principal.name,
        reason: 'plan',
        command: 'plan',
        force: request.body.force ?? false,
        dryRun: true,
      }),
  )

  explainRoute(api, context)
}

function explainRoute(api: Api, context: ApiContext): void {
  api.get(
    '/v1/explain',
    {
      schema: {
        tags: ['plan'],
        summary: 'Why a prefix is announced where it is, and what holds it',
        description: 'Of an address: the prefix that it lies in.',
        querystring: z.strictObject({ prefix: prefixOrAddressSchema, pop: z.string().min(1).optional() }),
        response: { 200: explanationSchema, ...readProblems },
      },
    },
    async (request) => {
      const { pop } = request.query
      const prefix = prefixMeant((await context.heads.current()).intent, request.query.prefix)
      const { input } = await questionAbout(context, prefix)
      if (pop !== undefined && !input.intent.pops.has(pop as PopId))
        throw new ProblemError(404, 'not-found', unknownName('Pop', pop, input.intent.pops.keys()))
      const at = pop as PopId | undefined
      const { store } = context.deps
      const [learned, refusals] = await Promise.all([
        learnedAbout(store, input.intent, prefix, at, input.moment.nowMs),
        store.health.refusals(),
      ])
      const isAsked = (place: FailoverPlace): boolean => at === undefined || popOfPlace(input.intent, place) === at
      const refused = refusals.filter((one) => one.prefix === prefix && isAsked(one.place))
      const heard = hearers(input.intent, input.moment, input.fleet)
      return explanationView(explainPrefix(input, prefix, at, heard), learned, refused)
    },
  )
}

/** What a plan of one prefix, or of all, needs to know. */
async function questionAbout(
  { heads, deps }: ApiContext,
  prefix: Prefix | undefined,
): Promise<{ readonly input: PlanInput & { readonly fleet: FleetSnapshot }; readonly prefixes: readonly Prefix[] }> {
  const { intent, epoch } = await heads.current()
  const moment = { epoch, nowMs: deps.clock() }
  const asked = prefix === undefined ? undefined : [prefix]
  const [fleet, open] = await Promise.all([readFleet(deps.store, intent, asked ?? 'all'), openRevisions(deps.store)])
  const allowance = open.reduce((sum, { removes }) => sum + removes, 0)
  const prefixes = asked ?? [...new Set([...intent.prefixes.keys(), ...steeredDestinations(intent), ...fleet.prefixes])]
  return { input: { intent, moment, fleet, allowance }, prefixes }
}
