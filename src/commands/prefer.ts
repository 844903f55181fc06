/** `prefer`: steer a POP over one path of a group, by hand. */
import { type Command, Option } from 'commander'
import { type CliContext, usageError } from './cli-context.ts'
import { parseDuration } from './duration.ts'
import { addWriteOptions, runWrite } from './write.ts'

interface PreferOptions {
  readonly at: string
  readonly path?: string
  readonly none?: boolean
  readonly for?: number
}

export function registerPrefer(program: Command, cli: CliContext): void {
  const prefer = program
    .command('prefer <group>')
    .description('which path of a group a POP takes to its destinations, while that path offers them')
    .requiredOption('--at <pop>', 'the POP')
    .option('--path <name>', 'name of the path')
    .addOption(new Option('--none', 'no path: the learner, or BGP by itself, chooses again').conflicts('path'))
    .addOption(
      new Option('--for <duration>', 'ends by itself after, such as 2h').argParser(parseDuration).conflicts('none'),
    )
  addWriteOptions(prefer)
    .addHelpText(
      'after',
      `
Examples:
  herald prefer origin-fra --at sin --path bb2 --for 4h --reason "bb1 is congested"
  herald prefer origin-fra --at sin --none --reason "bb1 has room again"`,
    )
    .action(async (group: string, options: PreferOptions, command: Command) => {
      const { at, path, none, for: forSeconds } = options
      if (path === undefined && none !== true) throw usageError('say which path, with --path, or --none')
      await runWrite(cli, command, {
        method: 'POST',
        path: '/v1/preferences',
        body: { group, pop: at, path: path ?? null, ...(forSeconds !== undefined && { forSeconds }) },
      })
    })
}
