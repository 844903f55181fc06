/** What to try while the demo stays up. */
import { fileURLToPath } from 'node:url'
import type { Lab } from '../lab.ts'
import { gobgpProgram } from '../speaker-daemon.ts'
import type { DemoController } from './controller.ts'
import type { Screen } from './screen.ts'

/** Where `herald` is. */
const programs = fileURLToPath(new URL('../../../deploy/bin', import.meta.url))

export function printInvitation(screen: Screen, lab: Lab, { address }: DemoController): void {
  const [pop] = lab.pops
  const [upstream] = lab.upstreams
  if (pop === undefined || upstream === undefined) return
  const tries: readonly (readonly [string, string])[] = [
    [`export HERALD_URL=${address} PATH=${programs}:$PATH`, 'works in any folder'],
    ['herald status', 'how the fleet does'],
    ['herald publish 198.51.100.0/24 --at all --reason test --wait', 'with its proof'],
    [
      'herald publish 2001:db8:100::/48 --neighbor fra-transit-ipv6 --prepend 2 --reason full --wait',
      'toward one line',
    ],
    ['herald drain fra --for 10m --reason maintenance --wait', 'take a POP out'],
    ['herald explain 2001:db8:100::/48 fra', 'why it is as it is'],
    ['herald watch', 'events as they happen'],
    ['herald history', 'who changed what and why'],
    [`birdc -s ${upstream.socket} show route all`, ''],
    [`${gobgpProgram('gobgp')} --target ${pop.daemon.endpoint} global rib`, ''],
  ]
  screen.line(
    `\n  ${screen.bold('Herald is up')} at ${screen.command(address)}, its API reference at ${address}/docs.\n  Try in another shell:\n`,
  )
  for (const [command, what] of tries)
    screen.line(`    ${screen.command(command)}${what === '' ? '' : screen.dim(`   # ${what}`)}`)
  screen.line(`\n  ${screen.bold('Ctrl-C')} ends everything.`)
}
