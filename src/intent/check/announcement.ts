/**
 * Prefix documents: owned space (G7), known places, floors that can hold, words for places where there is something to
 * say.
 */
import type { Finding } from '../document.ts'
import type { Announcement, Intent, PopId } from '../model.ts'
import { prefixFamily } from '../../bgp/prefix.ts'
import { listed } from '../nearest.ts'
import { type Places, placesOf } from '../places.ts'
import { unknownPlace } from '../edit/selectors.ts'
import { checkAttributes } from './attributes.ts'
import { checkPolicy } from './failover.ts'
import { missingNextHops } from './next-hop.ts'
import { ownedSpace } from './owned-space.ts'
import { unannounceableBecause } from './pool.ts'
import { Report } from './report.ts'
import { type Surroundings, surroundingsOf } from './surroundings.ts'

export function checkAnnouncements(intent: Intent): readonly Finding[] {
  return [...intent.prefixes.values()].flatMap((announcement) => announcementFindings(intent, announcement))
}

/** Of one Prefix document, or of what one was before a staged change; remembered as long as its surroundings are. */
export function announcementFindings(intent: Intent, announcement: Announcement): readonly Finding[] {
  const surroundings = surroundingsOf(intent)
  let findings = surroundings.findings.get(announcement)
  if (findings === undefined) {
    findings = checkAnnouncement(intent, surroundings, announcement)
    surroundings.findings.set(announcement, findings)
  }
  return findings
}

function checkAnnouncement(intent: Intent, surroundings: Surroundings, announcement: Announcement): readonly Finding[] {
  const report = new Report('Prefix', announcement.prefix)
  const { pops, standing } = surroundings.coverage(announcement.at, announcement.except)
  checkSpace(report, intent, announcement)
  checkSelectors(report, placesOf(intent), surroundings, announcement)
  const intended = intendedPops(announcement, standing)
  checkFloor(report, announcement, intended)
  checkWords(report, intent, announcement, pops)
  checkPolicy(report, intent, surroundings, announcement, intended)
  for (const [i, speaker] of [...announcement.adopt].entries())
    report.reference('Speaker', speaker, intent.speakers, `/spec/adopt/${i}`)
  for (const problem of missingNextHops(surroundings, announcement))
    report.error('no-ipv6-next-hop', '/spec/at', problem)
  return report.findings
}

function checkSpace(report: Report, intent: Intent, { prefix }: Announcement): void {
  const never = unannounceableBecause(prefix)
  if (never !== undefined) report.error('unannounceable', '/metadata/name', never)
  else if (!ownedSpace(intent.pools).contains(prefix))
    report.error(
      'outside-pools',
      '/metadata/name',
      `${prefix} is in no pool, and only space in a pool may be announced (G7); add it to a Pool document`,
    )
}

function checkSelectors(
  report: Report,
  places: Places,
  surroundings: Surroundings,
  { at, except }: Announcement,
): void {
  for (const [field, selectors] of [
    ['at', at],
    ['except', except],
  ] as const)
    for (const [i, selector] of selectors.entries()) {
      const pointer = `/spec/${field}/${i}`
      if (!places.has(selector)) report.error('unknown-reference', pointer, unknownPlace(places, selector))
      else if (field === 'at' && surroundings.coverage([selector]).standing.size === 0)
        report.warning('no-speaker', pointer, `no POP of "${selector}" has a speaker, so nothing is announced there`)
    }
}

function intendedPops({ attributes, pops }: Announcement, standing: ReadonlySet<PopId>): number {
  if (pops.size === 0) return attributes.announce === false ? 0 : standing.size
  return [...standing].filter((pop) => (pops.get(pop)?.announce ?? attributes.announce) !== false).length
}

/** Nowhere at all is a state of its own (withdrawn), in which no floor can be broken. */
function checkFloor(report: Report, { prefix, floor }: Announcement, intended: number): void {
  if (floor === undefined || intended === 0 || floor <= intended) return
  report.error(
    'floor-too-high',
    '/spec/floor',
    `a floor of ${floor} can never hold: ${prefix} is meant for ${intended} POP${intended === 1 ? '' : 's'}; write at most ${intended}, or publish it at more`,
  )
}

function checkWords(report: Report, intent: Intent, announcement: Announcement, pops: ReadonlySet<PopId>): void {
  const { prefix, attributes } = announcement
  const context = { network: intent.network, families: [prefixFamily(prefix)] }
  checkAttributes(report, attributes, '/spec/attributes', context)
  for (const [pop, said] of announcement.pops) {
    const pointer = `/spec/pops/${pop}`
    report.reference('Pop', pop, intent.pops, pointer)
    if (intent.pops.has(pop) && !pops.has(pop))
      report.warning('not-announced-there', pointer, `has no effect: ${prefix} is not announced at ${pop}`)
    checkAttributes(report, said, pointer, context)
  }
  for (const [id, said] of announcement.neighbors) {
    const pointer = `/spec/neighbors/${id}`
    report.reference('Neighbor', id, intent.neighbors, pointer)
    const neighbor = intent.neighbors.get(id)
    const pop = neighbor && intent.speakers.get(neighbor.speaker)?.pop
    if (pop !== undefined && !pops.has(pop))
      report.warning(
        'not-announced-there',
        pointer,
        `has no effect: ${prefix} is not announced at ${pop}, where ${id} is`,
      )
    else if (neighbor !== undefined && !neighbor.families.includes(prefixFamily(prefix)))
      report.warning('wrong-family', pointer, `has no effect: ${id} carries ${listed(neighbor.families)} only`)
    else if (neighbor !== undefined) {
      const silenced = said.announce ?? neighbor.attributes.announce
      const inert = Object.keys(said).filter((word) => word !== 'announce')
      if (silenced === false && inert.length > 0)
        report.warning(
          'withheld-words',
          pointer,
          `${listed(inert)} toward ${id} has no effect: ${prefix} is withheld from it; to announce it again say announce: true (--announce)`,
        )
    }
    if (said.origin !== undefined)
      report.warning(
        'origin-per-neighbor',
        `${pointer}/origin`,
        'has no effect: ORIGIN is the same toward every neighbor',
      )
    checkAttributes(report, said, pointer, context)
  }
}
