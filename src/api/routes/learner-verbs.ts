/** What people say to the path learner: undo, approve, and forget, clear or replay. */
import { z } from 'zod'
import { demote, pin, revert, setMode } from '../../intent/edit.ts'
import type { EntryGroupId } from '../../intent/entry.ts'
import { type FleetState, placeKey } from '../../learning/fleet.ts'
import type { Place } from '../../learning/place.ts'
import { tuningOf } from '../../learning/self-tuning.ts'
import { defaultSettings } from '../../learning/settings.ts'
import type { LearnerWord } from '../../store/learning.ts'
import { authorOf } from '../access.ts'
import type { Api, ApiContext } from '../deps.ts'
import { decisionId, decisionsSearched, eventAtMs, proposalsView } from '../learner-view.ts'
import { ProblemError } from '../problem.ts'
import { reasonSchema, writeFields, writeQuerySchema } from '../wire/change.ts'
import { learnerWordSchema } from '../wire/learner.ts'
import { readProblems, write, writeResponses } from '../write.ts'

export function learnerVerbRoutes(api: Api, context: ApiContext): void {
  modeRoute(api, context)
  undoRoute(api, context)
  approveRoute(api, context)
  pinRoute(api, context)
  wordRoute(api, context)
}

function modeRoute(api: Api, context: ApiContext): void {
  api.post(
    '/v1/learner/modes',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: 'What the path learner may do in a group: off, shadow (decides, moves nothing), canary or auto',
        querystring: writeQuerySchema,
        body: z.strictObject({
          group: z.string().min(1).max(63),
          mode: z.enum(['off', 'shadow', 'canary', 'auto']),
          /** Mode canary: places of a PathGroup, prefixes of an EntryGroup. Absent: those that are written already. */
          canary: z.array(z.string().min(1)).max(1000).optional(),
          ...writeFields,
        }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { group, mode, canary, reason, force } = request.body
      return write(context, request, reply, {
        edit: (documents) => setMode(documents, { group, mode, ...(canary !== undefined && { canary }) }),
        command: `learner mode ${group} ${mode}${canary === undefined ? '' : ` --canary ${canary.join()}`}`,
        reason,
        force,
        dryRun: request.query.dryRun,
      })
    },
  )
}

function undoRoute(api: Api, context: ApiContext): void {
  const { learner, revisions } = context.deps.store
  api.post(
    '/v1/learner/decisions/:id/undo',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: 'Take back what one decision of the path learner changed; its path is barred for a while',
        params: z.strictObject({ id: z.string().min(1).max(200) }),
        querystring: writeQuerySchema,
        body: z.strictObject(writeFields),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const entry = (await learner.decisions(decisionsSearched)).find((one) => decisionId(one) === id)
      if (entry === undefined)
        throw new ProblemError(404, 'not-found', `there is no decision "${id}" among the last ${decisionsSearched}`)
      const { revision, event } = entry
      if (revision === undefined)
        throw new ProblemError(
          422,
          'invalid-edit',
          `nothing was changed by the decision of ${new Date(eventAtMs(event)).toISOString()}, so there is nothing to undo`,
        )
      const { changes } = await revisions.get(revision)
      const later = await revisions.since(revision)
      const command = `learner undo ${id}`
      const undone = later.find((one) => one.command === command)
      if (undone !== undefined)
        throw new ProblemError(
          409,
          'undone-already',
          `${id} was undone already (revision ${undone.revision}, ${undone.author})`,
        )
      return write(context, request, reply, {
        edit: (documents) => revert(documents, changes, later),
        command,
        reason: request.body.reason,
        force: request.body.force,
        dryRun: request.query.dryRun,
      })
    },
  )
}

function approveRoute(api: Api, context: ApiContext): void {
  const { heads, deps } = context
  api.post(
    '/v1/learner/proposals/:group/approve',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: 'Make the change that the path learner proposes where MED can do nothing, as yours',
        params: z.strictObject({ group: z.string().min(1).max(63) }),
        querystring: writeQuerySchema,
        body: z.strictObject(writeFields),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { group } = request.params
      const [{ intent }, memory] = await Promise.all([heads.current(), deps.store.learner.memory()])
      const proposal = proposalsView(memory, intent).find((one) => one.group === group)
      if (proposal === undefined)
        throw new ProblemError(404, 'not-found', `nothing is proposed for "${group}" now; see herald learner`)
      const { from, to } = proposal
      return write(context, request, reply, {
        edit: (documents) => demote(documents, { group, from, to }),
        command: `learner approve ${group}`,
        reason: request.body.reason,
        force: request.body.force,
        dryRun: request.query.dryRun,
      })
    },
  )
}

