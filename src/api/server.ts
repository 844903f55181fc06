/**
 * The HTTP API: Fastify with zod schemas, problems for every error, access control before anything else. Nothing listens
 * here; see listen.ts.
 */
import fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type ZodTypeProvider, validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { OperationError } from '../bgp/operation-error.ts'
import { accessHook } from './access.ts'
import type { Api, ApiContext, ApiDeps } from './deps.ts'
import { createHeads } from './heads.ts'
import { useIdempotency } from './idempotency.ts'
import { closeLocally } from './listen.ts'
import { describeApi, serveDocs } from './openapi.ts'
import { problem, translate } from './problem.ts'
import { adoptRoutes } from './routes/adopt.ts'
import { agentRoutes } from './routes/agents.ts'
import { alarmRoutes } from './routes/alarms.ts'
import { alertRoutes } from './routes/alerts.ts'
import { automationRoutes } from './routes/automation.ts'
import { catchmentRoutes } from './routes/catchment.ts'
import { collectorRoutes } from './routes/collectors.ts'
import { trafficRoutes } from './routes/traffic.ts'
import { documentRoutes } from './routes/documents.ts'
import { eventRoutes } from './routes/events.ts'
import { operationRoutes } from './routes/operations.ts'
import { learnerRoutes } from './routes/learner.ts'
import { drainRoutes } from './routes/drains.ts'
import { learnerVerbRoutes } from './routes/learner-verbs.ts'
import { overlayRoutes } from './routes/overlays.ts'
import { preferenceRoutes } from './routes/preferences.ts'
import { planRoutes } from './routes/plan.ts'
import { practiceRoutes } from './routes/practice.ts'
import { prefixRoutes } from './routes/prefixes.ts'
import { receiverRoutes } from './routes/receivers.ts'
import { revisionRoutes } from './routes/revisions.ts'
import { rolloutRoutes } from './routes/rollouts.ts'
import { routeRoutes } from './routes/routes.ts'
import { speakerRoutes } from './routes/speakers.ts'
import { type Problem, problemMediaType } from './wire/problem.ts'

export const bodyLimitBytes = 8 * 1024 * 1024

/** For a whole request to arrive; long polls and streams are answers. */
const requestTimeoutMs = 30_000

const routes = [
  prefixRoutes,
  drainRoutes,
  overlayRoutes,
  preferenceRoutes,
  learnerRoutes,
  learnerVerbRoutes,
  planRoutes,
  documentRoutes,
  revisionRoutes,
  speakerRoutes,
  routeRoutes,
  adoptRoutes,
  eventRoutes,
  alarmRoutes,
  catchmentRoutes,
  collectorRoutes,
  alertRoutes,
  automationRoutes,
  trafficRoutes,
  practiceRoutes,
  rolloutRoutes,
  receiverRoutes,
  operationRoutes,
  agentRoutes,
]

/** Ready to listen (listen.ts) or to be asked in process (`inject`). */
export async function createApi(deps: ApiDeps): Promise<FastifyInstance> {
  const api: Api = fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300 },
    // A malformed URL never reaches a route; the answer has the shape of every other error.
    frameworkErrors: (error, request, reply) => sendError(deps, error, request, reply),
  }).withTypeProvider<ZodTypeProvider>()
  api.setValidatorCompiler(validatorCompiler)
  api.setSerializerCompiler(() => (body) => JSON.stringify(body))
  api.decorateRequest('principal')
  api.addHook('onRequest', accessHook(deps.auth))
  api.addHook('onRoute', (route) => {
    // Whatever a route does not name is refused (G4): an unknown filter must not mean "everything".
    if (route.schema?.querystring === undefined) route.schema = { ...route.schema, querystring: z.strictObject({}) }
  })
  useIdempotency(api, deps)
  api.setErrorHandler((error, request, reply) => sendError(deps, error, request, reply))
  api.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problem(404, 'not-found', `there is no ${request.method} ${request.url}; see /docs`)),
  )
  closeLocally(api)
  const closing = new AbortController()
  api.addHook('preClose', async () => closing.abort())
  // An answer that was on its way when the server closed would else keep its connection, and the server, for a minute.
  api.addHook('onSend', async (_request, reply, payload: unknown) => {
    if (closing.signal.aborted) void reply.header('connection', 'close')
    return payload
  })
  const context: ApiContext = { deps, heads: createHeads(deps.store), closing: closing.signal }
  await describeApi(api, deps.version)
  for (const add of routes) add(api, context)
  await serveDocs(api)
  return api
}

/** Writes that are no commit: without an answer of Redis it is unknown whether they were made. */
const notCommits = [
  '/v1/plan',
  '/v1/store/',
  '/v1/alarms',
  '/v1/alerts',
  '/v1/automation',
  '/v1/traffic',
  '/v1/agents',
  '/v1/learner/words',
]

/**
 * Whoever asked for a change wants to know above all whether it was made. Every write is one commit, and a commit that
 * Redis did not confirm has a problem of its own (change.ts): without Redis nothing else has changed anything.
 */
function isUnchanged(error: unknown, { method, url }: FastifyRequest): boolean {
  if (method === 'GET' || notCommits.some((path) => url.startsWith(path))) return false
  return error instanceof OperationError && error.code === 'store-unavailable'
}

function withDetail(problem: Problem, more: string): Problem {
  return { ...problem, detail: problem.detail + more }
}

function sendError(deps: ApiDeps, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const translated = isUnchanged(error, request)
    ? withDetail(translate(error), '; nothing was changed')
    : translate(error)
  if (translated.status === 500)
    deps.logger.error({ err: error, method: request.method, url: request.url }, 'the API failed on a request')
  sendProblem(reply, translated)
}

function sendProblem(reply: FastifyReply, body: Problem): void {
  void reply.code(body.status).type(problemMediaType).serializer(JSON.stringify).send(body)
}
