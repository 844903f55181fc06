/** Staged changes: those there are, a stage more, and all of it back. They begin with `staged` of publish, withdraw, apply, undo or restore. */
import { z } from 'zod'
import { advanceRollout, rollBack } from '../../intent/edit.ts'
import { documentKey } from '../../intent/document.ts'
import { didYouMean } from '../../intent/nearest.ts'
import type { Api, ApiContext } from '../deps.ts'
import type { HeadState } from '../heads.ts'
import { ProblemError } from '../problem.ts'
import { rolloutView, rolloutViews } from '../rollout-view.ts'
import { writeFields, writeQuerySchema } from '../wire/change.ts'
import { rolloutListSchema, rolloutSchema } from '../wire/rollout.ts'
import { readProblems, write, writeResponses } from '../write.ts'

const params = z.object({ name: z.string().min(1).max(63) })
const noQuery = z.strictObject({})

export function rolloutRoutes(api: Api, context: ApiContext): void {
  const { heads, deps } = context
  api.get(
    '/v1/rollouts',
    {
      schema: {
        tags: ['automation'],
        summary: 'Staged changes that run, with what each waits for, and those that ended lately',
        querystring: noQuery,
        response: { 200: rolloutListSchema, ...readProblems },
      },
    },
    async () => ({ rollouts: [...(await rolloutViews(deps.store, await heads.current()))] }),
  )

  api.get(
    '/v1/rollouts/:name',
    {
      schema: {
        tags: ['automation'],
        summary: 'One staged change, while it runs and for a while after',
        params,
        querystring: noQuery,
        response: { 200: rolloutSchema, ...readProblems },
      },
    },
    async (request) => {
      const head = await heads.current()
      const { name } = request.params
      const view = await rolloutView(deps.store, head, name)
      if (view === undefined) throw notFound(head, name)
      return view
    },
  )

  moveRoute(api, context, 'advance')
  moveRoute(api, context, 'abort')
}

const moves = {
  advance: {
    summary: 'The next stage goes out now, whatever its checks say; after the last the change is done',
    description: 'A person’s word instead of the gate. Floors and losses are reviewed as in every change.',
  },
  abort: {
    summary: 'Everything goes back to what it was before, at once',
    description: 'Never refused for what it takes away: it is what stood. The plan holds the floor while it goes.',
  },
} as const

function moveRoute(api: Api, context: ApiContext, move: keyof typeof moves): void {
  api.post(
    `/v1/rollouts/:name/${move}`,
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        ...moves[move],
        params,
        querystring: writeQuerySchema,
        body: z.strictObject(writeFields),
        response: writeResponses,
      },
    },
    async (request, reply) => {
      const { name } = request.params
      const head = await context.heads.current()
      if (!head.documents.has(documentKey({ kind: 'Rollout', name }))) throw await notRunning(context, head, name)
      const { reason, force } = request.body
      return write(context, request, reply, {
        edit: (documents) =>
          move === 'abort' ? rollBack(documents, name) : advanceRollout(documents, name, context.deps.clock()),
        command: `rollout ${move} ${name}`,
        reason,
        force,
        dryRun: request.query.dryRun,
      })
    },
  )
}

async function notRunning({ deps }: ApiContext, head: HeadState, name: string): Promise<ProblemError> {
  const ended = await rolloutView(deps.store, head, name)
  if (ended?.ended === undefined) return notFound(head, name)
  const { state, ended: end } = ended
  const how = {
    done: 'is done',
    'rolled-back': 'was rolled back already',
    replaced: 'was replaced',
    running: 'is ending',
  }[state]
  const next =
    state === 'rolled-back' ? 'nothing of it is out' : 'to take back what is out: herald undo, see herald history'
  return new ProblemError(409, 'rollout-ended', `${name} ${how} (revision ${end.revision}, ${end.author}); ${next}`)
}

function notFound({ documents }: HeadState, name: string): ProblemError {
  const names = [...documents.keys()].flatMap((key) =>
    key.startsWith('Rollout/') ? [key.slice('Rollout/'.length)] : [],
  )
  const running = names.length === 0 ? 'none runs' : `running: ${names.join(', ')}`
  return new ProblemError(
    404,
    'not-found',
    `there is no staged change "${name}"${didYouMean(name, names) || `; ${running}`}`,
  )
}