function pinRoute(api: Api, context: ApiContext): void {
  const { learner } = context.deps.store
  api.post(
    '/v1/learner/pins',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: "Write what was learned into the group's document: it is not tuned by itself any more; or take it out",
        description: '`pinned: true` writes the threshold and deadband in force; where POPs differ, name one.',
        querystring: writeQuerySchema,
        body: z.strictObject({
          group: z.string().min(1).max(63),
          pop: z.string().min(1).max(63).optional(),
          pinned: z.boolean(),
          ...writeFields,
        }),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { group, pop, pinned, reason, force } = request.body
      const learning = pinned ? pinnedNow(await learner.memory(), group, pop) : undefined
      const at = pop === undefined ? '' : ` --at ${pop}`
      return write(context, request, reply, {
        edit: (documents) => pin(documents, { group, ...(learning !== undefined && { learning }) }),
        command: pinned ? `learner pin ${group}${at}` : `learner unpin ${group}`,
        reason,
        force,
        dryRun: request.query.dryRun,
      })
    },
  )
}

function pinnedNow(
  memory: FleetState,
  group: string,
  pop: string | undefined,
): { readonly threshold: number; readonly deadband: number } {
  const found = placesOf(memory, group, pop).map(
    ({ tuned, pinned }) => tuningOf(tuned, defaultSettings, pinned).settings,
  )
  const [first] = found
  if (first === undefined) throw nothingLearned(group, pop)
  const { thresholdMsMin: threshold, deadbandMs: deadband } = first
  if (found.some((one) => one.thresholdMsMin !== threshold || one.deadbandMs !== deadband))
    throw new ProblemError(
      422,
      'invalid-edit',
      `the POPs of "${group}" have learned different settings; name one, with pop`,
    )
  return { threshold: Math.round(threshold * 1000) / 1000, deadband }
}

function placesOf({ places }: FleetState, group: string, pop: string | undefined): readonly Place[] {
  return Object.values(places).filter(({ learner: { subject } }) => {
    const here = 'entry' in subject ? subject.entry === group : subject.destination === group
    return here && (pop === undefined || ('pop' in subject && subject.pop === pop))
  })
}

function isIgnored({ entry }: Place): boolean {
  return entry !== null && entry.phase.kind === 'ignored'
}

function nothingLearned(group: string, pop: string | undefined): ProblemError {
  const where = pop === undefined ? '' : ` at ${pop}`
  return new ProblemError(404, 'not-found', `nothing is learned about "${group}"${where}; see herald learner`)
}

const done = {
  reset: 'what was tuned there is forgotten',
  clear: 'MED is tried again',
  tune: 'the log is replayed now',
} as const satisfies Record<LearnerWord['word'], string>

function wordRoute(api: Api, { deps, heads }: ApiContext): void {
  const { store, clock, logger } = deps
  api.post(
    '/v1/learner/words',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: 'Say to the path learner: reset what was tuned, clear med_ignored, or tune: replay the log now',
        querystring: z.strictObject({}),
        body: z.strictObject({
          word: z.enum(['reset', 'clear', 'tune']),
          group: z.string().min(1).max(63),
          /** Absent: at every POP of the group. */
          pop: z.string().min(1).max(63).optional(),
          reason: reasonSchema,
        }),
        response: { 200: learnerWordSchema, ...readProblems },
      },
    },
    async (request) => {
      const { word, group, pop, reason } = request.body
      const [{ intent }, memory] = await Promise.all([heads.current(), store.learner.memory()])
      const isEntry = intent.entryGroups.has(group as EntryGroupId)
      const keys = placesOf(memory, group, pop).map(({ learner }) => placeKey(learner.subject))
      if (keys.length === 0) throw nothingLearned(group, pop)
      if (word === 'clear' && !isEntry)
        throw new ProblemError(422, 'invalid-edit', `"${group}" is no EntryGroup, and nothing but MED is ever ignored`)
      if (word === 'clear' && !placesOf(memory, group, pop).some(isIgnored))
        throw new ProblemError(409, 'nothing-ignored', `MED is not ignored for "${group}": there is nothing to clear`)
      const author = authorOf(request)
      for (const key of keys) {
        await store.learner.say({ key, word, atMs: clock(), author, reason })
        await store.events.append({ type: 'learner', place: key, word, author, reason })
      }
      logger.info({ author, reason, word, places: keys }, done[word])
      return { places: keys }
    },
  )
}
