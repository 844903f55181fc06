/**
 * Routes, from all four sides: what intent wants, what was decided, what the RIB was last read to hold and, on request,
 * what the daemon says this moment, down to what each neighbor is sent.
 */
import { z } from 'zod'
import type { Prefix } from '../../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../../intent/compile.ts'
import { compileSteering } from '../../intent/compile/steering.ts'
import type { Intent, Neighbor, Speaker, SpeakerId } from '../../intent/model.ts'
import type { FleetState } from '../../plan/fleet-state.ts'
import type { CallOptions, Speaker as Connection } from '../../speaker/speaker.ts'
import type { Api, ApiContext, ApiDeps } from '../deps.ts'
import { connectionTo, liveDeadlineMs, speakerOf } from '../live.ts'
import { attributesView } from '../plan-view.ts'
import { prefixMeant } from '../prefix-meant.ts'
import { ProblemError } from '../problem.ts'
import { readFleet } from '../snapshot.ts'
import { flagSchema } from '../wire/change.ts'
import { prefixOrAddressSchema } from '../wire/prefix.ts'
import { type RouteView, routeListSchema } from '../wire/speaker.ts'
import { readProblems } from '../write.ts'

const shownAtMost = 5000

export function routeRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/v1/routes',
    {
      schema: {
        tags: ['speakers'],
        summary: 'Routes of a prefix, of a speaker, or both',
        description:
          '`live=true` also reads RIB and adj-out from the daemons; it needs a prefix. Of an address: the prefix that it lies in.',
        querystring: z.strictObject({
          prefix: prefixOrAddressSchema.optional(),
          speaker: z.string().min(1).optional(),
          live: flagSchema.optional(),
        }),
        response: { 200: routeListSchema, ...readProblems },
      },
    },
    async (request) => {
      const { prefix: asked, speaker, live } = request.query
      if (asked === undefined && (speaker === undefined || live === 'true'))
        throw new ProblemError(
          400,
          'invalid-request',
          'name a prefix, or a speaker; what daemons have (live=true) is asked about one prefix',
        )
      const { intent, epoch } = await context.heads.current()
      const prefix = asked === undefined ? undefined : prefixMeant(intent, asked)
      const moment: Moment = { epoch, nowMs: context.deps.clock() }
      const only = speaker === undefined ? undefined : speakerOf(intent, speaker)
      const fleet = await readFleet(context.deps.store, intent, prefix === undefined ? 'all' : [prefix], 0)
      const routes = routesOf(intent, moment, fleet, prefix === undefined ? everyPrefix(intent, fleet) : [prefix], only)
      const shown = routes.slice(0, shownAtMost)
      return {
        routes: live === 'true' ? await Promise.all(shown.map((route) => withLive(context, intent, route))) : shown,
        truncated: routes.length > shown.length,
      }
    },
  )
}

function everyPrefix(intent: Intent, fleet: { readonly prefixes: Iterable<Prefix> }): readonly Prefix[] {
  return [...new Set([...intent.prefixes.keys(), ...fleet.prefixes])]
}

function routesOf(
  intent: Intent,
  moment: Moment,
  fleet: FleetState,
  prefixes: readonly Prefix[],
  only: Speaker | undefined,
): RouteView[] {
  const routes: RouteView[] = []
  for (const prefix of prefixes) {
    const sites = compilePrefix(intent, prefix, moment)?.sites
    const steered = new Map(compileSteering(intent, prefix, moment.nowMs).map((one) => [one.speaker, one]))
    const speakers = new Set([...(sites?.keys() ?? []), ...steered.keys(), ...fleet.siteSpeakers(prefix)])
    for (const speaker of [...speakers].sort()) {
      if (only !== undefined && only.id !== speaker) continue
      const site = sites?.get(speaker)
      const because = (site ?? steered.get(speaker))?.because
      const wanted =
        because === undefined ? undefined : { because, ...(site && { attributes: attributesView(site.attributes) }) }
      routes.push({ ...routeView(intent, fleet, prefix, speaker), intent: wanted })
    }
  }
  return routes
}

function routeView(intent: Intent, fleet: FleetState, prefix: Prefix, speaker: SpeakerId): RouteView {
  const state = fleet.speaker(speaker)
  const standing = fleet.target(speaker, prefix)
  const observed = fleet.observed(speaker, prefix)
  return {
    prefix,
    speaker,
    pop: intent.speakers.get(speaker)?.pop ?? '',
    reach: state?.reach ?? 'unknown',
    target: standing && {
      kind: standing.target.kind,
      revision: standing.target.revision,
      generation: standing.generation,
      applied: standing.generation <= (state?.applied ?? 0),
      ...(standing.target.kind === 'announce' && { attributes: attributesView(standing.target.attributes) }),
    },
    observed: observed && { owner: observed.owner, attributes: attributesView(observed.attributes) },
    refused: fleet.refused(speaker, prefix),
    unproved: fleet.unproved(speaker, prefix),
  }
}

async function withLive({ deps, closing }: ApiContext, intent: Intent, route: RouteView): Promise<RouteView> {
  const speaker = intent.speakers.get(route.speaker as SpeakerId)
  if (speaker === undefined) return { ...route, problem: 'no Speaker document names it any more' }
  try {
    return { ...route, ...(await readLive(deps, closing, intent, speaker, route.prefix as Prefix)) }
  } catch (error) {
    return { ...route, problem: error instanceof Error ? error.message : String(error) }
  }
}

async function readLive(
  deps: ApiDeps,
  signal: AbortSignal,
  intent: Intent,
  speaker: Speaker,
  prefix: Prefix,
): Promise<Pick<RouteView, 'rib' | 'adjOut'>> {
  const connection = connectionTo(deps, speaker)
  const options = { deadlineMs: liveDeadlineMs, signal }
  const neighbors = [...intent.neighbors.values()].filter(({ speaker: of }) => of === speaker.id)
  const [rib, adjOut] = await Promise.all([
    connection.rib([prefix], options),
    Promise.all(neighbors.map((neighbor) => sentTo(connection, neighbor, prefix, options))),
  ])
  const nowSeconds = Math.floor(deps.clock() / 1000)
  return {
    rib: rib.map(({ best, identifier, learnedFrom, sinceSeconds, attributes }) => ({
      best,
      identifier,
      learnedFrom,
      ageSeconds: Math.max(0, nowSeconds - sinceSeconds),
      attributes: attributesView(attributes),
    })),
    adjOut,
  }
}

/** A neighbor that cannot be read does not hide the others. */
async function sentTo(
  connection: Connection,
  { id, address }: Neighbor,
  prefix: Prefix,
  options: CallOptions,
): Promise<NonNullable<RouteView['adjOut']>[number]> {
  try {
    const [sent] = await connection.adjOut(address, [prefix], options)
    return { neighbor: id, address, ...(sent !== undefined && { attributes: attributesView(sent.attributes) }) }
  } catch (error) {
    return { neighbor: id, address, problem: error instanceof Error ? error.message : String(error) }
  }
}
