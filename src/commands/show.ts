/** `show route|neighbor|speaker`: what daemons say, in the columns that gobgp and birdc print. */
import type { Command } from 'commander'
import type {
  NeighborListView,
  NeighborView,
  RouteListView,
  RouteView,
  SpeakerListView,
  SpeakerView,
} from '../api/wire/speaker.ts'
import type { SeenListView } from '../api/wire/collector.ts'
import type { ApiClient } from './client.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { formatDuration } from './duration.ts'
import { print } from './output.ts'
import { routesText } from './route-text.ts'
import { sightsText } from './seen-text.ts'
import { registerShowOutside } from './show-outside.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

export function registerShow(program: Command, cli: CliContext): void {
  const show = program
    .command('show')
    .description('what the daemons have, and what is seen from outside: routes, neighbors, speakers, catchment')

  show
    .command('route [prefix]')
    .alias('routes')
    .description(
      'RIB and adj-out of a prefix, live from the daemons; with --speaker alone, what that one was last read to hold',
    )
    .option('--speaker <name>', 'at this speaker only')
    .addHelpText('after', '\nExamples:\n  herald show route 203.0.113.0/24\n  herald show route --speaker fra1')
    .action(async (prefix: string | undefined, options: { readonly speaker?: string }, command: Command) => {
      if (prefix === undefined && options.speaker === undefined)
        throw usageError('name a prefix, or a speaker with --speaker')
      const query = { prefix, speaker: options.speaker, ...(prefix !== undefined && { live: true }) }
      const { routes, truncated, seen } = await withApi(cli, command, async (api) => {
        const list = await api.request<RouteListView>({ path: '/v1/routes', query })
        const one = prefix === undefined ? undefined : list.routes[0]?.prefix
        const sight = { path: '/v1/seen', query: { prefix: one } }
        return { ...list, seen: one === undefined ? undefined : await api.request<SeenListView>(sight) }
      })
      const sights = (seen?.prefixes ?? []).filter(({ collectors }) => collectors.length > 0)
      print(cli.terminal, outputOf(command), {
        data: routes,
        table: () =>
          [
            routesText(routes) + (truncated ? '\n… and more; name a prefix' : ''),
            ...sights.map((one) => `\nseen from outside\n${sightsText(cli.terminal, one)}`),
          ].join('\n'),
        names: () => [...new Set(routes.map((route: RouteView) => route.prefix))],
      })
    })

  show
    .command('neighbor [speaker]')
    .alias('neighbors')
    .description('neighbors of a speaker, live; without one, of all, as last seen')
    .addHelpText('after', '\nExamples:\n  herald show neighbor fra1\n  herald show neighbor')
    .action(async (speaker: string | undefined, _options: unknown, command: Command) => {
      const lists = await withApi(cli, command, (api) => neighborLists(api, speaker))
      print(cli.terminal, outputOf(command), {
        data: lists,
        table: () => neighborsText(cli.terminal, lists),
        names: () => lists.flatMap(({ neighbors }) => neighbors.map(({ id, address }) => id ?? address)),
      })
    })

  show
    .command('speaker [name]')
    .alias('speakers')
    .description('speakers: reach, API, what is on its way')
    .addHelpText('after', '\nExamples:\n  herald show speaker\n  herald show speaker fra1 -o yaml')
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const speakers = await withApi(cli, command, async (api) =>
        name === undefined
          ? (await api.request<SpeakerListView>({ path: '/v1/speakers' })).speakers
          : [await api.request<SpeakerView>({ path: `/v1/speakers/${encodeURIComponent(name)}` })],
      )
      print(cli.terminal, outputOf(command), {
        data: name === undefined ? speakers : speakers[0],
        table: () => speakersText(cli.terminal, speakers),
        names: () => speakers.map(({ id }) => id),
      })
    })

  registerShowOutside(show, cli)
}

async function neighborLists(api: ApiClient, speaker: string | undefined): Promise<readonly NeighborListView[]> {
  const of = (id: string, live: boolean) =>
    api.request<NeighborListView>({ path: `/v1/speakers/${encodeURIComponent(id)}/neighbors`, query: { live } })
  if (speaker !== undefined) return [await of(speaker, true)]
  const { speakers } = await api.request<SpeakerListView>({ path: '/v1/speakers' })
  const lists: NeighborListView[] = []
  for (const { id } of speakers) lists.push(await of(id, false))
  return lists
}

function neighborsText(terminal: Terminal, lists: readonly NeighborListView[]): string {
  const rows = lists.flatMap(({ speaker, neighbors }) =>
    neighbors.map((neighbor) => [
      speaker,
      neighbor.id ?? '(no document)',
      neighbor.address,
      String(neighbor.asn),
      neighbor.kind ?? '',
      stateText(terminal, neighbor),
      neighbor.uptimeSeconds === undefined ? '' : formatDuration(neighbor.uptimeSeconds),
      String(neighbor.received ?? ''),
      String(neighbor.accepted ?? ''),
      String(neighbor.losses ?? ''),
      neighbor.bfd ?? '',
    ]),
  )
  const headers = [
    'SPEAKER',
    'NEIGHBOR',
    'ADDRESS',
    'AS',
    'KIND',
    'STATE',
    'UP',
    'RECEIVED',
    'ACCEPTED',
    'LOST IN 10m',
    'BFD',
  ]
  return rows.length === 0 ? 'No neighbors.' : renderTable(headers, rows)
}

function stateText(terminal: Terminal, { state, adminDown, prefixLimit, shutBy }: NeighborView): string {
  const byWhom = shutBy === undefined ? 'admin down, not by Herald' : `shut by ${shutBy}`
  const awaited = shutBy === undefined || state === 'established' ? '' : ` (was shut by ${shutBy}, awaited)`
  const why = adminDown === true ? ` (${byWhom})` : prefixLimit === true ? ' (prefix limit)' : awaited
  return paint(terminal, state === 'established' ? 'green' : 'yellow', `${state}${why}`)
}

function speakersText(terminal: Terminal, speakers: readonly SpeakerView[]): string {
  const rows = speakers.map((speaker) => [
    speaker.id,
    speaker.pop,
    speaker.endpoint,
    paint(terminal, speaker.reach === 'up' ? 'green' : 'yellow', speaker.reach),
    speaker.api ?? '',
    speaker.decided > speaker.applied ? `${speaker.applied} of ${speaker.decided}` : `${speaker.applied}`,
    `${speaker.neighbors.established}/${speaker.neighbors.of}`,
    String(speaker.foreign ?? ''),
    speaker.drifted === 0 ? '' : paint(terminal, 'yellow', String(speaker.drifted)),
    speaker.problem ?? '',
  ])
  const headers = [
    'SPEAKER',
    'POP',
    'ENDPOINT',
    'REACH',
    'API',
    'APPLIED',
    'NEIGHBORS',
    'FOREIGN',
    'DRIFTED',
    'PROBLEM',
  ]
  return rows.length === 0 ? 'No speakers.' : renderTable(headers, rows)
}
