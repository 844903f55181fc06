/** Speakers and their neighbors: as the watcher last saw them, or live from the daemon. */
import { z } from 'zod'
import type { Intent, Neighbor, Speaker, SpeakerId } from '../../intent/model.ts'
import { readTrouble } from '../../plan/trouble.ts'
import type { SpeakerNeighbor } from '../../speaker/speaker.ts'
import type { SpeakerState, Store } from '../../store/store.ts'
import { freshLosses } from '../alarm-view.ts'
import type { Api, ApiContext } from '../deps.ts'
import { connectionTo, liveDeadlineMs, speakerOf } from '../live.ts'
import { authorOf } from '../access.ts'
import { ProblemError } from '../problem.ts'
import { flagSchema, reasonSchema } from '../wire/change.ts'
import {
  type NeighborView,
  type SpeakerView,
  forgottenSpeakerSchema,
  neighborListSchema,
  speakerListSchema,
  speakerViewSchema,
} from '../wire/speaker.ts'
import { readProblems } from '../write.ts'

const params = z.object({ speaker: z.string() })
const noQuery = z.strictObject({})

export function speakerRoutes(api: Api, context: ApiContext): void {
  const { store } = context.deps
  api.get(
    '/v1/speakers',
    {
      schema: {
        tags: ['speakers'],
        summary: 'All speakers, as last seen',
        querystring: noQuery,
        response: { 200: speakerListSchema, ...readProblems },
      },
    },
    async () => {
      const [{ intent }, states] = await Promise.all([context.heads.current(), store.speakers.states()])
      const speakers = [...intent.speakers.values()].map(async (speaker) =>
        speakerView(intent, speaker, states.get(speaker.id), await driftOf(store, speaker.id)),
      )
      return { speakers: await Promise.all(speakers) }
    },
  )

  api.get(
    '/v1/speakers/:speaker',
    {
      schema: {
        tags: ['speakers'],
        summary: 'One speaker, as last seen',
        params,
        querystring: noQuery,
        response: { 200: speakerViewSchema, ...readProblems },
      },
    },
    async (request) => {
      const { intent } = await context.heads.current()
      const speaker = speakerOf(intent, request.params.speaker)
      return speakerView(intent, speaker, await store.speakers.state(speaker.id), await driftOf(store, speaker.id))
    },
  )

  api.get(
    '/v1/speakers/:speaker/neighbors',
    {
      schema: {
        tags: ['speakers'],
        summary: 'The neighbors of a speaker; `live=true` asks the daemon',
        params,
        querystring: z.strictObject({ live: flagSchema.optional() }),
        response: { 200: neighborListSchema, ...readProblems },
      },
    },
    async (request) => {
      const { intent } = await context.heads.current()
      const speaker = speakerOf(intent, request.params.speaker)
      const live = request.query.live === 'true'
      const { status, shut } = await store.speakers.state(speaker.id)
      const read = live
        ? await connectionTo(context.deps, speaker).neighbors({ deadlineMs: liveDeadlineMs, signal: context.closing })
        : (status?.neighbors ?? [])
      const losses = freshLosses(await store.sight.measures(), context.deps.clock())
      const neighbors = neighborViews(intent, speaker.id, withNotes(read, shut)).map((neighbor) => {
        const lately = losses.get(`${speaker.id} ${neighbor.address}`)
        return { ...neighbor, ...(lately !== undefined && { losses: lately }) }
      })
      return { speaker: speaker.id, live, neighbors }
    },
  )

  forgetRoute(api, context)
}

