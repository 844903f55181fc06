/** `learner`: which path is in use where, what each costs, and what was decided lately, in sentences. */
import type { Command } from 'commander'
import type { LearnerView } from '../api/wire/learner.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { print } from './output.ts'
import { renderTable } from './table.ts'

const decisionsShown = 20

export function registerLearner(program: Command, cli: CliContext): void {
  program
    .command('learner')
    .description('the path learner: paths with their costs, and its latest decisions')
    .addHelpText('after', '\nExamples:\n  herald learner\n  herald learner -o json')
    .action(async (_options: unknown, command: Command) => {
      const learner = await withApi(cli, command, (api) => api.request<LearnerView>({ path: '/v1/learner' }))
      print(cli.terminal, outputOf(command), {
        data: learner,
        table: () => learnerText(learner),
        names: () => learner.places.map(({ group, pop }) => `${group}/${pop}`),
      })
    })
}

function learnerText({ places, decisions }: LearnerView): string {
  if (places.length === 0)
    return 'Nothing is learned yet: it takes a PathGroup whose paths have Checks, and agents that probe them.'
  const rows = places.flatMap(({ group, pop, mode, chosen, paths }) =>
    paths.map(({ path, costMs, batches }) => [
      group,
      pop,
      mode,
      path === chosen ? `${path} *` : path,
      costMs === undefined ? '-' : `${costMs.toFixed(1)} ms`,
      String(batches),
    ]),
  )
  const said = decisions
    .slice(0, decisionsShown)
    .map(
      ({ at, applied, kind, sentence }) =>
        `${at} ${kind === 'held' ? 'held' : applied ? 'moved' : 'shadow'}: ${sentence}`,
    )
  return [renderTable(['GROUP', 'POP', 'MODE', 'PATH', 'COST', 'BATCHES'], rows), ...said].join('\n')
}
