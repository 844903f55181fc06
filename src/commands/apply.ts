/** `apply`: make documents as manifests say, all or nothing. */
import { type Command, Option } from 'commander'
import { parseList } from './attribute-options.ts'
import { type CliContext, withApi } from './cli-context.ts'
import { judgedBy, loadManifests, withPlaces } from './manifest-files.ts'
import { type StageOptions, addStageOptions, stagedFrom } from './stage-options.ts'
import { addWriteOptions, writeWith } from './write.ts'

interface ApplyOptions extends StageOptions {
  readonly file: readonly string[]
  readonly prune?: boolean
}

/** A large set is checked and planned as a whole. */
export function registerApply(program: Command, cli: CliContext): void {
  const apply = addWriteOptions(
    program
      .command('apply')
      .description('create or replace documents from manifests, all or nothing')
      .addOption(
        new Option('-f, --file <paths>', 'files, folders, or - for stdin').argParser(parseList).makeOptionMandatory(),
      )
      .option('--prune', 'also delete documents of these kinds that the manifests do not have (needs admin)'),
  )
  addStageOptions(apply)
    .addHelpText(
      'after',
      `
Examples:
  herald apply -f network/ --reason "new POP" --wait
  herald get -o yaml | herald apply -f - --dry-run
  herald apply -f network/ --prune --reason "the repository is the truth"`,
    )
    .action(async (options: ApplyOptions, command: Command) => {
      await withApi(cli, command, async (api) => {
        const manifests = await loadManifests(options.file, cli.terminal, judgedBy(api))
        await withPlaces(manifests, () =>
          writeWith(cli, command, api, {
            method: 'POST',
            path: '/v1/apply',
            body: { documents: manifests.documents, ...(options.prune && { prune: true }), ...stagedFrom(options) },
          }),
        )
      })
    })
}
