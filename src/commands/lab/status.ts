/** `lab status`: nodes, links that are not as new, and what failed. */
import type { Command } from 'commander'
import type { OpenLab } from '../../lab/namespaces/open-lab.ts'
import { type CliContext, outputOf } from '../cli-context.ts'
import { print } from '../output.ts'
import { renderTable } from '../table.ts'
import { failureText } from './failures.ts'
import { impairmentText } from './impair.ts'
import type { Attach } from './attach.ts'

export function registerLabStatus(lab: Command, cli: CliContext, attach: Attach): void {
  lab
    .command('status')
    .description('nodes of the lab, impaired links, failures')
    .action(async (_options: unknown, command: Command) => {
      const running = await attach(command)
      const { name, file, pid, nodes, links, failures } = running.state
      const shown = nodes.map(({ environment: _environment, ...node }) => node)
      print(cli.terminal, outputOf(command), {
        data: { name, file, pid, folder: running.folder, nodes: shown, links, failures },
        table: () => statusText(running),
        names: () => nodes.map((node) => node.name),
      })
      running.close()
    })
}

function statusText({ state, folder }: OpenLab): string {
  const nodes = renderTable(
    ['NODE', 'IMAGE', 'STATE', 'MANAGEMENT', 'PID'],
    state.nodes.map((node) => [
      node.name,
      node.image,
      node.state,
      node.managementAddress,
      node.pid === 0 ? '' : String(node.pid),
    ]),
  )
  const impaired = state.links.flatMap(({ ends, impairment }) =>
    impairment === undefined ? [] : [`impaired: ${ends.join(' – ')}: ${impairmentText(impairment)}`],
  )
  const failed = state.failures.map((failure) => `failed: ${failureText(failure)}`)
  return [`${state.name}, process ${state.pid}, ${folder}`, nodes, ...impaired, ...failed].join('\n')
}
