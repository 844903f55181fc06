/** `serve` and `worker`: the daemons. Their code is loaded only when they are asked for. */
import type { Command } from 'commander'
import type { CliContext } from './cli-context.ts'

export function registerServe(program: Command, _cli: CliContext): void {
  processOptions(
    program.command('serve').description('run the controller: API, planner, worker, and Redis where none is given'),
  )
    .option('--listen <host:port>', 'where the API listens (HERALD_LISTEN, default 127.0.0.1:7179)')
    .option('--tokens <file>', 'JSON list of {name, role, sha256} (HERALD_TOKENS); needed beyond loopback')
    .addHelpText(
      'after',
      '\nExamples:\n  herald serve\n  herald serve --redis redis://10.0.0.5:6379 --listen 0.0.0.0:7179 --tokens /etc/herald/tokens.json',
    )
    .action(async (options: Readonly<Record<string, string>>) => {
      const { serve } = await import('../app/serve.ts')
      await serve(options)
    })

  processOptions(
    program.command('worker').description('run a worker: applies decisions and watches speakers, decides nothing'),
  )
    .addHelpText('after', '\nExample:\n  herald worker --redis redis://10.0.0.5:6379')
    .action(async (options: Readonly<Record<string, string>>) => {
      const { work } = await import('../app/work.ts')
      await work(options)
    })
}

function processOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'data folder: socket, embedded Redis (HERALD_DATA)')
    .option('--redis <url>', 'redis://, rediss://, Sentinel or Cluster (REDIS_URL); none: a private one is started')
    .option('--tag <name>', 'hash tag of the Redis keys (HERALD_TAG, default herald)')
    .option('--log-level <level>', 'error, warn, info, debug, silent (HERALD_LOG)')
}
