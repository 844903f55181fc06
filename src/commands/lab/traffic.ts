/** `lab traffic`, `lab trace` and `lab play`: packets through a running lab, and what they prove. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RunningLab } from '../../lab/running-lab.ts'
import type { Trace } from '../../lab/trace.ts'
import { type CliContext, outputOf, usageError } from '../cli-context.ts'
import { parseDuration } from '../duration.ts'
import { Quit, exitCode } from '../exit-code.ts'
import { print } from '../output.ts'

/** @param attach finds the running lab; a name where several run */
export function registerLabTraffic(
  lab: Command,
  cli: CliContext,
  attach: (command: Command) => Promise<RunningLab>,
): void {
  lab
    .command('traffic')
    .description('200 packets a second from every client, by IPv4 and IPv6: who answers, loss, gaps, round trips')
    .addOption(new Option('--for <duration>', 'end after so long; else at Ctrl-C').argParser(parseDuration))
    .option('--json', 'the same as -o json')
    .addHelpText('after', '\nExamples:\n  herald lab traffic\n  herald lab traffic --for 10s --json')
    .action(async (options: { readonly for?: number; readonly json?: boolean }, command: Command) => {
      const { runTraffic } = await import('../../lab/traffic/run-traffic.ts')
      const output = options.json === true || outputOf(command) === 'json' ? 'json' : 'table'
      const forMs = options.for === undefined ? {} : { forMs: options.for * 1000 }
      const running = await attach(command)
      const result = await runTraffic(running, { ...forMs, signal: cli.signal, terminal: cli.terminal, output })
      if (output === 'json') cli.terminal.out(JSON.stringify(result, undefined, 2))
    })

  lab
    .command('trace <node> [address]')
    .description('the path of packets, hop by hop; without an address to the service, by IPv4 and IPv6')
    .addHelpText('after', '\nExamples:\n  herald lab trace client1\n  herald lab trace client1 2001:db8:100::10')
    .action(async (node: string, address: string | undefined, _options: unknown, command: Command) => {
      await trace(cli, command, await attach(command), node, address)
    })

  lab
    .command('play <file>')
    .description('play a scenario under traffic; exits 1 where a line does not hold')
    .addHelpText('after', '\nExample:\n  herald lab play test/lab/planned-move.txt')
    .action(async (file: string, _options: unknown, command: Command) => {
      await playFile(cli, await attach(command), file)
    })
}

async function trace(
  cli: CliContext,
  command: Command,
  running: RunningLab,
  node: string,
  address: string | undefined,
): Promise<void> {
  if (!running.nodes.some(({ name }) => name === node))
    throw usageError(`${running.name} has no node ${node}: ${running.nodes.map(({ name }) => name).join(', ')}`)
  const { serviceAddressesOf, traceFrom } = await import('../../lab/trace.ts')
  const { traceText } = await import('../../lab/trace-text.ts')
  const targets = address === undefined ? await serviceAddressesOf(running) : [address]
  if (targets.length === 0) throw usageError(`${running.name} serves nothing; name an address`)
  const traces: Trace[] = []
  for (const target of targets) traces.push(await traceFrom(running, node, target))
  print(cli.terminal, outputOf(command), {
    data: traces,
    table: () => traces.map(traceText).join('\n\n'),
    names: () => traces.flatMap(({ hops }) => hops.map((hop) => hop.node ?? hop.address ?? '*')),
  })
  if (traces.some(({ reached }) => !reached)) throw new Quit(exitCode.refused)
}

async function playFile(cli: CliContext, running: RunningLab, file: string): Promise<void> {
  const [{ parseScenario }, { openStage }, { play }, { playedText }] = await Promise.all([
    import('../../lab/scenario/script.ts'),
    import('../../lab/scenario/stage.ts'),
    import('../../lab/scenario/play.ts'),
    import('../../lab/scenario/play-text.ts'),
  ])
  const scenario = parseScenario(file, await readFile(file, 'utf8'), dirname(file))
  if (scenario.topology !== running.name)
    throw new InvalidArgumentError(`${file} is for ${scenario.topology}; ${running.name} is running`)
  const stage = await openStage(running)
  try {
    cli.terminal.out(scenario.about)
    const held = await play(stage, scenario, (played) => cli.terminal.out(playedText(cli.terminal, played)))
    if (!held) throw new Quit(exitCode.refused)
  } finally {
    await stage.close()
  }
}
