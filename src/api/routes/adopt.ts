/** Adoption: what another program announces at a speaker becomes documents, and Herald's, with nothing changed outside. */
import { z } from 'zod'
import { heraldEpoch } from '../../bgp/mark.ts'
import { attributesOf } from '../../bgp/path.ts'
import type { Prefix } from '../../bgp/prefix.ts'
import type { Intent, Speaker } from '../../intent/model.ts'
import type { RibPath } from '../../speaker/speaker.ts'
import { type AdoptionEdit, type FoundPath, adoptPaths } from '../adoption.ts'
import type { Api, ApiContext } from '../deps.ts'
import { judge } from '../heads.ts'
import { connectionTo, speakerOf } from '../live.ts'
import { ProblemError } from '../problem.ts'
import { writeFields, writeQuerySchema } from '../wire/change.ts'
import { prefixSchema } from '../wire/prefix.ts'
import { adoptionSchema } from '../wire/speaker.ts'
import { readProblems, write } from '../write.ts'

/** A whole RIB of 100,000 paths takes a second or two. */
const readDeadlineMs = 30_000

export function adoptRoutes(api: Api, context: ApiContext): void {
  api.post(
    '/v1/speakers/:speaker/adopt',
    {
      config: { role: 'admin' },
      schema: {
        tags: ['speakers'],
        summary: 'Take over foreign paths of a speaker, with no effect for neighbors',
        description: 'What documents cannot say, or what would change something outside, is left alone and named.',
        params: z.object({ speaker: z.string() }),
        querystring: writeQuerySchema,
        body: z
          .strictObject({
            prefixes: z.array(prefixSchema).min(1).optional(),
            all: z.literal(true).optional(),
            ...writeFields,
          })
          .refine(({ prefixes, all }) => (prefixes === undefined) !== (all === undefined), {
            message: 'name prefixes, or say all: true',
          }),
        response: { 200: adoptionSchema, 202: adoptionSchema, ...readProblems },
      },
    },
    async (request, reply) => {
      const { prefixes, reason, force } = request.body
      const { intent, epoch } = await context.heads.current()
      const speaker = speakerOf(intent, request.params.speaker)
      const found = await foreignPaths(context, intent, speaker, prefixes)
      const moment = { epoch, nowMs: context.deps.clock() }
      let outcome: AdoptionEdit = { changes: [], adopted: [], left: [] }
      const change = await write(context, request, reply, {
        edit: (documents) => {
          outcome = adoptPaths(documents, judge(documents, 0).intent, speaker, found, moment)
          return { ok: true, changes: outcome.changes, named: [] }
        },
        command: `adopt ${speaker.id} ${prefixes?.join(' ') ?? '--all'}`,
        reason,
        force,
        dryRun: request.query.dryRun,
      })
      return { ...change, adopted: [...outcome.adopted], left: outcome.left.map((one) => ({ ...one })) }
    },
  )
}

/** Local paths without Herald's mark, one a prefix. Fails where a prefix that was named has none. */
async function foreignPaths(
  { deps, closing }: ApiContext,
  { network }: Intent,
  speaker: Speaker,
  prefixes: readonly Prefix[] | undefined,
): Promise<readonly FoundPath[]> {
  if (network === undefined)
    throw new ProblemError(409, 'no-network', 'apply a Network document first: it names our AS')
  const rib = await connectionTo(deps, speaker).rib(prefixes ?? 'all', { deadlineMs: readDeadlineMs, signal: closing })
  const foreign = new Map<Prefix, FoundPath>()
  for (const path of rib.filter(isLocal)) {
    const attributes = attributesOf(path.attributes)
    if (heraldEpoch(network.asn, attributes.largeCommunities) !== undefined) continue
    if (path.best || !foreign.has(path.prefix)) foreign.set(path.prefix, { prefix: path.prefix, attributes })
  }
  const missing = (prefixes ?? []).filter((prefix) => !foreign.has(prefix))
  if (missing.length > 0)
    throw new ProblemError(404, 'not-found', `${speaker.id} has no foreign local path of ${missing.join(', ')}`)
  return [...foreign.values()].toSorted((a, b) => a.prefix.localeCompare(b.prefix, 'en', { numeric: true }))
}

function isLocal({ learnedFrom }: RibPath): boolean {
  return learnedFrom === undefined
}
