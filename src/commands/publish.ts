/** `publish` and `withdraw`: where a prefix is announced. */
import { type Command, Option } from 'commander'
import {
  type AttributeOptions,
  addAttributeOptions,
  announceFrom,
  attributesFrom,
  parseList,
} from './attribute-options.ts'
import { type CliContext, usageError } from './cli-context.ts'
import { type StageOptions, addStageOptions, stagedFrom } from './stage-options.ts'
import { addWriteOptions, runWrite } from './write.ts'

interface PublishOptions extends AttributeOptions, StageOptions {
  readonly at?: readonly string[]
  readonly only?: boolean
  readonly neighbor?: string
  readonly withhold?: boolean
  readonly announce?: boolean
}

interface WithdrawOptions extends StageOptions {
  readonly at?: readonly string[]
  readonly everywhere?: boolean
}

export function registerPublish(program: Command, cli: CliContext): void {
  const publish = program
    .command('publish <prefix>')
    .description('announce a prefix at areas, regions or POPs')
    .addOption(new Option('--at <selectors>', 'all, or areas, regions, POPs').argParser(parseList))
    .option('--only', 'there and nowhere else (a move)')
    .option('--neighbor <name>', 'what is said counts toward this neighbor only; alone: announce it there again')
    .addOption(new Option('--withhold', 'do not announce it to that neighbor').conflicts('announce'))
    .option('--announce', 'announce it to that neighbor again (takes back --withhold)')
  addStageOptions(addWriteOptions(addAttributeOptions(publish)))
    .addHelpText(
      'after',
      `
Examples:
  herald publish 203.0.113.0/24 --at eu,sin --reason "launch" --wait
  herald publish 203.0.113.0/24 --at sin --only --reason "move to Singapore"
  herald publish 203.0.113.0/24 --at eu,asia --staged --canary fra --reason "growth" --wait
  herald publish 203.0.113.0/24 --neighbor fra-transit --prepend 2 --reason "fra-transit is full"
  herald publish 2001:db8:100::/48 --neighbor fra-transit --withhold --dry-run
  herald publish 2001:db8:100::/48 --neighbor fra-transit --announce --dry-run`,
    )
    .action(async (prefix: string, options: PublishOptions, command: Command) => {
      await runWrite(cli, command, {
        method: 'POST',
        path: '/v1/prefixes/publish',
        body: {
          prefix,
          at: options.at ?? [],
          ...(options.only && { only: true }),
          ...saidAttributes(options),
          ...stagedFrom(options),
        },
      })
    })

  const withdraw = addWriteOptions(
    program
      .command('withdraw <prefix>')
      .description('stop announcing a prefix, at sites or everywhere')
      .addOption(new Option('--at <selectors>', 'areas, regions or POPs').argParser(parseList))
      .option('--everywhere', 'at every site; needs to be said'),
  )
  addStageOptions(withdraw)
    .addHelpText(
      'after',
      `
Examples:
  herald withdraw 203.0.113.0/24 --at fra --reason "leaves Frankfurt" --wait
  herald withdraw 203.0.113.0/24 --everywhere --force --reason "decommissioned"

The last one takes the prefix off the Internet, and a guard asks for --force.`,
    )
    .action(async (prefix: string, options: WithdrawOptions, command: Command) => {
      if ((options.at === undefined) === (options.everywhere !== true))
        throw usageError('say where: --at <sites>, or --everywhere')
      const where = options.at === undefined ? { everywhere: true } : { at: options.at }
      await runWrite(cli, command, {
        method: 'POST',
        path: '/v1/prefixes/withdraw',
        body: { prefix, ...where, ...stagedFrom(options) },
      })
    })
}

/**
 * What is said of the prefix, or toward one neighbor. `--neighbor X` alone says: announce it to X. With `--at` it would be
 * read as "to X only", which it does not mean, so words are asked for.
 */
function saidAttributes(options: PublishOptions): Readonly<Record<string, unknown>> {
  const { neighbor, withhold, announce, at } = options
  const said = { ...attributesFrom(options), ...announceFrom(options) }
  if (neighbor === undefined) {
    if (withhold === true) throw usageError('--withhold needs a --neighbor; to be silent at a site: herald withdraw')
    return Object.keys(said).length === 0 ? {} : { attributes: said }
  }
  if (Object.keys(said).length > 0) return { neighbors: { [neighbor]: said } }
  if (at === undefined && announce === undefined) return { neighbors: { [neighbor]: { announce: true } } }
  throw usageError(
    `say what counts toward ${neighbor}, such as --withhold, --announce or --prepend 2; every neighbor at these sites is announced to unless withheld`,
  )
}
