/** The controller itself: health, metrics, status, schemas, and accepting a Redis that is not the one it knew. */
import { z } from 'zod'
import { kinds } from '../../intent/document.ts'
import type { Alarm } from '../../health/alarm.ts'
import type { Intent, SpeakerId } from '../../intent/model.ts'
import { manifestJsonSchema, specJsonSchema } from '../../intent/json-schema.ts'
import type { Api, ApiContext } from '../deps.ts'
import { reasonSchema } from '../wire/change.ts'
import { type StatusView, acceptedStoreSchema, readinessSchema, statusSchema } from '../wire/status.ts'
import { readProblems } from '../write.ts'
import { authorOf } from '../access.ts'
import { byUrgency } from '../alarm-view.ts'
import { readAutomation } from '../automation-view.ts'
import { overlayKeys, overlaysOf, practicesOf } from '../overlay-views.ts'
import { problemOf } from './speakers.ts'

const noQuery = z.strictObject({})

export function operationRoutes(api: Api, context: ApiContext): void {
  const { metrics, health } = context.deps
  api.get(
    '/healthz',
    {
      config: { role: 'public' },
      schema: {
        tags: ['operations'],
        summary: 'The process answers',
        querystring: noQuery,
        response: { 200: z.object({ alive: z.literal(true) }) },
      },
    },
    async () => ({ alive: true as const }),
  )

  api.get(
    '/readyz',
    {
      config: { role: 'public' },
      schema: {
        tags: ['operations'],
        summary: 'Redis answers and is the one that is known',
        querystring: noQuery,
        response: { 200: readinessSchema, 503: readinessSchema },
      },
    },
    async (_request, reply) => {
      const { ready, checks } = await health.ready()
      return reply.code(ready ? 200 : 503).send({ ready, checks: checks.map((check) => ({ ...check })) })
    },
  )

  api.get(
    '/metrics',
    { schema: { tags: ['operations'], summary: "Metrics in Prometheus' text format", querystring: noQuery } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  )

  statusRoute(api, context)
  schemaRoutes(api)
  acceptRoute(api, context)
}

function statusRoute(api: Api, context: ApiContext): void {
  api.get(
    '/v1/status',
    {
      schema: {
        tags: ['operations'],
        summary: 'How the fleet and the controller do',
        querystring: noQuery,
        response: { 200: statusSchema, ...readProblems },
      },
    },
    async () => statusOf(context),
  )
}

function schemaRoutes(api: Api): void {
  api.get(
    '/v1/schemas/:kind',
    {
      config: { role: 'public' },
      schema: {
        tags: ['documents'],
        summary: 'JSON Schema of the spec of a kind',
        params: z.object({ kind: z.enum(kinds) }),
        querystring: noQuery,
        response: { 200: z.record(z.string(), z.unknown()), ...readProblems },
      },
    },
    async (request, reply) => {
      void reply.type('application/schema+json')
      return specJsonSchema(request.params.kind)
    },
  )

  api.get(
    '/v1/schemas',
    {
      config: { role: 'public' },
      schema: {
        tags: ['documents'],
        summary: 'JSON Schema of a manifest of any kind, for editors',
        querystring: noQuery,
        response: { 200: z.record(z.string(), z.unknown()), ...readProblems },
      },
    },
    async (_request, reply) => {
      void reply.type('application/schema+json')
      return manifestJsonSchema()
    },
  )
}

function acceptRoute(api: Api, { deps, heads }: ApiContext): void {
  api.post(
    '/v1/store/accept',
    {
      config: { role: 'admin' },
      schema: {
        tags: ['operations'],
        summary: 'Take this Redis as it is now for the true one',
        description: 'Needed after Redis was rolled back, emptied or exchanged; until then nothing is decided.',
        querystring: noQuery,
        body: z.strictObject({ reason: reasonSchema }),
        response: { 200: acceptedStoreSchema, ...readProblems },
      },
    },
    async (request) => {
      const { store, storeIdentity, logger, wakePlan } = deps
      const before = storeIdentity.check(await store.revisions.head())
      const head = await store.revisions.initialise()
      const acceptance = await storeIdentity.accept(head)
      if (acceptance !== undefined) await store.revisions.accept(acceptance)
      logger.warn({ ...head, author: authorOf(request), reason: request.body.reason, before }, 'store accepted')
      await wakePlan().catch((error: unknown) => logger.warn({ err: error }, 'the planner was not woken'))
      const { epoch, revision } = await heads.current()
      return { epoch, revision }
    },
  )
}

async function statusOf({ deps, heads }: ApiContext): Promise<StatusView> {
  // Together, so that a Redis that hangs is waited for once.
  const [{ ready, checks }, { intent, epoch, revision }] = await Promise.all([deps.health.ready(), heads.current()])
  const identity = deps.storeIdentity.check({ epoch, revision })
  const states = await deps.store.speakers.states()
  const speakers = { up: 0, unknown: 0, behind: 0 }
  const unwell: StatusView['unwell'] = []
  for (const { id, pop } of intent.speakers.values()) {
    const state = states.get(id)
    const reach = state?.status?.reach ?? 'unknown'
    const problem = problemOf(intent, id, state) ?? (await refusedWords(deps, id))
    if (problem !== undefined) unwell.push({ speaker: id, pop, reach, problem })
    speakers[reach]++
    if (state !== undefined && state.decided > state.applied) speakers.behind++
  }
  return {
    version: deps.version,
    revision,
    epoch,
    ready: { ready, checks: checks.map((check) => ({ ...check })) },
    ...(identity !== 'ok' && { storeProblem: identity.problem }),
    alarms: await openAlarms(deps),
    automation: await automationInShort(deps, intent),
    ...overlaysOf(intent, await deps.store.revisions.origins(overlayKeys(intent)), deps.clock()),
    practices: practicesOf(await deps.store.practices.get(), deps.clock()),
    rollouts: [...intent.rollouts.values()].map(
      ({ id, stage, stages }) => `${id} (stage ${stage} of ${stages.length})`,
    ),
    pops: intent.pops.size,
    prefixes: intent.prefixes.size,
    speakers,
    unwell,
  }
}

async function openAlarms({ store }: ApiContext['deps']): Promise<StatusView['alarms']> {
  const alarms = [...(await store.health.alarms()).values()].toSorted(byUrgency)
  const of = (state: Alarm['state']): string[] => alarms.filter((alarm) => alarm.state === state).map(({ id }) => id)
  return { firing: of('firing'), acknowledged: of('acknowledged') }
}

async function automationInShort(
  { store, clock }: ApiContext['deps'],
  intent: Intent,
): Promise<StatusView['automation']> {
  const { state, summary } = await readAutomation(store, intent, clock())
  return { state, summary }
}

/** `refuses 203.0.113.0/24: "…"`, and how many others. */
async function refusedWords({ store }: ApiContext['deps'], speaker: SpeakerId): Promise<string | undefined> {
  const refused = [...(await store.observations.refused(speaker))]
  const [first] = refused
  if (first === undefined) return undefined
  const others = refused.length > 1 ? `, and ${refused.length - 1} more` : ''
  return `refuses ${first[0]}: "${first[1]}"${others}`
}
