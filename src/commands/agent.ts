/** `agent`: the daemon that probes for the controller. Its code is loaded only when it is asked for. */
import type { Command } from 'commander'
import { type CliContext, dataFolder, globalOptions, usageError } from './cli-context.ts'
import { resolveEndpoint } from './endpoint.ts'

export function registerAgent(program: Command, cli: CliContext): void {
  program
    .command('agent')
    .description('probe for the controller, at a POP or at a vantage point; decides nothing')
    .option('--name <agent>', 'name of its Agent document (HERALD_AGENT)')
    .option('--reflect <place>', 'answer UDP echo of other agents here: port, address or address:port (HERALD_REFLECT)')
    .option('--reflect-as <pop>', 'POP that the echo names (HERALD_REFLECT_AS, default the agent’s name)')
    .option('--speaker <endpoint>', 'GoBGP of this POP, where leases of prefixes are kept (HERALD_SPEAKER)')
    .option('--probe-ca <file>', 'PEM certificates that HTTPS probes trust (HERALD_PROBE_CA, default those of Node)')
    .option('--buffer <samples>', 'kept while the controller is away (HERALD_BUFFER, default 100000)')
    .option('--log-level <level>', 'error, warn, info, debug, silent (HERALD_LOG)')
    .addHelpText(
      'after',
      '\nThe token (HERALD_TOKEN) needs the role agent and the agent’s name.\n\nExample:\n  herald agent --name fra-1 --url https://herald.example.net --reflect 862 --reflect-as fra',
    )
    .action(async (flags: Readonly<Record<string, string>>, command: Command) => {
      const { url, token } = globalOptions(command)
      const address = resolveEndpoint(url ?? cli.environment['HERALD_URL'], await dataFolder(cli))
      const { runAgent } = await import('../app/agent.ts')
      await runAgent(flags, { address, token: token ?? cli.environment['HERALD_TOKEN'] }).catch((error: unknown) => {
        throw usageError(error instanceof Error ? error.message : String(error))
      })
    })
}
