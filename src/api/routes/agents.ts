/**
 * The two things that an agent does here: it asks what to probe, and tells what it saw. Its token is bound to its name,
 * and it is believed only about its own tasks.
 */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Sample } from '../../health/sample.ts'
import { type SubjectKey, subjectKey } from '../../health/subject.ts'
import { labelPattern } from '../../intent/schema/fields.ts'
import type { AgentId } from '../../intent/monitoring.ts'
import { requireAgent } from '../access.ts'
import { type AgentTaskBook, createAgentTaskBook } from '../agent-tasks.ts'
import type { Api, ApiContext } from '../deps.ts'
import { ProblemError } from '../problem.ts'
import { type SentBatch, agentTasksSchema, sampleBatchSchema, takenBatchSchema } from '../wire/agent.ts'
import { problemResponse, readProblems } from '../write.ts'

const waitSecondsAtMost = 30

const agentName = z.object({ agent: z.string().regex(labelPattern, 'write the name of an Agent document') })

export function agentRoutes(api: Api, { deps, heads, closing }: ApiContext): void {
  const book = createAgentTaskBook(heads, deps.clock)

  api.get(
    '/v1/agents/:agent/tasks',
    {
      config: { role: 'agent' },
      schema: {
        tags: ['agents'],
        summary: 'What an agent probes',
        description: 'With `If-None-Match` and `wait`: answers when it changes, or 304 after so many seconds.',
        params: agentName,
        querystring: z.strictObject({ wait: z.coerce.number().int().min(0).max(waitSecondsAtMost).optional() }),
        response: { 200: agentTasksSchema, 304: z.null().describe('As before'), ...readProblems },
      },
    },
    async (request, reply) => {
      const agent = request.params.agent as AgentId
      requireAgent(request.principal, agent)
      const known = /^"([0-9a-f]+)"$/.exec(request.headers['if-none-match'] ?? '')?.[1]
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const tasks =
        known === undefined
          ? await book.of(agent)
          : await book.after(agent, known, (request.query.wait ?? 0) * 1000, AbortSignal.any([closing, gone.signal]))
      if (tasks === undefined) throw unknownAgent(agent)
      void reply.header('etag', `"${tasks.revision}"`).header('cache-control', 'no-store')
      // Typed by what a 304 must not have, which is a body.
      if (tasks.revision === known) return (reply as FastifyReply).code(304).send()
      const { pop, leases, owner } = tasks
      return { agent, pop, tasks: tasks.tasks, leases, ...(owner !== undefined && { owner }) }
    },
  )

  api.post(
    '/v1/agents/:agent/samples',
    {
      config: { role: 'agent' },
      schema: {
        tags: ['agents'],
        summary: 'What an agent saw',
        description: 'In batches, numbered within a run of the agent: one that is sent again counts once.',
        params: agentName,
        querystring: z.strictObject({}),
        body: sampleBatchSchema,
        response: { 200: takenBatchSchema, '4xx': problemResponse, '5xx': problemResponse },
      },
    },
    async (request) => {
      const agent = request.params.agent as AgentId
      requireAgent(request.principal, agent)
      const { run, batch, dropped } = request.body
      const samples = await ownSamples(book, agent, request.body)
      const taken = await deps.store.samples.take(agent, { run, batch, dropped, samples }, deps.clock())
      const ignored = request.body.samples.length - samples.length
      return { accepted: taken ? samples.length : 0, ignored, known: !taken }
    },
  )
}

/** Those of the agent's own tasks: nobody who has one agent's token can speak about what another one probes. */
async function ownSamples(book: AgentTaskBook, agent: AgentId, { samples }: SentBatch) {
  const known = await book.of(agent)
  if (known === undefined) throw unknownAgent(agent)
  const subjects = new Map(known.tasks.map(({ id, subject }) => [id, subjectKey(subject)]))
  return samples
    .filter(({ task, subject }) => subjects.get(task) === subject)
    .map((sample) => ({ ...sample, subject: sample.subject as SubjectKey, agent }) as Sample)
}

function unknownAgent(agent: AgentId): ProblemError {
  return new ProblemError(404, 'not-found', `no Agent document is called "${agent}"; see GET /v1/documents?kind=Agent`)
}