/** For a daemon that will never answer again. One that answers is undone step by step, by itself. */
function forgetRoute(api: Api, { deps, heads }: ApiContext): void {
  api.post(
    '/v1/speakers/:speaker/forget',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['speakers'],
        summary: 'Give up a speaker whose document is gone and whose daemon never answers again',
        description: 'What it may still announce is no longer followed. Refused while it has a document, or answers.',
        params,
        querystring: noQuery,
        body: z.strictObject({ reason: reasonSchema }),
        response: { 202: forgottenSpeakerSchema, ...readProblems },
      },
    },
    async (request, reply) => {
      const { store, logger, wakePlan } = deps
      const speaker = request.params.speaker as SpeakerId
      const { intent } = await heads.current()
      if (intent.speakers.has(speaker))
        throw new ProblemError(409, 'speaker-documented', `${speaker} has a document: delete Speaker/${speaker} first`)
      const states = await store.speakers.states()
      const state = states.get(speaker)
      if (state === undefined) throw new ProblemError(404, 'not-found', `nothing is known of a speaker ${speaker}`)
      if (state.status?.reach === 'up') {
        const detail = `${speaker} answers: its paths are withdrawn and its neighbors deleted by themselves, then it is forgotten`
        throw new ProblemError(409, 'speaker-answers', detail)
      }
      await store.speakers.forsake(speaker)
      const reason = `given up by ${authorOf(request)}: ${request.body.reason}`
      logger.warn({ speaker, reason }, 'speaker forsaken')
      await store.events.append({ type: 'speaker', speaker, reach: 'unknown', problem: reason })
      await wakePlan().catch((error: unknown) => logger.warn({ err: error }, 'the planner was not woken'))
      return reply.code(202).send({ speaker })
    },
  )
}

async function driftOf({ observations }: Pick<Store, 'observations'>, speaker: SpeakerId): Promise<number> {
  return (await observations.unproved(speaker)).size
}

function speakerView(
  intent: Intent,
  { id, pop, endpoint }: Speaker,
  state: SpeakerState | undefined,
  drifted: number,
): SpeakerView {
  const status = state?.status
  const neighbors = neighborViews(intent, id, withNotes(status?.neighbors ?? [], state?.shut ?? {}))
  return {
    id,
    pop,
    endpoint,
    reach: status?.reach ?? 'unknown',
    since: isoTime(status?.sinceMs),
    problem: problemOf(intent, id, state),
    api: status?.api,
    routerId: status?.routerId,
    policy: status?.policy,
    decided: state?.decided ?? 0,
    applied: state?.applied ?? 0,
    readAt: isoTime(status?.readAtMs),
    foreign: status?.foreign,
    drifted,
    neighbors: {
      established: neighbors.filter(({ state: session }) => session === 'established').length,
      of: neighbors.length,
    },
  }
}

interface KnownNeighbor extends SpeakerNeighbor {
  readonly shutBy?: string
}

/** With what only Herald knows: which sessions it has shut. */
function withNotes(neighbors: readonly SpeakerNeighbor[], shut: SpeakerState['shut']): readonly KnownNeighbor[] {
  return neighbors.map((neighbor) => {
    const drain = shut[neighbor.address]?.drain
    return drain === undefined ? neighbor : { ...neighbor, shutBy: drain }
  })
}

/** Those that documents name, with what was seen of them, then those that only the daemon has. */
function neighborViews(intent: Intent, speaker: SpeakerId, seen: readonly KnownNeighbor[]): NeighborView[] {
  const byAddress = new Map(seen.map((neighbor) => [neighbor.address, neighbor]))
  const named = [...intent.neighbors.values()].filter((neighbor) => neighbor.speaker === speaker)
  const views = named.map((neighbor) => {
    const session = byAddress.get(neighbor.address)
    byAddress.delete(neighbor.address)
    return namedView(neighbor, session)
  })
  const unnamed = [...byAddress.values()].map((session) => ({ ...session }))
  return [...views, ...unnamed].toSorted((a, b) => a.address.localeCompare(b.address, 'en', { numeric: true }))
}

function namedView({ id, address, asn, kind, managed }: Neighbor, session: KnownNeighbor | undefined): NeighborView {
  const known: NeighborView = { id, address, asn, kind, managed, state: 'unknown' }
  return session === undefined ? known : { ...known, ...session, asn }
}

function isoTime(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString()
}

/** Why a speaker is not as it should be; undefined where it is. */
export function problemOf(
  intent: Pick<Intent, 'pools'>,
  speaker: SpeakerId,
  state: SpeakerState | undefined,
): string | undefined {
  if (state?.status === undefined) return 'never read yet'
  if (state.status.problem !== undefined) return state.status.problem
  if (state.status.reach === 'unknown') return 'does not answer'
  return state.trouble === undefined ? undefined : readTrouble(state.trouble, speaker, intent).words
}
