/** `lab up` and `lab down`. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { type CliContext, outputOf } from '../cli-context.ts'
import { CommandError, exitCode } from '../exit-code.ts'
import { print } from '../output.ts'
import type { Attach } from './attach.ts'

/** Until the controller has its manifests. */
const manifestsDeadlineMs = 90_000

export function registerLabUp(lab: Command, cli: CliContext, attach: Attach): void {
  lab
    .command('up <file>')
    .description('start a containerlab file in network namespaces; it runs until `herald lab down`')
    .option('--name <name>', 'name of the lab, where not that of the file')
    .option('--wait', 'until the controller has applied the manifests of the lab, too')
    .addHelpText('after', '\nExample:\n  herald lab up deploy/containerlab/anycast-2pop/anycast-2pop.clab.yml --wait')
    .action(async (file: string, options: { readonly wait?: boolean; readonly name?: string }, command: Command) => {
      const { wait = false } = options
      const name = await launch(cli, file, options.name)
      const { openLab } = await import('../../lab/namespaces/open-lab.ts')
      const running = await openLab(name)
      if (wait) await manifests(running, cli.signal)
      const api = `unix://${running.folder}/api.sock`
      const hasController = running.nodes.some(({ image }) => image === 'controller')
      print(cli.terminal, outputOf(command), {
        data: { name, folder: running.folder, nodes: running.nodes.length, ...(hasController ? { api } : {}) },
        table: () =>
          [
            `${name} is up: ${running.nodes.length} nodes, ${running.state.links.length} links; logs in ${running.folder}`,
            ...(hasController ? [`export HERALD_URL=${api}`] : []),
          ].join('\n'),
        names: () => [name],
      })
      running.close()
    })

  lab
    .command('down [name]')
    .description('end a lab and everything of it')
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      if (name !== undefined) command.setOptionValue('lab', name)
      const running = await attach(command)
      await running.down()
      cli.terminal.out(`${running.name} is down`)
    })
}

async function launch(cli: CliContext, file: string, name: string | undefined): Promise<string> {
  const [{ CannotStart, launchLab }, { ClabFileError }, { LabIsUp }] = await Promise.all([
    import('../../lab/namespaces/launch.ts'),
    import('../../lab/clab/read-file.ts'),
    import('../../lab/namespaces/lab-folder.ts'),
  ])
  try {
    return await launchLab(file, { signal: cli.signal, ...(name !== undefined && { name }) })
  } catch (error) {
    if (error instanceof ClabFileError)
      throw new CommandError(exitCode.usage, `${file} cannot be run in namespaces`, error.problems)
    if (error instanceof CannotStart || error instanceof LabIsUp)
      throw new CommandError(exitCode.refused, error.message)
    throw error
  }
}

interface StartedNode {
  readonly name: string
  readonly image: string
  readonly pid: number
}

/** Contract of the controller's image: /run/applied is there when the manifests given to it are in force. */
async function manifests(
  { state }: { readonly state: { readonly nodes: readonly StartedNode[] } },
  signal: AbortSignal,
): Promise<void> {
  const controllers = state.nodes.filter(
    ({ image, pid }) => image === 'controller' && existsSync(`/proc/${pid}/root/etc/herald/manifests`),
  )
  const giveUpAt = performance.now() + manifestsDeadlineMs
  for (const { name, pid } of controllers)
    while (!existsSync(`/proc/${pid}/root/run/applied`)) {
      if (performance.now() > giveUpAt)
        throw new CommandError(
          exitCode.notConverged,
          `${name} has not applied its manifests: herald lab exec ${name} -- tail /var/log/apply.log`,
        )
      await sleep(50, undefined, { signal })
    }
}
