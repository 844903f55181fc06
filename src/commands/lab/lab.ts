/** `herald lab`: real topologies with real packets, in network namespaces. A verb loads the lab's code when it is called. */
import type { Command } from 'commander'
import type { CliContext } from '../cli-context.ts'
import { attachFor } from './attach.ts'
import { registerLabExec } from './exec.ts'
import { registerLabFailures } from './failures.ts'
import { registerLabImpair } from './impair.ts'
import { registerLabStatus } from './status.ts'
import { registerLabTraffic } from './traffic.ts'
import { registerLabUp } from './up.ts'

export function registerLab(program: Command, cli: CliContext): void {
  const lab = program
    .command('lab')
    .description('run a containerlab topology in network namespaces, fail and heal it, watch packets')
    .option('--lab <name>', 'which lab, where several are up (HERALD_LAB)')
  const attach = attachFor(cli)
  registerLabUp(lab, cli, attach)
  registerLabStatus(lab, cli, attach)
  registerLabExec(lab, cli, attach)
  registerLabTraffic(lab, cli, attach)
  registerLabImpair(lab, cli, attach)
  registerLabFailures(lab, cli, attach)
}
