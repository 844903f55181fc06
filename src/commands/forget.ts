/** `forget`: give up a speaker that is gone for good, and with it what it may still announce. */
import type { Command } from 'commander'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { print } from './output.ts'

export function registerForget(program: Command, cli: CliContext): void {
  program
    .command('forget <speaker>')
    .description('give up a speaker whose document is gone and whose daemon never answers again')
    .option('-r, --reason <text>', 'why; goes into the events')
    .addHelpText('after', '\nExample:\n  herald forget fra1 --reason "the site was closed"')
    .action(async (speaker: string, options: { readonly reason?: string }, command: Command) => {
      const reason = options.reason ?? ''
      if (reason.trim() === '') throw usageError('every change has a reason; say why with --reason')
      const path = `/v1/speakers/${encodeURIComponent(speaker)}/forget`
      const forgotten = await withApi(cli, command, (api) =>
        api.request<{ readonly speaker: string }>({ method: 'POST', path, body: { reason } }),
      )
      print(cli.terminal, outputOf(command), {
        data: forgotten,
        table: () => `${forgotten.speaker} is forgotten`,
        names: () => [forgotten.speaker],
      })
    })
}
