/** `adopt`: take over what another program announces, without any effect for neighbors. */
import type { Command } from 'commander'
import type { AdoptionView } from '../api/wire/speaker.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { Quit, exitCode } from './exit-code.ts'
import { print } from './output.ts'
import { changeText } from './plan-text.ts'
import { type Terminal, paint } from './terminal.ts'
import { waitForProof } from './wait.ts'
import { type WriteOptions, addWriteOptions } from './write.ts'

export function registerAdopt(program: Command, cli: CliContext): void {
  addWriteOptions(
    program
      .command('adopt <speaker> [prefixes...]')
      .description('make documents of foreign paths in a speaker’s RIB and take them over, unchanged (needs admin)')
      .option('--all', 'every foreign local path'),
  )
    .addHelpText(
      'after',
      `
Examples:
  herald adopt fra-1 --all --dry-run
  herald adopt fra-1 203.0.113.0/24 --reason "from static configuration" --wait

What documents cannot say, or no Pool has, is left as it is and named.`,
    )
    .action(async (speaker: string, prefixes: readonly string[], _options: unknown, command: Command) => {
      await adopt(cli, command, speaker, prefixes)
    })
}

async function adopt(cli: CliContext, command: Command, speaker: string, prefixes: readonly string[]): Promise<void> {
  const options = command.opts<WriteOptions & { readonly all?: boolean }>()
  if ((prefixes.length === 0) === (options.all !== true)) throw usageError('name prefixes, or --all')
  const reason = options.reason ?? (options.dryRun === true ? 'dry run' : '')
  if (reason.trim() === '') throw usageError('every change has a reason; say why with --reason')
  const which = options.all === true ? { all: true } : { prefixes }
  const path = `/v1/speakers/${encodeURIComponent(speaker)}/adopt`
  await withApi(cli, command, async (api) => {
    const send = (dryRun: boolean): Promise<AdoptionView> =>
      api.request({
        method: 'POST',
        path,
        query: dryRun ? { dryRun } : {},
        body: { ...which, reason, ...(options.force && { force: true }) },
      })
    if (options.dryRun !== true && options.yes !== true && cli.terminal.interactive) {
      cli.terminal.err(adoptionText(cli.terminal, await send(true)))
      const answer = await cli.terminal.ask('\nCommit this? [y/N] ')
      if (!/^y(es)?$/i.test(answer.trim())) throw new Quit(exitCode.refused)
    }
    const adoption = await send(options.dryRun === true)
    print(cli.terminal, outputOf(command), {
      data: adoption,
      table: () => adoptionText(cli.terminal, adoption),
      names: () => adoption.adopted,
    })
    if ((options.wait === true || options.seen === true) && adoption.status === 'accepted')
      await waitForProof(cli, api, adoption.revision, {
        timeoutSeconds: options.timeout,
        output: outputOf(command),
        seen: options.seen === true,
        warnings: adoption.plan.warnings,
      })
    if (prefixes.length > 0 && adoption.left.length > 0) throw new Quit(exitCode.refused)
  })
}

function adoptionText(terminal: Terminal, adoption: AdoptionView): string {
  const left = adoption.left.map(({ prefix, why }) => `${paint(terminal, 'yellow', 'left')} ${prefix}: ${why}`)
  const said = adoption.status === 'accepted' ? [`revision ${adoption.revision} accepted`] : []
  const nothing =
    left.length > 0 ? 'Nothing was adopted.' : 'Nothing is to be adopted: every local path there is Herald’s.'
  return [...said, adoption.adopted.length > 0 ? changeText(terminal, adoption) : nothing, ...left].join('\n')
}
