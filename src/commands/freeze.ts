/** `freeze` and `unfreeze`: stop all automation, and let it go on. */
import { type Command, Option } from 'commander'
import type { CliContext } from './cli-context.ts'
import { parseDuration } from './duration.ts'
import { addWriteOptions, runWrite } from './write.ts'

export function registerFreeze(program: Command, cli: CliContext): void {
  addWriteOptions(
    program
      .command('freeze')
      .description('stop all automation: no repairs, nothing expires; what people change still passes')
      .addOption(new Option('--for <duration>', 'ends by itself after, such as 2h').argParser(parseDuration)),
  )
    .addHelpText('after', '\nExample:\n  herald freeze --for 1h --reason "something is odd in Asia"')
    .action(async (options: { readonly for?: number }, command: Command) => {
      const body = options.for === undefined ? {} : { forSeconds: options.for }
      await runWrite(cli, command, { method: 'POST', path: '/v1/freeze', body })
    })

  addWriteOptions(program.command('unfreeze').description('let automation go on'))
    .addHelpText('after', '\nExample:\n  herald unfreeze --reason "understood"')
    .action(async (_options: unknown, command: Command) => {
      await runWrite(cli, command, { method: 'POST', path: '/v1/unfreeze', body: {} })
    })
}
