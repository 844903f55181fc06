/**
 * Events as they happen (server-sent events): the id of each is its place in the audit stream, so that a client that
 * lost its connection resumes with Last-Event-ID and misses nothing. Comments every 15 s keep proxies awake.
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { z } from 'zod'
import type { StoredEvent } from '../../store/store.ts'
import { type EventView, eventSchema } from '../wire/event.ts'
import type { Api, ApiContext } from '../deps.ts'
import { ProblemError } from '../problem.ts'
import { readProblems } from '../write.ts'

const heartbeatMs = 15_000
/** Each reader holds a connection to Redis. */
const readersAtMost = 200
const eventId = /^(\d{1,16}-\d{1,10}|\$)$/

export function eventRoutes(api: Api, { deps, closing }: ApiContext): void {
  let readers = 0
  api.get(
    '/v1/events',
    {
      schema: {
        tags: ['events'],
        summary: 'Events as they happen (text/event-stream)',
        description: 'Resumes after Last-Event-ID, or after `after`; else from now on.',
        querystring: z.strictObject({
          after: z.string().regex(eventId, 'write an event id such as 1732170000000-0').optional(),
        }),
        response: {
          200: {
            description: 'One event each: id, event (its type), data (JSON)',
            content: { 'text/event-stream': { schema: eventSchema } },
          },
          ...readProblems,
        },
      },
    },
    async (request, reply) => {
      const resume = request.headers['last-event-id']
      if (resume !== undefined && (typeof resume !== 'string' || !eventId.test(resume)))
        throw new ProblemError(400, 'invalid-request', `Last-Event-ID: "${String(resume)}" is not an event id`)
      if (readers >= readersAtMost)
        throw new ProblemError(
          503,
          'too-many-readers',
          `${readersAtMost} event streams are open; close one and try again`,
        )
      // `$` is settled before the first byte goes out: what happens after that is told.
      const newest = (await deps.store.events.latest(1)).at(-1)?.id ?? '0-0'
      const asked = resume ?? request.query.after ?? '$'
      readers++
      reply.hijack()
      const gone = new AbortController()
      reply.raw.on('close', () => gone.abort())
      const signal = AbortSignal.any([closing, gone.signal])
      const events = deps.store.events.follow(asked === '$' ? newest : asked, signal)
      try {
        await stream(reply.raw, events, signal, deps.logger)
      } finally {
        readers--
      }
    },
  )
}

async function stream(
  response: ServerResponse,
  events: AsyncIterable<StoredEvent>,
  signal: AbortSignal,
  logger: FastifyBaseLogger,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
    'x-accel-buffering': 'no',
  })
  response.write(': herald\n\n')
  const heartbeat = setInterval(() => response.write(': \n\n'), heartbeatMs)
  try {
    for await (const { id, event } of events) {
      const more = response.write(
        `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event satisfies EventView)}\n\n`,
      )
      if (!more) await once(response, 'drain', { signal })
    }
  } catch (error) {
    if (!signal.aborted) logger.warn({ err: error }, 'event stream broke')
  } finally {
    clearInterval(heartbeat)
    response.end()
  }
}
