/**
 * Staged changes: their prefixes and places exist, no prefix is in two of them, and what they would put back is as sound
 * as what stands, because a way back that is refused is none. So what a Rollout holds keeps its references alive (G13).
 */
import type { Finding } from '../document.ts'
import type { Prefix } from '../../bgp/prefix.ts'
import type { Announcement, Intent } from '../model.ts'
import { listed } from '../nearest.ts'
import { detectionMs } from '../probers.ts'
import type { Rollout } from '../rollout.ts'
import { durationText } from '../schema/quantity.ts'
import { inOrder } from '../select.ts'
import { announcementFindings } from './announcement.ts'
import { Report } from './report.ts'

export function checkRollouts(intent: Intent): readonly Finding[] {
  const owners = new Map<Prefix, Rollout>()
  return inOrder(intent.rollouts).flatMap((rollout) => {
    const report = new Report('Rollout', rollout.id)
    for (const [i, pops] of rollout.stages.entries())
      for (const [j, pop] of pops.entries()) report.reference('Pop', pop, intent.pops, `/spec/stages/${i}/${j}`)
    let i = 0
    for (const [prefix, before] of rollout.before) {
      const pointer = `/spec/prefixes/${i++}`
      report.reference('Prefix', prefix, intent.prefixes, `${pointer}/prefix`)
      checkSole(report, rollout, prefix, owners, pointer)
      if (before !== undefined) checkWayBack(report, intent, rollout, before, pointer)
    }
    checkSettle(report, intent, rollout)
    return report.findings
  })
}

function checkSole(
  report: Report,
  rollout: Rollout,
  prefix: Prefix,
  owners: Map<Prefix, Rollout>,
  pointer: string,
): void {
  const other = owners.get(prefix)
  if (other === undefined) owners.set(prefix, rollout)
  else
    report.error(
      'second-rollout',
      `${pointer}/prefix`,
      `${prefix} is in Rollout/${other.id} already; let that one end, or: herald rollout abort ${other.id}`,
    )
}

function checkWayBack(report: Report, intent: Intent, { id }: Rollout, before: Announcement, pointer: string): void {
  for (const { severity, code, pointer: inner, message } of announcementFindings(intent, before))
    if (severity === 'error')
      report.error(
        code,
        `${pointer}/before${inner.replace('/spec', '')}`,
        `the way back of ${before.prefix} would be refused: ${message}; wait for Rollout/${id} to end, or: herald rollout abort ${id}`,
      )
}

/** A failure that is noticed only after the stage has settled gates nothing. */
function checkSettle(report: Report, intent: Intent, { before, settleMs }: Rollout): void {
  const slow = new Map<string, number>()
  for (const prefix of before.keys())
    for (const name of intent.prefixes.get(prefix)?.failover?.checks ?? []) {
      const longestMs = detectionMs(intent, [name])
      if (longestMs > settleMs) slow.set(name, longestMs)
    }
  if (slow.size === 0) return
  const slowest = durationText(Math.max(...slow.values()))
  report.warning(
    'settles-too-soon',
    '/spec/settle',
    `${listed(slow.keys())} needs up to ${slowest} to notice a failure, longer than a stage is watched (${durationText(settleMs)}); settle for ${slowest} or longer`,
  )
}
