/** What the path learner knows and decided, its log, and whether that log comes out the same when it is decided again. */
import { z } from 'zod'
import { type LogEntry, type Replay, replaying } from '../../learning/log.ts'
import { placeKey } from '../../learning/fleet.ts'
import { defaultSettings } from '../../learning/settings.ts'
import { inSlices } from '../../jobs/slices.ts'
import type { Store } from '../../store/store.ts'
import { isoTime } from '../alarm-view.ts'
import type { Api, ApiContext } from '../deps.ts'
import { decisionsSearched, decisionsView, eventAtMs, placesView, proposalsView } from '../learner-view.ts'
import { ProblemError } from '../problem.ts'
import { type LearnerReplayView, learnerLogSchema, learnerReplaySchema, learnerSchema } from '../wire/learner.ts'
import { readProblems } from '../write.ts'

const decisionsShown = 100
const logPage = 1000

export function learnerRoutes(api: Api, { deps, heads }: ApiContext): void {
  const { learner } = deps.store
  api.get(
    '/v1/learner',
    {
      schema: {
        tags: ['automation'],
        summary: 'What the path learner knows of each place, what it decided, and what it proposes',
        description:
          '`place` is `POP/GROUP`, or `entry:GROUP`: that place alone, with how it stands now: candidates, costs, evidence, guards.',
        querystring: z.strictObject({ place: z.string().min(1).optional() }),
        response: { 200: learnerSchema, ...readProblems },
      },
    },
    async (request) => {
      const { place } = request.query
      const limit = place === undefined ? decisionsShown : decisionsSearched
      const [{ intent }, memory, entries] = await Promise.all([
        heads.current(),
        learner.memory(),
        learner.decisions(limit),
      ])
      const places = placesView(memory, intent, deps.clock(), place)
      if (place !== undefined && places.length === 0) throw unknownPlace(place, Object.keys(memory.places))
      const decisions = decisionsView(entries, memory).filter((one) => place === undefined || one.place === place)
      const proposals = proposalsView(memory, intent).filter(
        ({ group }) => place === undefined || place === placeKey({ entry: group }),
      )
      return { places, proposals, decisions: decisions.slice(0, decisionsShown) }
    },
  )

  api.get(
    '/v1/learner/log',
    {
      schema: {
        tags: ['automation'],
        summary: 'Every event of the path learner with what was decided on it, oldest first',
        description: 'The log replays: the same decisions come out of it, bit for bit (`herald learner replay`).',
        querystring: z.strictObject({
          after: z
            .string()
            .regex(/^\d+(-\d+)?$/)
            .optional(),
          limit: z.coerce.number().int().min(1).max(10_000).default(logPage),
          place: z.string().min(1).optional(),
        }),
        response: { 200: learnerLogSchema, ...readProblems },
      },
    },
    async (request) => {
      const { after, limit, place } = request.query
      const found = await learner.log({ limit, ...(after !== undefined && { after }) })
      const last = found.at(-1)
      const entries = found.filter(({ entry }) => place === undefined || placeKey(entry.subject) === place)
      return {
        entries: entries.map(({ id, entry }) => ({ id, entry })),
        ...(found.length === limit && last !== undefined && { next: last.id }),
      }
    },
  )

  replayRoute(api, { learner })
}

function replayRoute(api: Api, { learner }: Pick<Store, 'learner'>): void {
  api.get(
    '/v1/learner/replay',
    {
      schema: {
        tags: ['automation'],
        summary: 'Decides the log again and says where it comes out otherwise',
        querystring: z.strictObject({}),
        response: { 200: learnerReplaySchema, ...readProblems },
      },
    },
    async () => {
      const byPlace = await readLog(learner)
      const places: LearnerReplayView['places'] = []
      for (const [place, entries] of [...byPlace].toSorted(([a], [b]) => (a < b ? -1 : 1)))
        places.push({ place, ...replayView(entries, await inSlices(replaying(entries, defaultSettings))) })
      return { places }
    },
  )
}

async function readLog(learner: Store['learner']): Promise<ReadonlyMap<string, LogEntry[]>> {
  const byPlace = new Map<string, LogEntry[]>()
  let after: string | undefined
  for (;;) {
    const page = await learner.log({ limit: logPage, ...(after !== undefined && { after }) })
    for (const { entry } of page) {
      const key = placeKey(entry.subject)
      const entries = byPlace.get(key)
      if (entries === undefined) byPlace.set(key, [entry])
      else entries.push(entry)
    }
    after = page.at(-1)?.id
    if (page.length < logPage) return byPlace
  }
}

function replayView(
  entries: readonly LogEntry[],
  { difference, ...counts }: Replay,
): Omit<LearnerReplayView['places'][number], 'place'> {
  if (difference === undefined) return counts
  const { index, what, logged, replayed } = difference
  const event = entries[index]?.event
  return {
    ...counts,
    difference: { at: isoTime(event === undefined ? 0 : eventAtMs(event)), what, logged, replayed },
  }
}

export function unknownPlace(place: string, known: readonly string[]): ProblemError {
  const places = known.length === 0 ? 'nothing is learned anywhere yet' : `known: ${known.toSorted().join(', ')}`
  return new ProblemError(404, 'not-found', `the path learner knows no place "${place.slice(0, 80)}"; ${places}`)
}
