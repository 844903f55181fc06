/** `publish` and `withdraw`: where a prefix is announced. */
import { type Command, Option } from 'commander'
import { type AttributeOptions, addAttributeOptions, attributesFrom, parseList } from './attribute-options.ts'
import { type CliContext, usageError } from './cli-context.ts'
import { addWriteOptions, runWrite } from './write.ts'

interface PublishOptions extends AttributeOptions {
  readonly at?: readonly string[]
  readonly only?: boolean
  readonly neighbor?: string
  readonly withhold?: boolean
}

export function registerPublish(program: Command, cli: CliContext): void {
  const publish = program
    .command('publish <prefix>')
    .description('announce a prefix at areas, regions or POPs')
    .addOption(new Option('--at <selectors>', 'all, or areas, regions, POPs').argParser(parseList))
    .option('--only', 'there and nowhere else (a move)')
    .option('--neighbor <name>', 'what is said counts toward this neighbor only')
    .option('--withhold', 'do not announce it to that neighbor')
  addWriteOptions(addAttributeOptions(publish))
    .addHelpText(
      'after',
      `
Examples:
  herald publish 203.0.113.0/24 --at eu,sin --reason "launch" --wait
  herald publish 203.0.113.0/24 --at sin --only --reason "move to Singapore"
  herald publish 2001:db8::/48 --neighbor fra-isp-a --withhold --dry-run`,
    )
    .action(async (prefix: string, options: PublishOptions, command: Command) => {
      await runWrite(cli, command, {
        method: 'POST',
        path: '/v1/prefixes/publish',
        body: { prefix, at: options.at ?? [], ...(options.only && { only: true }), ...saidAttributes(options) },
      })
    })

  addWriteOptions(
    program
      .command('withdraw <prefix>')
      .description('stop announcing a prefix, at sites or everywhere')
      .addOption(new Option('--at <selectors>', 'areas, regions or POPs').argParser(parseList))
      .option('--everywhere', 'at every site; needs to be said'),
  )
    .addHelpText(
      'after',
      `
Examples:
  herald withdraw 203.0.113.0/24 --at fra --reason "leaves Frankfurt" --wait
  herald withdraw 203.0.113.0/24 --everywhere --reason "decommissioned"`,
    )
    .action(async (prefix: string, options: { at?: readonly string[]; everywhere?: boolean }, command: Command) => {
      if ((options.at === undefined) === (options.everywhere !== true))
        throw usageError('say where: --at <sites>, or --everywhere')
      const where = options.at === undefined ? { everywhere: true } : { at: options.at }
      await runWrite(cli, command, { method: 'POST', path: '/v1/prefixes/withdraw', body: { prefix, ...where } })
    })
}

function saidAttributes(options: PublishOptions): Readonly<Record<string, unknown>> {
  const { neighbor, withhold } = options
  const attributes = attributesFrom(options)
  if (neighbor === undefined) {
    if (withhold === true) throw usageError('--withhold needs a --neighbor; to be silent at a site: herald withdraw')
    return attributes === undefined ? {} : { attributes }
  }
  if (attributes === undefined && withhold !== true)
    throw usageError('--neighbor needs something to say toward it, such as --withhold or --prepend 2')
  return { neighbors: { [neighbor]: { ...attributes, ...(withhold && { announce: false }) } } }
}
