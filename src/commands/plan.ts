/** `plan` and `diff`: what would happen, without making it happen. */
import { type Command, Option } from 'commander'
import { stringify } from 'yaml'
import type { ChangeView, DocumentDiff } from '../api/wire/change.ts'
import type { PlanView } from '../api/wire/plan.ts'
import { parseList } from './attribute-options.ts'
import type { ApiClient } from './client.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { CommandError, Quit, exitCode } from './exit-code.ts'
import { diffLines } from './line-diff.ts'
import { judgedBy, loadManifests, withPlaces } from './manifest-files.ts'
import { print } from './output.ts'
import { changeText, planText } from './plan-text.ts'
import { type Terminal, paint } from './terminal.ts'

interface PlanOptions {
  readonly file?: readonly string[]
  readonly prune?: boolean
  readonly detailedExitcode?: boolean
}

export function registerPlan(program: Command, cli: CliContext): void {
  withFiles(program.command('plan').description('what the planner would do: now, or if manifests were applied'))
    .argument('[prefix]', 'this prefix only')
    .option('--detailed-exitcode', 'exit 0 nothing to do, 2 something to do, 1 error')
    .addHelpText('after', '\nExamples:\n  herald plan\n  herald plan -f network/ --detailed-exitcode')
    .action(async (prefix: string | undefined, options: PlanOptions, command: Command) => {
      const something = await withApi(cli, command, (api) =>
        options.file === undefined
          ? showPlan(cli, command, api, prefix)
          : showDryRun(cli, command, api, options.file, options.prune),
      ).catch((error: unknown) => {
        // terraform's codes: an error must not look like changes
        if (error instanceof CommandError && error.code === exitCode.usage && options.detailedExitcode === true)
          throw new CommandError(exitCode.refused, error.message, error.details)
        throw error
      })
      if (something && options.detailedExitcode === true) throw new Quit(2)
    })

  withFiles(
    program
      .command('diff')
      .description('what manifests would change in the documents; exits 0 same, 1 different, >1 error'),
  )
    .addHelpText('after', '\nExample:\n  herald diff -f network/ || herald apply -f network/ --reason "as in git"')
    .action(async (options: PlanOptions, command: Command) => {
      if (options.file === undefined) throw new CommandError(exitCode.usage, 'name the manifests: -f <paths>')
      const change = await withApi(cli, command, (api) =>
        dryRun(cli, api, options.file ?? [], { prune: options.prune, force: true }),
      ).catch((error: unknown) => {
        if (!(error instanceof CommandError) || error.code > exitCode.refused) throw error
        throw new CommandError(exitCode.usage, error.message, error.details)
      })
      print(cli.terminal, outputOf(command), {
        data: change.changes,
        table: () => diffText(cli.terminal, change.changes),
        names: () => change.changes.map(({ document }) => document),
      })
      const guards = change.overridden.join(', ')
      if (guards !== '') cli.terminal.err(`As it is, it would be refused (${guards}); herald plan -f says why.`)
      if (change.changes.length > 0) throw new Quit(exitCode.refused)
    })
}

function withFiles(command: Command): Command {
  return command
    .addOption(new Option('-f, --file <paths>', 'files, folders, or - for stdin').argParser(parseList))
    .option('--prune', 'as if documents that the manifests do not have were deleted')
}

async function showPlan(
  cli: CliContext,
  command: Command,
  api: ApiClient,
  prefix: string | undefined,
): Promise<boolean> {
  const plan = await api.request<PlanView>({ path: '/v1/plan', query: { prefix } })
  print(cli.terminal, outputOf(command), {
    data: plan,
    table: () => planText(cli.terminal, plan),
    names: () => [...new Set(plan.actions.map((action) => action.prefix))],
  })
  return plan.actions.length > 0
}

async function showDryRun(
  cli: CliContext,
  command: Command,
  api: ApiClient,
  files: readonly string[],
  prune: boolean | undefined,
): Promise<boolean> {
  const change = await dryRun(cli, api, files, { prune })
  print(cli.terminal, outputOf(command), {
    data: change,
    table: () => changeText(cli.terminal, change),
    names: () => change.changes.map(({ document }) => document),
  })
  return change.changes.length > 0 || change.plan.actions.length > 0
}

async function dryRun(
  cli: CliContext,
  api: ApiClient,
  files: readonly string[],
  { prune, force }: { readonly prune: boolean | undefined; readonly force?: boolean },
): Promise<ChangeView> {
  const manifests = await loadManifests(files, cli.terminal, judgedBy(api))
  const body = { documents: manifests.documents, ...(prune && { prune }), ...(force && { force }) }
  return withPlaces(manifests, () => api.request<ChangeView>({ method: 'POST', path: '/v1/plan', body }))
}

function diffText(terminal: Terminal, changes: readonly DocumentDiff[]): string {
  return changes
    .map(({ document, before, after }) => {
      const lines = diffLines(yamlLines(before), yamlLines(after)).map(({ sign, line }) =>
        paint(terminal, sign === '+' ? 'green' : sign === '-' ? 'red' : 'dim', `${sign} ${line}`),
      )
      return [paint(terminal, 'bold', document), ...lines].join('\n')
    })
    .join('\n\n')
}

function yamlLines(spec: unknown): readonly string[] {
  return spec === undefined ? [] : stringify(spec, { sortMapEntries: true }).trimEnd().split('\n')
}
