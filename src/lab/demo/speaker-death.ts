/**
 * A POP's gobgpd dies by kill -9 and comes back empty. Graceful restart (RFC 4724) keeps its routes at its neighbors, zebra
 * keeps forwarding, and Herald puts policy, paths and neighbors back by itself: packets never notice.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fleetTrouble } from '../controller.ts'
import type { Failure } from '../running-lab.ts'
import { milliseconds, verdict } from './screen.ts'
import { type Stage, flowsBetween, nearlyNone } from './stage.ts'

const healWithinMs = 30_000
const downMs = 300
const lookAgainMs = 100
const settleMs = 700

export async function speakerDies(stage: Stage, pop: string, flow: 'udp4' | 'udp6'): Promise<boolean> {
  const { screen, lab } = stage
  const failure: Failure = { kind: 'process', node: pop, process: 'gobgpd' }
  screen.line(
    `     ${screen.command(`herald lab fail process ${pop} gobgpd`)}   ${screen.dim(`kill -9; started again, empty, ${downMs} ms later`)}`,
  )
  const killedAtMs = Date.now()
  await lab.fail(failure)
  await sleep(downMs)
  await lab.heal(failure)
  let trouble = 'not asked yet'
  while (trouble !== '' && Date.now() - killedAtMs < healWithinMs) {
    await sleep(lookAgainMs)
    trouble = (await fleetTrouble(lab)) ?? ''
  }
  const wellMs = Date.now() - killedAtMs
  const flows = await flowsBetween(stage, flow, killedAtMs - 200, Date.now() + settleMs)
  const at = flows.filter(({ catchment }) => catchment.some((span) => span.pop === pop))
  const lost = at.reduce((sum, one) => sum + one.lost, 0)
  const sent = at.reduce((sum, one) => sum + one.sent, 0)
  const proved = trouble === '' && nearlyNone(lost, sent)
  const fleet = trouble === '' ? `every session is up again after ${milliseconds(wellMs)}` : trouble
  screen.line(
    `     ${verdict(screen, proved)}: ${fleet}; of ${sent.toLocaleString('en')} packets to ${pop} meanwhile ${lost} were lost`,
  )
  return proved
}
