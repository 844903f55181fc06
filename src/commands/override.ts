/** `override` and `clear`: attributes laid over a prefix for a while. */
import { type Command, Option } from 'commander'
import {
  type AttributeOptions,
  addAttributeOptions,
  announceFrom,
  attributesFrom,
  parseList,
} from './attribute-options.ts'
import { type CliContext, usageError, withApi } from './cli-context.ts'
import { parseDuration } from './duration.ts'
import { findOverlay } from './overlay-names.ts'
import { addWriteOptions, runWrite, writeWith } from './write.ts'

interface OverrideOptions extends AttributeOptions {
  readonly at?: readonly string[]
  readonly neighbor?: string
  readonly for?: number
  readonly withhold?: boolean
  readonly announce?: boolean
}

export function registerOverride(program: Command, cli: CliContext): void {
  const override = program
    .command('override <prefix>')
    .description('lay attributes over a prefix for a while: everywhere, at sites, or toward one neighbor')
    .addOption(new Option('--at <selectors>', 'areas, regions or POPs').argParser(parseList))
    .option('--neighbor <name>', 'toward this neighbor only')
    .addOption(new Option('--withhold', 'do not announce it there').conflicts('announce'))
    .option('--announce', 'announce it there although its document withholds it')
    .addOption(new Option('--for <duration>', 'ends by itself after, such as 2h').argParser(parseDuration))
  addWriteOptions(addAttributeOptions(override))
    .addHelpText(
      'after',
      `
Examples:
  herald override 203.0.113.0/24 --at fra --prepend 2 --for 1h --reason "fra is full"
  herald override 203.0.113.0/24 --neighbor fra-transit --withhold --for 30m --reason "it drops packets"`,
    )
    .action(async (prefix: string, options: OverrideOptions, command: Command) => {
      const attributes = { ...attributesFrom(options), ...announceFrom(options) }
      if (Object.keys(attributes).length === 0)
        throw usageError('say what to lay over it, such as --prepend 2 or --withhold')
      await runWrite(cli, command, {
        method: 'POST',
        path: '/v1/overrides',
        body: {
          prefix,
          attributes,
          ...(options.at !== undefined && { at: options.at }),
          ...(options.neighbor !== undefined && { neighbor: options.neighbor }),
          ...(options.for !== undefined && { forSeconds: options.for }),
        },
      })
    })

  addWriteOptions(program.command('clear <what>').description('end an override: its name, or the prefix it is about'))
    .addHelpText('after', '\nExample:\n  herald clear 203.0.113.0/24 --reason "fra has room again"')
    .action(async (what: string, _options: unknown, command: Command) => {
      await withApi(cli, command, async (api) => {
        const { name } = await findOverlay(api, 'Override', what, ({ prefix }) => [prefix])
        await writeWith(cli, command, api, { method: 'DELETE', path: `/v1/overrides/${encodeURIComponent(name)}` })
      })
    })
}
