/** `drain` and `undrain`: take a site, a speaker or a neighbor out of traffic for a while. */
import { type Command, Option } from 'commander'
import { type CliContext, usageError, withApi } from './cli-context.ts'
import { parseDuration } from './duration.ts'
import { findOverlay } from './overlay-names.ts'
import { addWriteOptions, runWrite, writeWith } from './write.ts'

interface DrainOptions {
  readonly speaker?: string
  readonly neighbor?: string
  readonly for?: number
  readonly grace?: number
}

export function registerDrain(program: Command, cli: CliContext): void {
  addWriteOptions(
    program
      .command('drain [site]')
      .description('mark GRACEFUL_SHUTDOWN, then withdraw: a POP, region or area, a speaker, or one neighbor')
      .option('--speaker <name>', 'this speaker')
      .option('--neighbor <name>', 'this neighbor (one line)')
      .addOption(new Option('--for <duration>', 'ends by itself after, such as 2h').argParser(parseDuration))
      .addOption(new Option('--grace <duration>', 'marked so long before it is withdrawn').argParser(parseDuration)),
  )
    .addHelpText(
      'after',
      `
Examples:
  herald drain fra --for 2h --reason "router upgrade" --wait
  herald drain --neighbor fra-transit --for 30m --reason "fiber work"`,
    )
    .action(async (site: string | undefined, options: DrainOptions, command: Command) => {
      const targets = [site, options.speaker, options.neighbor].filter((target) => target !== undefined)
      if (targets.length !== 1) throw usageError('name one of: a site, --speaker or --neighbor')
      await runWrite(cli, command, {
        method: 'POST',
        path: '/v1/drains',
        body: {
          ...(site !== undefined && { at: site }),
          ...(options.speaker !== undefined && { speaker: options.speaker }),
          ...(options.neighbor !== undefined && { neighbor: options.neighbor }),
          ...(options.for !== undefined && { forSeconds: options.for }),
          ...(options.grace !== undefined && { graceSeconds: options.grace }),
        },
      })
    })

  addWriteOptions(
    program
      .command('undrain <what>')
      .description('end a drain: its name, or the site, speaker or neighbor it is about'),
  )
    .addHelpText('after', '\nExample:\n  herald undrain fra --reason "upgrade done" --wait')
    .action(async (what: string, _options: unknown, command: Command) => {
      await withApi(cli, command, async (api) => {
        const drain = await findOverlay(api, 'Drain', what, ({ target }) => Object.values(target ?? {}))
        await writeWith(cli, command, api, { method: 'DELETE', path: `/v1/drains/${encodeURIComponent(drain.name)}` })
      })
    })
}
