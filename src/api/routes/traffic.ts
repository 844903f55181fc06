/** Traffic: told by whoever measures it, held against capacities, and waited for by drains. */
import { z } from 'zod'
import type { NeighborId, PopId } from '../../intent/model.ts'
import type { TrafficFigure } from '../../health/traffic.ts'
import type { Api, ApiContext } from '../deps.ts'
import { ProblemError } from '../problem.ts'
import { isGroup, trafficView } from '../traffic-view.ts'
import { trafficSchema, trafficToldSchema } from '../wire/traffic.ts'
import { readProblems } from '../write.ts'

const noQuery = z.strictObject({})

export function trafficRoutes(api: Api, { deps, heads }: ApiContext): void {
  api.get(
    '/v1/traffic',
    {
      schema: {
        tags: ['automation'],
        summary: 'How much traffic POPs and neighbors have, as it was last told',
        querystring: noQuery,
        response: { 200: trafficSchema, ...readProblems },
      },
    },
    async () => {
      const [{ intent }, figures] = await Promise.all([heads.current(), deps.store.health.traffic()])
      return trafficView(intent, figures, deps.clock())
    },
  )

  api.post(
    '/v1/traffic',
    {
      config: { role: 'operator' },
      schema: {
        tags: ['automation'],
        summary: 'Tell how much traffic POPs (in the unit of their capacity), neighbors and groups (bit/s) have',
        description:
          'Automation moves no traffic to POPs and lines that could not carry it, and a drain waits until it is gone; without fresh figures it is unknown, which is not none.',
        querystring: noQuery,
        body: trafficToldSchema,
        response: {
          200: z.object({ pops: z.number().int(), neighbors: z.number().int(), groups: z.number().int() }),
          ...readProblems,
        },
      },
    },
    async ({ body }) => {
      const { intent } = await heads.current()
      const told = { pops: body.pops ?? {}, neighbors: body.neighbors ?? {}, groups: body.groups ?? {} }
      refuseUnknown('POP', Object.keys(told.pops), intent.pops)
      refuseUnknown('neighbor', Object.keys(told.neighbors), intent.neighbors)
      refuseUnknown('group', Object.keys(told.groups), { has: (name) => isGroup(intent, name) })
      for (const byPop of Object.values(told.groups)) refuseUnknown('POP', Object.keys(byPop), intent.pops)
      const atMs = deps.clock()
      const pops = figuresOf<PopId>(told.pops, atMs)
      const neighbors = figuresOf<NeighborId>(told.neighbors, atMs)
      const groups = groupFigures(told.groups, atMs)
      await deps.store.health.tellTraffic({ pops, neighbors, groups })
      return { pops: pops.size, neighbors: neighbors.size, groups: groups.size }
    },
  )
}

function refuseUnknown(what: string, names: readonly string[], known: { has(name: string): boolean }): void {
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length === 0) return
  const shown = unknown.slice(0, 5).map((name) => `"${name}"`)
  const more = unknown.length > shown.length ? ` and ${unknown.length - shown.length} more` : ''
  throw new ProblemError(
    422,
    `unknown-${what.toLowerCase()}`,
    `there is no ${what} ${shown.join(', ')}${more}; nothing was taken`,
  )
}

function groupFigures(
  told: Readonly<Record<string, Readonly<Record<string, number>>>>,
  atMs: number,
): Map<string, TrafficFigure> {
  const figures = new Map<string, TrafficFigure>()
  for (const [group, byPop] of Object.entries(told))
    for (const [pop, amount] of Object.entries(byPop)) figures.set(`${group}/${pop}`, { amount, atMs })
  return figures
}

function figuresOf<Id extends string>(told: Readonly<Record<string, number>>, atMs: number): Map<Id, TrafficFigure> {
  return new Map(Object.entries(told).map(([name, amount]) => [name as Id, { amount, atMs }]))
}
