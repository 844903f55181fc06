/** `lab impair`: delay, jitter, loss or silence on a link. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Impairment } from '../../lab/running-lab.ts'
import { type CliContext, usageError } from '../cli-context.ts'
import { type Attach, refusable } from './attach.ts'

interface ImpairOptions {
  readonly delay?: number
  readonly jitter?: number
  readonly loss?: number
  readonly silent?: boolean
  readonly exceptBgp?: boolean
  readonly none?: boolean
}

export function registerLabImpair(lab: Command, cli: CliContext, attach: Attach): void {
  lab
    .command('impair <endpoint>')
    .description('what a link does to packets, in each direction; replaces what it did before')
    .addOption(new Option('--delay <time>', 'such as 20ms').argParser(milliseconds))
    .addOption(new Option('--jitter <time>', 'around the delay, never out of order').argParser(milliseconds))
    .addOption(new Option('--loss <share>', 'such as 1%').argParser(share))
    .option('--silent', 'every packet is lost while the interfaces stay up')
    .option('--except-bgp', 'BGP passes unharmed: the session stays up over a line that loses everything else')
    .option('--none', 'as new')
    .addHelpText(
      'after',
      '\nExamples:\n  herald lab impair fra:eth1 --delay 20ms --loss 1%\n  herald lab impair fra:eth1 --none',
    )
    .action(async (endpoint: string, options: ImpairOptions, command: Command) => {
      const impairment: Impairment = {
        ...(options.delay === undefined ? {} : { delayMs: options.delay }),
        ...(options.jitter === undefined ? {} : { jitterMs: options.jitter }),
        ...(options.loss === undefined ? {} : { lossRatio: options.loss }),
        ...(options.silent === true ? { silent: true } : {}),
        ...(options.exceptBgp === true ? { exceptBgp: true } : {}),
      }
      const { exceptBgp: _, ...done } = impairment
      if ((Object.keys(done).length === 0) !== (options.none === true))
        throw usageError('say what the link does: --delay, --jitter, --loss, --silent, or --none')
      const running = await attach(command)
      await refusable(async () => running.impair(endpoint, options.none === true ? undefined : impairment))
      cli.terminal.out(`${endpoint}: ${impairmentText(impairment)}`)
      running.close()
    })
}

export function impairmentText({ delayMs, jitterMs, lossRatio, silent, exceptBgp }: Impairment): string {
  const words = [
    delayMs === undefined ? undefined : `delay ${delayMs} ms`,
    jitterMs === undefined ? undefined : `jitter ${jitterMs} ms`,
    lossRatio === undefined ? undefined : `loss ${lossRatio * 100} %`,
    silent === true ? 'silent' : undefined,
  ].filter((word) => word !== undefined)
  return words.length === 0 ? 'as new' : `${words.join(', ')}${exceptBgp === true ? ', except BGP' : ''}`
}

const longestMs = 60_000

function milliseconds(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text) ?? []
  const value = Number(digits) * (unit === 's' ? 1000 : 1)
  if (Number.isNaN(value) || value > longestMs)
    throw new InvalidArgumentError('Write a time such as 20ms, at most 60s.')
  return value
}

function share(text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%)?$/.exec(text) ?? []
  const value = Number(digits) / (percent === undefined ? 1 : 100)
  if (Number.isNaN(value) || value > 1) throw new InvalidArgumentError('Write a share such as 1% or 0.01.')
  return value
}
