/** `drain`, `undrain`, `drains`: take a site, a speaker or a neighbor out of traffic for a while, and see how far it is. */
import { type Command, Option } from 'commander'
import type { DrainListView, DrainView } from '../api/wire/drain.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { followDrain } from './drain-wait.ts'
import { parseDuration, parseWait } from './duration.ts'
import { print } from './output.ts'
import { findOverlay } from './overlay-names.ts'
import { renderTable } from './table.ts'
import { addWriteOptions, runWrite, writeWith } from './write.ts'

interface DrainOptions {
  readonly speaker?: string
  readonly neighbor?: string
  readonly for?: number
  readonly grace?: number
  readonly untilIdle?: string
  readonly atMost?: number
  readonly shutdown?: string
  readonly timeout: number
}

export function registerDrain(program: Command, cli: CliContext): void {
  addWriteOptions(
    program
      .command('drain [site]')
      .description('mark GRACEFUL_SHUTDOWN, then withdraw: a POP, region or area, a speaker, or one neighbor')
      .option('--speaker <name>', 'this speaker')
      .option('--neighbor <name>', 'this neighbor (one line)')
      .addOption(new Option('--for <duration>', 'ends by itself after, such as 2h').argParser(parseDuration))
      .addOption(
        new Option('--grace <duration>', 'marked so long, at least, before it goes; 0s: at once').argParser(parseWait),
      )
      .option('--until-idle <bound>', 'marked until its traffic is below 5% of what it is now, or below 200Mbit/s')
      .addOption(
        new Option('--at-most <duration>', 'with --until-idle: goes at the latest after (default: 10m)').argParser(
          parseDuration,
        ),
      )
      .option('--shutdown <text>', 'then shut its sessions down, and show this to the other sides (RFC 9003)'),
  )
    .addHelpText(
      'after',
      `
Examples:
  herald drain fra --for 2h --reason "router upgrade" --wait
  herald drain fra --until-idle 5% --at-most 15m --for 4h --reason "router upgrade" --wait
  herald drain --neighbor fra-transit --for 30m --reason "fiber work"
  herald drain fra --for 4h --shutdown "maintenance until 14:00Z, NOC +49 69 1234" --reason "router upgrade" --wait`,
    )
    .action(async (site: string | undefined, options: DrainOptions, command: Command) => {
      const targets = [site, options.speaker, options.neighbor].filter((target) => target !== undefined)
      if (targets.length !== 1) throw usageError('name one of: a site, --speaker or --neighbor')
      if (site?.includes(',') === true)
        throw usageError(
          'a drain is about one place, so that each can be ended alone: drain them one by one, or a region or an area',
        )
      if (options.atMost !== undefined && options.untilIdle === undefined)
        throw usageError('--at-most says how long --until-idle waits; write both, or --grace for a fixed time')
      allowTime(command, options)
      await runWrite(cli, command, { method: 'POST', path: '/v1/drains', body: bodyOf(site, options) }, followDrain)
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
        // GoBGP takes 5 to 14 s to bring a session up again, and the other side may take longer.
        if ('shutdown' in (drain.spec as object)) allowMore(command, 60)
        await writeWith(cli, command, api, { method: 'DELETE', path: `/v1/drains/${encodeURIComponent(drain.name)}` })
      })
    })

  program
    .command('drains')
    .description('all drains: how far each has come, what it waits for, and until when it lasts')
    .addHelpText('after', '\nExample:\n  herald drains')
    .action(async (_options: unknown, command: Command) => {
      const { drains } = await withApi(cli, command, (api) => api.request<DrainListView>({ path: '/v1/drains' }))
      print(cli.terminal, outputOf(command), {
        data: drains,
        table: () => drainsText(drains),
        names: () => drains.map(({ id }) => id),
      })
    })
}

function bodyOf(site: string | undefined, options: DrainOptions): Record<string, unknown> {
  const { speaker, neighbor, grace, untilIdle, atMost, shutdown } = options
  return {
    ...(site !== undefined && { at: site }),
    ...(speaker !== undefined && { speaker }),
    ...(neighbor !== undefined && { neighbor }),
    ...(options.for !== undefined && { forSeconds: options.for }),
    ...(grace !== undefined && { graceSeconds: grace }),
    ...(untilIdle !== undefined && {
      untilIdle: { below: untilIdle, ...(atMost !== undefined && { atMostSeconds: atMost }) },
    }),
    ...(shutdown !== undefined && { shutdown }),
  }
}

const defaultAtMostSeconds = 600

function allowTime(command: Command, { grace = 0, untilIdle, atMost = defaultAtMostSeconds }: DrainOptions): void {
  allowMore(command, Math.max(grace, untilIdle === undefined ? 0 : atMost))
}

/** Whoever asks to wait for something that takes minutes is not told after 30 s that it is late. */
function allowMore(command: Command, seconds: number): void {
  if (command.getOptionValueSource('timeout') !== 'default') return
  command.setOptionValueWithSource('timeout', command.opts<DrainOptions>().timeout + seconds, 'default')
}

function drainsText(drains: readonly DrainView[]): string {
  if (drains.length === 0) return 'nothing is drained'
  return renderTable(
    ['DRAIN', 'WHAT', 'STAGE', 'UNTIL', 'BY', ''],
    drains.map(({ id, target, stage, expiresAt, madeBy, summary }) => [
      id,
      Object.values(target).join(),
      stage,
      expiresAt ?? 'lifted',
      madeBy === undefined ? '' : `${madeBy.author}: ${madeBy.reason}`,
      summary,
    ]),
  )
}
