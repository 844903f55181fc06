/** Drains: a site, a speaker or a neighbor is taken out of traffic for a while; how far each has come. */
import { z } from 'zod'
import { isFresh } from '../../health/traffic.ts'
import { trafficPlaceName, trafficPlaces } from '../../intent/drain-places.ts'
import { drain } from '../../intent/edit.ts'
import type { DrainedPlace } from '../../intent/edit/overlays.ts'
import type { Intent, NeighborId, Selector, SpeakerId } from '../../intent/model.ts'
import { inOrder } from '../../intent/select.ts'
import { secondsWords, shellWord } from '../command-text.ts'
import type { Api, ApiContext } from '../deps.ts'
import { readDrains } from '../drain-view.ts'
import { endOverlay, forSeconds, overlayName, overlayPath, spanFrom } from '../overlay.ts'
import { ProblemError } from '../problem.ts'
import { deleteQuerySchema, writeFields, writeQuerySchema } from '../wire/change.ts'
import { drainListSchema, drainViewSchema } from '../wire/drain.ts'
import { readProblems, write, writeResponses } from '../write.ts'

const noQuery = z.strictObject({})
const wholeSeconds = z.number().int().min(0, { error: 'write 0 seconds or more' })

const drainBody = z.strictObject({
  id: overlayName,
  at: z.string().min(1).optional(),
  speaker: z.string().min(1).optional(),
  neighbor: z.string().min(1).optional(),
  forSeconds,
  graceSeconds: wholeSeconds.optional(),
  /** It stays marked until its traffic is below this, `5%` of what it is now or `200 Mbit/s`, at most so long. */
  untilIdle: z.strictObject({ below: z.string().min(1), atMostSeconds: wholeSeconds.optional() }).optional(),
  /** Its sessions are shut down once nothing is announced there, and the other sides are shown this (RFC 9003). */
  shutdown: z.string().optional(),
  ...writeFields,
})

type DrainBody = z.infer<typeof drainBody>

export function drainRoutes(api: Api, context: ApiContext): void {
  readRoutes(api, context)
  api.post(
    '/v1/drains',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'Take a site, a speaker or a neighbor out of traffic for a while',
        querystring: writeQuerySchema,
        body: drainBody,
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { id = `drain-${context.deps.newId()}`, graceSeconds, untilIdle, shutdown, reason, force } = request.body
      const target = targetOf(request.body)
      const verb = {
        id,
        target,
        ...(graceSeconds !== undefined && { graceSeconds }),
        ...(untilIdle !== undefined && {
          untilIdle: {
            below: untilIdle.below,
            ...(untilIdle.atMostSeconds !== undefined && { atMostSeconds: untilIdle.atMostSeconds }),
            from: await trafficNow(context, target),
          },
        }),
        ...(shutdown !== undefined && { shutdown }),
        ...spanFrom(context, request.body.forSeconds),
        forced: force ?? false,
      }
      return write(context, request, reply, {
        edit: (documents) => drain(documents, verb),
        command: commandOf(request.body),
        reason,
        force,
        dryRun: request.query.dryRun,
        id,
      })
    },
  )

  api.delete(
    '/v1/drains/:id',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['verbs'],
        summary: 'End a drain',
        params: overlayPath,
        querystring: deleteQuerySchema,
        response: writeResponses,
      },
    },
    async (request, reply) => endOverlay(context, request, reply, 'Drain', request.params.id, request.query),
  )
}

function readRoutes(api: Api, { deps, heads }: ApiContext): void {
  api.get(
    '/v1/drains',
    {
      schema: {
        tags: ['verbs'],
        summary: 'All drains: how far each has come, and what it waits for',
        querystring: noQuery,
        response: { 200: drainListSchema, ...readProblems },
      },
    },
    async () => {
      const { intent } = await heads.current()
      return { drains: [...(await readDrains(deps.store, intent, inOrder(intent.drains), deps.clock()))] }
    },
  )

  api.get(
    '/v1/drains/:id',
    {
      schema: {
        tags: ['verbs'],
        summary: 'One drain: how far it has come, and what it waits for',
        params: overlayPath,
        querystring: noQuery,
        response: { 200: drainViewSchema, ...readProblems },
      },
    },
    async (request) => {
      const { intent, revision } = await heads.current()
      const found = intent.drains.get(request.params.id)
      if (found === undefined)
        throw new ProblemError(404, 'not-found', `there is no Drain/${request.params.id} as of revision ${revision}`)
      const [view] = await readDrains(deps.store, intent, [found], deps.clock())
      if (view === undefined) throw new Error('assertion: one drain has one view')
      return view
    },
  )
}

type WrittenTarget = DrainedPlace

function targetOf({ at, speaker, neighbor }: DrainBody): WrittenTarget {
  return {
    ...(at !== undefined && { at }),
    ...(speaker !== undefined && { speaker }),
    ...(neighbor !== undefined && { neighbor }),
  }
}

/** What a share will be a share of: fresh figures of the places concerned, by name. */
async function trafficNow({ deps, heads }: ApiContext, target: WrittenTarget): Promise<Record<string, number>> {
  const [{ intent }, figures] = await Promise.all([heads.current(), deps.store.health.traffic()])
  const from: Record<string, number> = {}
  for (const place of placesOf(intent, target)) {
    const figure = place.kind === 'pop' ? figures.pops.get(place.pop) : figures.neighbors.get(place.neighbor)
    if (figure !== undefined && isFresh(figure, deps.clock())) from[trafficPlaceName(place)] = figure.amount
  }
  return from
}

/** None where the target names nothing, or too much: the edit says so. */
function placesOf(intent: Intent, { at, speaker, neighbor }: WrittenTarget): ReturnType<typeof trafficPlaces> {
  if (at !== undefined) return trafficPlaces(intent, { target: { kind: 'site', at: at as Selector } })
  if (speaker !== undefined)
    return trafficPlaces(intent, { target: { kind: 'speaker', speaker: speaker as SpeakerId } })
  return trafficPlaces(intent, { target: { kind: 'neighbor', neighbor: neighbor as NeighborId } })
}

function commandOf({ at, speaker, neighbor, forSeconds, graceSeconds, untilIdle, shutdown }: DrainBody): string {
  return [
    `drain ${at ?? (speaker === undefined ? `--neighbor ${neighbor ?? ''}` : `--speaker ${speaker}`)}`,
    ...secondsWords('--for', forSeconds),
    ...secondsWords('--grace', graceSeconds),
    ...(untilIdle === undefined ? [] : ['--until-idle', shellWord(untilIdle.below)]),
    ...secondsWords('--at-most', untilIdle?.atMostSeconds),
    ...(shutdown === undefined ? [] : ['--shutdown', shellWord(shutdown)]),
  ].join(' ')
}
