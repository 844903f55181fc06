/** `prefer`: by hand, the path of a group that a POP takes, or the POP where the ASes of a group enter. */
import { type Command, Option } from 'commander'
import { type CliContext, usageError } from './cli-context.ts'
import { parseDuration } from './duration.ts'
import { addWriteOptions, runWrite } from './write.ts'

interface PreferOptions {
  readonly at?: string
  readonly path?: string
  readonly enter?: string
  readonly none?: boolean
  readonly for?: number
}

export function registerPrefer(program: Command, cli: CliContext): void {
  const prefer = program
    .command('prefer <group>')
    .description('the path that a POP takes (--at, --path), or the POP where the ASes of an EntryGroup enter (--enter)')
    .option('--at <pop>', 'PathGroup: the POP')
    .option('--path <name>', 'PathGroup: name of the path')
    .addOption(new Option('--enter <pop>', 'EntryGroup: the POP').conflicts(['at', 'path']))
    .addOption(
      new Option('--none', 'nothing: the learner, or BGP by itself, chooses again').conflicts(['path', 'enter']),
    )
    .addOption(
      new Option('--for <duration>', 'ends by itself after, such as 2h').argParser(parseDuration).conflicts('none'),
    )
  addWriteOptions(prefer)
    .addHelpText(
      'after',
      `
Examples:
  herald prefer origin-fra --at sin --path bb2 --for 4h --reason "bb1 is congested"
  herald prefer origin-fra --at sin --none --reason "bb1 has room again"
  herald prefer t1-eu --enter ams --for 4h --reason "fra is full"
  herald prefer t1-eu --none --reason "fra has room again"`,
    )
    .action(async (group: string, options: PreferOptions, command: Command) => {
      const { at, path, enter, none, for: forSeconds } = options
      if (at === undefined) {
        if (path !== undefined) throw usageError('say at which POP, with --at')
        if (enter === undefined && none !== true)
          throw usageError('say which path, with --at and --path, which entry, with --enter, or --none')
        await runWrite(cli, command, {
          method: 'POST',
          path: '/v1/entry-preferences',
          body: { group, pop: enter ?? null, ...(forSeconds !== undefined && { forSeconds }) },
        })
        return
      }
      if (path === undefined && none !== true) throw usageError('say which path, with --path, or --none')
      await runWrite(cli, command, {
        method: 'POST',
        path: '/v1/preferences',
        body: { group, pop: at, path: path ?? null, ...(forSeconds !== undefined && { forSeconds }) },
      })
    })
}
