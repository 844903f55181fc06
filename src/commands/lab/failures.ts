/** `lab fail` and `lab heal`. */
import type { Command } from 'commander'
import type { Failure } from '../../lab/running-lab.ts'
import { type CliContext, usageError } from '../cli-context.ts'
import { type Attach, refusable } from './attach.ts'

const kinds = `
What can fail:
  link fra:eth1                both ends lose carrier
  node fra                     all of it at once; heal starts it anew
  process fra gobgpd           kill -9; heal starts it again
  session t1 10.0.1.0          its router shuts the BGP neighbor down
  partition controller fra     the two do not reach each other in the management network`

export function registerLabFailures(lab: Command, cli: CliContext, attach: Attach): void {
  for (const verb of ['fail', 'heal'] as const)
    lab
      .command(`${verb} <kind> <names...>`)
      .description(verb === 'fail' ? 'let something fail' : 'mend what failed')
      .addHelpText('after', kinds)
      .action(async (kind: string, names: readonly string[], _options: unknown, command: Command) => {
        const failure = readFailure(kind, names)
        const running = await attach(command)
        await refusable(async () => running[verb](failure))
        cli.terminal.out(`${failureText(failure)}: ${verb === 'fail' ? 'failed' : 'healed'}`)
        running.close()
      })
}

export function failureText(failure: Failure): string {
  switch (failure.kind) {
    case 'link':
      return `link ${failure.endpoint}`
    case 'node':
      return `node ${failure.node}`
    case 'process':
      return `process ${failure.node} ${failure.process}`
    case 'session':
      return `session ${failure.node} ${failure.neighbor}`
    case 'partition':
      return `partition ${failure.nodes.join(' ')}`
  }
}

function readFailure(kind: string, names: readonly string[]): Failure {
  const [first = '', second] = names
  if (names.length === 1 && kind === 'link') return { kind, endpoint: first }
  if (names.length === 1 && kind === 'node') return { kind, node: first }
  if (names.length === 2 && second !== undefined) {
    if (kind === 'process') return { kind, node: first, process: second }
    if (kind === 'session') return { kind, node: first, neighbor: second }
    if (kind === 'partition') return { kind, nodes: [first, second] }
  }
  throw usageError(`"${[kind, ...names].join(' ')}" is not something that fails here${kinds}`)
}
