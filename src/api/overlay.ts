/** What the routes of overlays share: names, how long one lasts, and how one ends. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { DocumentKey } from '../intent/document.ts'
import { clearOverride, undrain } from '../intent/edit.ts'
import type { ApiContext } from './deps.ts'
import { ProblemError } from './problem.ts'
import { type WriteOptions, write } from './write.ts'

const longestDays = 366
const howLong = `write a time from 1 second to ${longestDays} days`
export const forSeconds = z
  .number({ error: howLong })
  .int({ error: howLong })
  .min(1, { error: howLong })
  .max(longestDays * 86_400, { error: howLong })
  .optional()

export const overlayName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'write lower-case letters, digits and hyphens')
  .optional()

export const overlayPath = z.object({ id: z.string() })

export async function endOverlay(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: 'Drain' | 'Override',
  id: string,
  { reason, force, dryRun }: Pick<WriteOptions, 'reason'> & Partial<Pick<WriteOptions, 'force' | 'dryRun'>>,
) {
  const key: DocumentKey = `${kind}/${id}`
  const { documents, revision } = await context.heads.current()
  if (!documents.has(key)) throw new ProblemError(404, 'not-found', `there is no ${key} as of revision ${revision}`)
  const command = `${kind === 'Drain' ? 'undrain' : 'clear'} ${id}`
  return write(context, request, reply, {
    edit: (found) => (kind === 'Drain' ? undrain(found, { id }) : clearOverride(found, { id })),
    command,
    reason,
    force,
    dryRun,
  })
}

export function spanFrom({ deps }: ApiContext, seconds: number | undefined) {
  const startedAtMs = deps.clock()
  return { startedAtMs, ...(seconds !== undefined && { expiresAtMs: startedAtMs + seconds * 1000 }) }
}
