/** `show catchment|collector|seen`: what others see of us: vantage points, and vantage routers. */
import type { Command } from 'commander'
import type { CatchmentView } from '../api/wire/catchment.ts'
import type { CollectorListView, SeenListView } from '../api/wire/collector.ts'
import { catchmentText } from './catchment-text.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { print } from './output.ts'
import { collectorsText, seenText } from './seen-text.ts'

export function registerShowOutside(show: Command, cli: CliContext): void {
  show
    .command('catchment [prefix]')
    .description('which POP answers each vantage point, and since when')
    .addHelpText('after', '\nExamples:\n  herald show catchment\n  herald show catchment 203.0.113.0/24 -o json')
    .action(async (prefix: string | undefined, _options: unknown, command: Command) => {
      const view = await withApi(cli, command, (api) =>
        api.request<CatchmentView>({ path: '/v1/catchment', query: { prefix } }),
      )
      print(cli.terminal, outputOf(command), {
        data: view,
        table: () => catchmentText(cli.terminal, view, Date.now()),
        names: () => view.prefixes.flatMap((one) => one.shares.map(({ pop }) => pop)),
      })
    })

  show
    .command('collector')
    .alias('collectors')
    .description('vantage routers: whether they can tell, and how much of ours they see')
    .addHelpText('after', '\nExample:\n  herald show collector')
    .action(async (_options: unknown, command: Command) => {
      const { collectors } = await withApi(cli, command, (api) =>
        api.request<CollectorListView>({ path: '/v1/collectors' }),
      )
      print(cli.terminal, outputOf(command), {
        data: collectors,
        table: () => collectorsText(cli.terminal, collectors),
        names: () => collectors.map(({ id }) => id),
      })
    })

  show
    .command('seen [prefix]')
    .description('prefixes of our space as vantage routers see them, and by which origin AS')
    .option('--collector <name>', 'by this one only')
    .addHelpText('after', '\nExamples:\n  herald show seen\n  herald show seen 203.0.113.0/24 -o json')
    .action(async (prefix: string | undefined, options: { readonly collector?: string }, command: Command) => {
      const query = { prefix, collector: options.collector }
      const view = await withApi(cli, command, (api) => api.request<SeenListView>({ path: '/v1/seen', query }))
      print(cli.terminal, outputOf(command), {
        data: view.prefixes,
        table: () => seenText(cli.terminal, view, Date.now()),
        names: () => view.prefixes.map((one) => one.prefix),
      })
    })
}
