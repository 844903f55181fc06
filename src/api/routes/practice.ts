/** Rehearsed failovers: what automation would decide if a POP turned sick now, and doing it for a while, under all guards. */
import { z } from 'zod'
import type { Prefix } from '../../bgp/prefix.ts'
import { type Practice, practiceLasts, practisedCheck } from '../../health/practice.ts'
import type { Intent, PopId } from '../../intent/model.ts'
import { authorOf } from '../access.ts'
import { isoTime } from '../alarm-view.ts'
import type { Api, ApiContext } from '../deps.ts'
import { practiceView, rehearsalOf, rehearsalView } from '../practice-view.ts'
import { ProblemError } from '../problem.ts'
import { reasonSchema } from '../wire/change.ts'
import { practiceSchema, rehearsalSchema } from '../wire/practice.ts'
import { prefixSchema } from '../wire/prefix.ts'
import { problemResponse, readProblems } from '../write.ts'

const noQuery = z.strictObject({})
const place = { prefix: prefixSchema, pop: z.string().min(1).max(63) }
const longestSeconds = 3600

export function practiceRoutes(api: Api, context: ApiContext): void {
  const { deps, heads } = context
  const { store, clock } = deps
  api.get(
    '/v1/practice',
    {
      schema: {
        tags: ['automation'],
        summary: 'The practice that runs, or ran last, with what automation did because of it',
        querystring: noQuery,
        response: { 200: practiceSchema, ...readProblems },
      },
    },
    async () => practiceView(store, (await heads.current()).intent, clock()),
  )

  api.get(
    '/v1/practice/rehearsal',
    {
      schema: {
        tags: ['automation'],
        summary: 'What automation would decide if this POP turned sick for this prefix now; nothing is done',
        querystring: z.strictObject({
          ...place,
          forSeconds: z.coerce.number().int().min(1).max(longestSeconds).optional(),
        }),
        response: { 200: rehearsalSchema, ...readProblems },
      },
    },
    async (request) => {
      const head = await heads.current()
      const nowMs = clock()
      const { prefix, pop, forSeconds = 1 } = request.query
      const practice = practiceAt(head.intent, prefix, pop, {
        author: authorOf(request),
        reason: 'rehearsal',
        nowMs,
        forMs: forSeconds * 1000,
      })
      return rehearsalView(practice, await rehearsalOf(store, head, practice, nowMs), head.intent)
    },
  )

  startRoute(api, context)
  stopRoute(api, context)
}

function startRoute(api: Api, { deps, heads }: ApiContext): void {
  const { store, clock, logger } = deps
  api.post(
    '/v1/practice',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: 'Let a POP count as sick for a prefix for a while: a failover in earnest, under all guards',
        description:
          'Ends by itself; the return is that of every failover. Refused where a guard would refuse it, or keep it from coming back, and while another practice is not over.',
        querystring: noQuery,
        body: z.strictObject({
          ...place,
          forSeconds: z.number().int().min(1).max(longestSeconds),
          reason: reasonSchema,
        }),
        response: { 202: practiceSchema, '4xx': problemResponse, '5xx': problemResponse },
      },
    },
    async (request, reply) => {
      const head = await heads.current()
      const nowMs = clock()
      const { prefix, pop, forSeconds, reason } = request.body
      const author = authorOf(request)
      const practice = practiceAt(head.intent, prefix, pop, { author, reason, nowMs, forMs: forSeconds * 1000 })
      const before = await store.practices.get()
      if (before !== undefined && practiceLasts(before, head.intent, nowMs)) throw runsAlready(before, nowMs)
      const { outcome, refused, because, stuck } = await rehearsalOf(store, head, practice, nowMs)
      if (outcome !== 'out')
        throw new ProblemError(
          409,
          'practice-refused',
          refused[0]?.message ?? because ?? `automation would do nothing about ${prefix} at ${pop}`,
        )
      if (stuck !== undefined) throw new ProblemError(409, 'practice-stuck', stuck)
      if (!(await store.practices.replace(before, practice, nowMs))) throw runsAlready(practice, nowMs)
      logger.warn({ prefix, pop, author, reason, until: isoTime(practice.untilMs) }, 'practice')
      return reply.code(202).send(await practiceView(store, head.intent, nowMs))
    },
  )
}

function stopRoute(api: Api, { deps, heads }: ApiContext): void {
  const { store, clock, logger } = deps
  api.post(
    '/v1/practice/stop',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: 'End the practice that runs; what was taken out comes back as after every failover',
        querystring: noQuery,
        body: z.strictObject({ reason: reasonSchema }),
        response: { 200: practiceSchema, ...readProblems },
      },
    },
    async (request) => {
      const nowMs = clock()
      const before = await store.practices.get()
      if (before === undefined || nowMs >= before.untilMs)
        throw new ProblemError(409, 'no-practice', 'no practice runs; see: herald practice')
      if (!(await store.practices.replace(before, { ...before, untilMs: nowMs }, nowMs)))
        throw new ProblemError(409, 'practice-changes', 'it changes this moment; try again')
      logger.info({ author: authorOf(request), reason: request.body.reason }, 'practice stopped')
      return practiceView(store, (await heads.current()).intent, nowMs)
    },
  )
}

interface Said {
  readonly author: string
  readonly reason: string
  readonly nowMs: number
  readonly forMs: number
}

/** @throws where there is nothing to practise */
function practiceAt(intent: Intent, prefix: Prefix, pop: string, { author, reason, nowMs, forMs }: Said): Practice {
  const announcement = intent.prefixes.get(prefix)
  if (announcement === undefined)
    throw new ProblemError(404, 'not-found', `there is no Prefix "${prefix}"; see: herald get prefixes`)
  if (!intent.pops.has(pop as PopId))
    throw new ProblemError(404, 'not-found', `there is no POP "${pop}"; see: herald get pops`)
  const policy = announcement.failover
  if (policy === undefined)
    throw new ProblemError(
      422,
      'no-policy',
      `${prefix} has no failover policy: automation never touches it, and there is nothing to practise. A policy is written in its document: herald get prefix ${prefix} -o yaml, add spec.failover: { checks: [CHECK], action: withdraw }, herald apply -f FILE`,
    )
  const check = practisedCheck(intent, policy)
  if (check === undefined)
    throw new ProblemError(422, 'no-check', `no check of ${prefix} is about a POP: there is nothing to practise`)
  return { prefix, pop: pop as PopId, check, author, reason, startedAtMs: nowMs, untilMs: nowMs + forMs }
}

function runsAlready({ prefix, pop, author, untilMs }: Practice, nowMs: number): ProblemError {
  const end = nowMs < untilMs ? `until ${isoTime(untilMs)}; herald practice --stop ends it` : 'it is coming back'
  return new ProblemError(
    409,
    'practice-runs',
    `a practice of ${author} (${prefix} at ${pop}) is not over yet: ${end}. See: herald practice`,
  )
}
