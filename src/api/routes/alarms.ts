/** Alarms, the verdicts behind them, and the agents behind those. */
import { z } from 'zod'
import { type Alarm, type AlarmId, acknowledge } from '../../health/alarm.ts'
import { automationAuthor } from '../../plan/review-automation.ts'
import type { Revision } from '../../store/store.ts'
import { authorOf } from '../access.ts'
import { agentViews, alarmView, byUrgency, freshMeasures, isoTime, verdictView } from '../alarm-view.ts'
import type { Api, ApiContext } from '../deps.ts'
import { forSeconds } from '../overlay.ts'
import { ProblemError } from '../problem.ts'
import { proofView } from '../proof-view.ts'
import {
  type AlarmDetailView,
  agentListSchema,
  alarmDetailSchema,
  alarmListSchema,
  alarmSchema,
  alarmStates,
  verdictListSchema,
} from '../wire/alarm.ts'
import { reasonSchema } from '../wire/change.ts'
import { readProblems } from '../write.ts'

const params = z.object({ id: z.string() })
const noQuery = z.strictObject({})
/** Automation's revisions are looked for among so many of the newest. */
const revisionsSearched = 500

export function alarmRoutes(api: Api, context: ApiContext): void {
  const { store, clock } = context.deps
  api.get(
    '/v1/alarms',
    {
      schema: {
        tags: ['alarms'],
        summary: 'Alarms, the most urgent first; resolved ones are kept for a week',
        description: '`state=open` leaves out those that are resolved.',
        querystring: z.strictObject({ state: z.enum([...alarmStates, 'open']).optional() }),
        response: { 200: alarmListSchema, ...readProblems },
      },
    },
    async (request) => {
      const { state } = request.query
      const asked = ({ state: is }: Alarm) =>
        state === undefined || (state === 'open' ? is !== 'resolved' : is === state)
      const alarms = [...(await store.health.alarms()).values()].filter(asked)
      return { alarms: alarms.toSorted(byUrgency).map((alarm) => alarmView(alarm, clock())) }
    },
  )

  api.get(
    '/v1/alarms/:id',
    {
      schema: {
        tags: ['alarms'],
        summary: 'One alarm, and what automation did because of it, with time lines; encode slashes of the id',
        params,
        querystring: noQuery,
        response: { 200: alarmDetailSchema, ...readProblems },
      },
    },
    async (request) => alarmDetail(context, await alarmOf(context, request.params.id)),
  )

  acknowledgeRoute(api, context)
  evidenceRoutes(api, context)
}

function acknowledgeRoute(api: Api, context: ApiContext): void {
  const { store, clock, logger } = context.deps
  api.post(
    '/v1/alarms/:id/acknowledge',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['alarms'],
        summary: 'A person knows of it; it changes no route, and ends when what is wrong ends, or after forSeconds',
        params,
        querystring: noQuery,
        body: z.strictObject({ reason: reasonSchema, forSeconds }),
        response: { 200: alarmSchema, ...readProblems },
      },
    },
    async (request) => {
      for (let attempt = 1; ; attempt++) {
        const alarm = await alarmOf(context, request.params.id)
        const { reason, forSeconds: seconds } = request.body
        const author = authorOf(request)
        const nowMs = clock()
        const untilMs = seconds === undefined ? undefined : nowMs + seconds * 1000
        const after = acknowledge(alarm, author, nowMs, reason, untilMs)
        if (after === alarm)
          throw new ProblemError(
            409,
            'alarm-not-firing',
            `${alarm.id} is ${alarm.state}; only one that fires waits for somebody`,
          )
        if (await store.health.replaceAlarm({ before: alarm, after })) {
          logger.info({ alarm: alarm.id, author, reason }, 'alarm acknowledged')
          return alarmView(after, clock())
        }
        if (attempt === 3) throw new ProblemError(409, 'alarm-changes', `${alarm.id} changes this moment; try again`)
      }
    },
  )
}

function evidenceRoutes(api: Api, { deps, heads }: ApiContext): void {
  const { store, clock } = deps
  api.get(
    '/v1/checks',
    {
      schema: {
        tags: ['alarms'],
        summary: 'The verdict of every check at every place, with what each agent says and what probes measured',
        querystring: z.strictObject({
          pop: z.string().min(1).optional(),
          state: z.enum(['healthy', 'sick', 'unknown']).optional(),
        }),
        response: { 200: verdictListSchema, ...readProblems },
      },
    },
    async (request) => {
      const { pop, state } = request.query
      if (pop !== undefined) requirePop((await heads.current()).intent.pops, pop)
      const measures = freshMeasures(await store.sight.measures(), clock())
      const verdicts = [...(await store.health.verdicts())]
        .filter(([, one]) => (pop === undefined || one.pop === pop) && (state === undefined || one.state === state))
        .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      return {
        checks: verdicts.map(([, verdict]) => {
          return verdictView(verdict, clock(), measures.get(`${verdict.check}/${verdict.subject}`))
        }),
      }
    },
  )

  api.get(
    '/v1/agents',
    {
      schema: {
        tags: ['alarms'],
        summary: 'Agents: when each was last heard of, and which are silent that should not be',
        querystring: noQuery,
        response: { 200: agentListSchema, ...readProblems },
      },
    },
    async () => {
      const [{ intent }, seen] = await Promise.all([heads.current(), store.samples.agents()])
      return { agents: agentViews(intent, seen, clock()) }
    },
  )
}

function requirePop(pops: ReadonlyMap<string, unknown>, pop: string): void {
  if (!pops.has(pop)) throw new ProblemError(404, 'not-found', `there is no POP "${pop}"; see: herald get pops`)
}

async function alarmOf({ deps }: ApiContext, id: string): Promise<Alarm> {
  const alarm = (await deps.store.health.alarms()).get(id as AlarmId)
  if (alarm === undefined)
    throw new ProblemError(404, 'not-found', `there is no alarm "${id}"; see: herald alarms --all`)
  return alarm
}

async function alarmDetail({ deps, heads }: ApiContext, alarm: Alarm): Promise<AlarmDetailView> {
  const { store, clock } = deps
  const { intent } = await heads.current()
  const latest = await store.revisions.list({ limit: revisionsSearched })
  const its = latest.filter((revision) => isOf(revision, alarm))
  const revisions = await Promise.all(
    its.map(async ({ revision, atMs, command, reason }) => {
      const proof = await store.proofs.get(revision)
      return {
        revision,
        at: isoTime(atMs),
        command,
        reason,
        ...(proof !== undefined && { proof: proofView(proof, intent) }),
      }
    }),
  )
  return { ...alarmView(alarm, clock()), revisions }
}

/** Automation laid something on top, or took it away, because of this alarm. */
function isOf({ author, atMs, changes }: Revision, { id, startedAtMs }: Alarm): boolean {
  if (author !== automationAuthor || atMs < startedAtMs - earlierMs) return false
  const names = (spec: unknown) => (spec as { readonly alarm?: string } | undefined)?.alarm === id
  return changes.some(({ before, after }) => names(before) || names(after))
}

/** A revision is committed just before its alarm is told. */
const earlierMs = 10_000
