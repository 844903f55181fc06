/** What to try while the demo stays up. */
import { fileURLToPath } from 'node:url'
import type { Stage } from './stage.ts'

/** Where `herald` is. */
const programs = fileURLToPath(new URL('../../../deploy/bin', import.meta.url))

export function printInvitation({ screen, lab, herald }: Pick<Stage, 'screen' | 'lab' | 'herald'>): void {
  const tries: readonly (readonly [string, string])[] = [
    [`export HERALD_URL=${herald.address} HERALD_LAB=${lab.name} PATH=${programs}:$PATH`, 'works in any folder'],
    ['herald lab traffic', 'who answers whom, live'],
    ['herald lab trace client1', 'hop by hop'],
    ['herald publish 203.0.113.0/24 --at all --reason test --wait', 'with its proof'],
    ['herald drain fra --for 10m --reason maintenance --wait', 'take a POP out; watch the traffic'],
    ['herald lab fail node tyo', 'and heal it: herald lab heal node tyo'],
    ['herald lab impair fra:eth1 --delay 40ms --loss 5%', 'a bad line'],
    ['herald explain 203.0.113.0/24 fra', 'why it is as it is'],
    ['herald checks', 'what the agents see'],
    ['herald learner --place fra/origin1', 'what the path learner weighs'],
    ['herald watch', 'events as they happen'],
    ['herald lab exec t1-eu -- vtysh -c "show bgp ipv4 unicast"', 'what a transit thinks'],
  ]
  screen.line(`\n  ${screen.bold('The lab is up.')} Try in another shell:\n`)
  for (const [command, what] of tries) screen.line(`    ${screen.command(command)}${screen.dim(`   # ${what}`)}`)
  screen.line(`\n  ${screen.bold('Ctrl-C')} ends everything.`)
}
