/** From a request that writes to a change, and from its outcome to an answer; the same for every verb. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { authorOf, requireAdmin } from './access.ts'
import { type ChangeRequest, makeChange } from './change.ts'
import { stagedWords } from './command-text.ts'
import type { ApiContext } from './deps.ts'
import { ProblemError } from './problem.ts'
import { type ChangeView, changeSchema } from './wire/change.ts'
import { problemSchema } from './wire/problem.ts'
import type { StagedWish } from './wire/rollout.ts'

export interface WriteOptions {
  readonly edit: ChangeRequest['edit']
  readonly command: string
  readonly reason: string
  readonly force: boolean | 'true' | 'false' | undefined
  readonly dryRun: 'true' | 'false' | undefined
  /** Name of the overlay that it makes. */
  readonly id?: string
  readonly staged?: StagedWish | undefined
  /** Undo and restore. */
  readonly wayBack?: true
}

/** 202 for what was committed and is on its way, 200 for what changed nothing or was a dry run. */
export async function write(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { edit, command, reason, force, dryRun, id, staged, wayBack }: WriteOptions,
): Promise<ChangeView> {
  const forced = force === true || force === 'true'
  if (forced && dryRun !== 'true') requireAdmin(request.principal, 'force')
  const expected = ifMatch(request)
  const view = await makeChange(context, {
    edit,
    command: staged === undefined ? command : [command, ...stagedWords(staged)].join(' '),
    reason,
    force: forced,
    dryRun: dryRun === 'true',
    author: authorOf(request),
    ...(expected !== undefined && { expected }),
    ...(staged !== undefined && { staged }),
    ...(wayBack !== undefined && { wayBack }),
  })
  void reply.code(view.status === 'accepted' ? 202 : 200).header('etag', etag(view.revision))
  if (view.proof !== undefined) void reply.header('location', view.proof)
  const made = id ?? view.staged?.rollout
  return made === undefined || view.status === 'unchanged' ? view : { ...view, id: made }
}

export function etag(revision: number): string {
  return `"${revision}"`
}

/** The revision in If-Match; undefined where there is none or any will do. */
export function ifMatch(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match']?.trim()
  if (header === undefined || header === '*') return undefined
  const digits = /^"?(\d{1,15})"?$/.exec(header)?.[1]
  if (digits === undefined)
    throw new ProblemError(
      400,
      'invalid-request',
      `If-Match: "${header}" is not a revision; send the ETag, such as "12"`,
    )
  return Number(digits)
}

export const problemResponse = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: problemSchema } },
}

export const writeResponses = { 200: changeSchema, 202: changeSchema, '4xx': problemResponse, '5xx': problemResponse }

export const readProblems = { '4xx': problemResponse, '5xx': problemResponse }
