/** What to try while the demo stays up. */
import { relative } from 'node:path'
import type { Lab } from '../lab.ts'
import { gobgpProgram } from '../speaker-daemon.ts'
import type { DemoController } from './controller.ts'
import type { Screen } from './screen.ts'

export function printInvitation(screen: Screen, lab: Lab, { address }: DemoController): void {
  const [pop] = lab.pops
  const [upstream] = lab.upstreams
  if (pop === undefined || upstream === undefined) return
  const tries: readonly (readonly [string, string])[] = [
    [`export HERALD_URL=${address}`, ''],
    ['npx herald status', 'how the fleet does'],
    ['npx herald publish 198.51.100.0/24 --at all --reason test --wait', 'with its proof'],
    ['npx herald drain fra --for 10m --reason maintenance --wait', 'take a POP out'],
    ['npx herald explain 2001:db8:100::/48 fra', 'why it is as it is'],
    ['npx herald watch', 'events as they happen'],
    ['npx herald history', 'who changed what and why'],
    [`birdc -s ${upstream.socket} show route all`, ''],
    [`${relative(process.cwd(), gobgpProgram('gobgp'))} --target ${pop.daemon.endpoint} global rib`, ''],
  ]
  screen.line(
    `\n  ${screen.bold('Herald is up')} at ${screen.command(address)}, its API reference at ${address}/docs.\n  Try in another shell:\n`,
  )
  for (const [command, what] of tries)
    screen.line(`    ${screen.command(command)}${what === '' ? '' : screen.dim(`   # ${what}`)}`)
  screen.line(`\n  ${screen.bold('Ctrl-C')} ends everything.`)
}
