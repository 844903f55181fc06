/** `lab exec`: a command inside a node, with the terminal where there is one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from 'commander'
import { type CliContext, usageError } from '../cli-context.ts'
import { CommandError, Quit, exitCode } from '../exit-code.ts'
import type { Attach } from './attach.ts'

export function registerLabExec(lab: Command, cli: CliContext, attach: Attach): void {
  lab
    .command('exec <node> [command...]')
    .description('run a command inside a node, or a shell where none is given; exits as it does')
    .addHelpText(
      'after',
      '\nExamples:\n  herald lab exec t1 -- vtysh -c "show bgp summary"\n  herald lab exec fra\n  herald lab exec client1 -- ping -c 3 203.0.113.10',
    )
    .action(async (node: string, words: readonly string[], _options: unknown, command: Command) => {
      const running = await attach(command)
      const place = running.state.nodes.find(({ name }) => name === node)
      if (place === undefined)
        throw usageError(`${running.name} has no node ${node}: ${running.nodes.map(({ name }) => name).join(', ')}`)
      if (place.state === 'failed') throw new CommandError(exitCode.refused, `${node} does not run`)
      running.close()
      const { entering, onTerminal } = await import('../../lab/namespaces/enter.ts')
      const wanted = words.length === 0 ? ['bash'] : words
      const onTty = process.stdin.isTTY && process.stdout.isTTY
      const [program, ...rest] = entering(place, onTty ? onTerminal(wanted) : wanted)
      // Ctrl-C is for the command.
      process.removeAllListeners('SIGINT').on('SIGINT', () => undefined)
      const child = spawn(program, rest, {
        stdio: 'inherit',
        env: { ...place.environment, TERM: cli.environment['TERM'] ?? 'dumb' },
      })
      const [code] = (await once(child, 'exit')) as [number | null]
      if (code !== 0) throw new Quit(code ?? 137)
    })
}
