/** `explain`: why a prefix is where it is. */
import type { Command } from 'commander'
import type { ExplanationView } from '../api/wire/explanation.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { print } from './output.ts'

export function registerExplain(program: Command, cli: CliContext): void {
  program
    .command('explain <prefix> [pop]')
    .description(
      'why a prefix, or the one that an address lies in, is announced where it is, what holds it, what would release it',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  herald explain 203.0.113.0/24\n  herald explain 203.0.113.0/24 fra -o json\n  herald explain 203.0.113.53',
    )
    .action(async (prefix: string, pop: string | undefined, _options: unknown, command: Command) => {
      const explanation = await withApi(cli, command, (api) =>
        api.request<ExplanationView>({ path: '/v1/explain', query: { prefix, pop } }),
      )
      print(cli.terminal, outputOf(command), {
        data: explanation,
        table: () => explanation.sentences.join('\n'),
        names: () => explanation.sites.map(({ speaker }) => speaker),
      })
    })
}
