/**
 * EntryGroups and EntryPreferences: prefixes of ours, lines of one relationship, a MED that nobody else writes, and somebody
 * who can see where the traffic enters. What MED cannot do there is told when it is written.
 */
import type { NeighborKind } from '../../bgp/neighbor.ts'
import { contains, hostPrefix } from '../../bgp/prefix.ts'
import { entryPops, linesAt } from '../compile/entries.ts'
import type { DocumentKey, Finding } from '../document.ts'
import { unknownPlace } from '../edit/selectors.ts'
import type { EntryGroup, EntryGroupId } from '../entry.ts'
import type { Announcement, Intent, Neighbor, PopId } from '../model.ts'
import type { Agent, Check } from '../monitoring.ts'
import { listed } from '../nearest.ts'
import { placesOf } from '../places.ts'
import { checkedPlaces, probersOf, probes, targetOf } from '../probers.ts'
import { inOrder } from '../select.ts'
import { checkEnd } from './overlay.ts'
import { Report } from './report.ts'

export function checkEntries(intent: Intent): readonly Finding[] {
  if (intent.entryGroups.size === 0 && intent.entryPreferences.size === 0) return []
  const earlier: EntryGroup[] = []
  return [
    ...inOrder(intent.entryGroups).flatMap((group) => {
      const findings = checkGroup(intent, group, earlier)
      earlier.push(group)
      return findings
    }),
    ...checkPreferences(intent),
  ]
}

function checkGroup(intent: Intent, group: EntryGroup, earlier: readonly EntryGroup[]): readonly Finding[] {
  const report = new Report('EntryGroup', group.id)
  const places = placesOf(intent)
  for (const field of ['at', 'except'] as const)
    for (const [i, selector] of group[field].entries())
      if (!places.has(selector))
        report.error('unknown-reference', `/spec/${field}/${i}`, unknownPlace(places, selector))
  for (const [i, prefix] of group.prefixes.entries())
    report.reference('Prefix', prefix, intent.prefixes, `/spec/prefixes/${i}`)
  for (const [i, prefix] of group.canary.entries())
    if (!group.prefixes.includes(prefix))
      report.error('unknown-reference', `/spec/canary/${i}`, `${prefix} is none of the prefixes of the group`)
  const pops = [...entryPops(intent, group)].sort()
  if (pops.length < 2)
    report.warning(
      'one-entry',
      '/spec/asns',
      `there is nothing to choose: ${pops.length === 0 ? 'none of its ASes is attached at its POPs' : `its ASes are attached at ${pops[0]} only`}`,
    )
  checkSole(report, intent, group, pops, earlier)
  checkLines(report, intent, group, pops)
  checkProbing(report, intent, group, pops)
  return report.findings
}

/** Two groups that choose the entry of one AS for one prefix could want two things. */
function checkSole(
  report: Report,
  intent: Intent,
  { asns, prefixes }: EntryGroup,
  pops: readonly PopId[],
  earlier: readonly EntryGroup[],
): void {
  for (const other of earlier) {
    const shared = prefixes.find((prefix) => other.prefixes.includes(prefix))
    const asn = asns.find((one) => other.asns.includes(one))
    if (shared === undefined || asn === undefined) continue
    const theirs = entryPops(intent, other)
    if (pops.some((pop) => theirs.has(pop)))
      report.error(
        'entry-in-two-groups',
        '/spec/prefixes',
        `EntryGroup/${other.id} decides where AS${asn} enters for ${shared} at some of the same POPs; one group does`,
      )
  }
}

function checkLines(report: Report, intent: Intent, group: EntryGroup, pops: readonly PopId[]): void {
  const lines = pops.flatMap((pop) => linesAt(intent, group, pop).map((line) => ({ pop, line })))
  const kinds = new Map<NeighborKind, string>(lines.map(({ line }) => [line.kind, line.id]))
  if (kinds.size > 1)
    report.error(
      'mixed-relationships',
      '/spec/asns',
      `its lines are of several relationships (${listed([...kinds].map(([kind, id]) => `${id} is ${kind}`))}); a group chooses between lines of one kind only (G8)`,
    )
  if (group.mode === 'off') return
  for (const prefix of group.prefixes) {
    const announcement = intent.prefixes.get(prefix)
    if (announcement === undefined) continue
    const written = lines.flatMap(({ pop, line }) => medWritten(announcement, pop, line) ?? [])
    if (written.length > 0)
      report.error(
        'med-written',
        '/spec/prefixes',
        `${written[0]} writes a MED of ${prefix} toward AS${group.asns.join(', AS')}, which this group is to choose; take it out, or set mode: off`,
      )
    const prepends = new Set(lines.map(({ pop, line }) => prependToward(announcement, pop, line)))
    if (prepends.size > 1)
      report.warning(
        'prepends-differ',
        '/spec/prefixes',
        `${prefix} is prepended differently at its POPs, and AS_PATH is compared before MED: the group moves nothing until they agree`,
      )
  }
}

/** The document that says a MED toward a line. */
function medWritten(
  { prefix, attributes, pops, neighbors }: Announcement,
  pop: PopId,
  line: Neighbor,
): DocumentKey | undefined {
  if (line.attributes.med !== undefined) return `Neighbor/${line.id}`
  const said = [attributes, pops.get(pop), neighbors.get(line.id)]
  return said.some((one) => one?.med !== undefined) ? `Prefix/${prefix}` : undefined
}

/** As the documents say it, without overlays. */
export function prependToward({ attributes, pops, neighbors }: Announcement, pop: PopId, line: Neighbor): number {
  const said = [line.attributes, attributes, pops.get(pop), neighbors.get(line.id)]
  return said.findLast((one) => one?.prepend !== undefined)?.prepend ?? 0
}

function checkProbing(report: Report, intent: Intent, group: EntryGroup, pops: readonly PopId[]): void {
  if (group.check === undefined) {
    if (group.mode !== 'off')
      report.warning('not-measured', '/spec/check', 'nothing measures it, so nothing is learned: name a Check')
    return
  }
  report.reference('Check', group.check, intent.checks, '/spec/check')
  const check = intent.checks.get(group.check)
  if (check === undefined) return
  if (check.subject !== 'path') {
    const message = `Check/${check.id} is about a ${check.subject}; name one with subject: path and targets by POP`
    report.error('not-about-a-path', '/spec/check', message)
    return
  }
  const covered = new Set(checkedPlaces(intent, check).map(({ pop }) => pop))
  const without = pops.filter((pop) => !covered.has(pop))
  if (without.length > 0)
    report.warning(
      'not-measured',
      '/spec/check',
      `Check/${check.id} does not measure ${listed(without)}; add to its at`,
    )
  const agents = entryProbers(intent, group)
  if (agents.some(({ place }) => place.kind === 'pop'))
    report.error(
      'probed-at-a-pop',
      '/spec/check',
      `agents at POPs probe Check/${check.id}, and are answered by their own POP; name vantage points in its from`,
    )
  else if (!agents.some((agent) => catchmentChecks(intent, group, agent).length > 0))
    report.warning(
      'entry-unseen',
      '/spec/check',
      `none of its vantage points probes an address of ${listed(group.prefixes)} by a probe whose answer names the POP` +
        ` (dns with identify, http with popHeader, udp) at least every ${slowestSightMs / 1000} s: where the traffic enters is not seen, so nothing moves`,
    )
}

/** Who measures a group, in the order of names. */
export function entryProbers(intent: Intent, group: EntryGroup): readonly Agent[] {
  const check = group.check && intent.checks.get(group.check)
  if (check === undefined) return []
  const agents = new Set([...entryPops(intent, group)].flatMap((pop) => probersOf(intent, check, pop)))
  return [...agents].toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** Two answers have to agree, and a move is to be seen within two minutes. */
const slowestSightMs = 30_000

/** Checks by which an agent sees which POP answers it for the group's prefixes. */
function catchmentChecks(intent: Intent, { prefixes }: EntryGroup, agent: Agent): readonly Check[] {
  return inOrder(intent.checks).filter(
    (check) =>
      namesThePop(check) &&
      check.intervalMs <= slowestSightMs &&
      checkedPlaces(intent, check).some((place) => {
        if (!probes(check, agent, place.pop)) return false
        const target = targetOf(check, place)
        return target !== undefined && prefixes.some((prefix) => contains(prefix, hostPrefix(target)))
      }),
  )
}

function namesThePop({ probe }: Check): boolean {
  if (probe.kind === 'http') return probe.popHeader !== undefined
  return probe.kind === 'udp' || (probe.kind === 'dns' && probe.identify !== undefined)
}

function checkPreferences(intent: Intent): readonly Finding[] {
  const owners = new Map<EntryGroupId, string>()
  return inOrder(intent.entryPreferences).flatMap((preference) => {
    const { id, group: groupId, pop, by } = preference
    const report = new Report('EntryPreference', id)
    report.reference('EntryGroup', groupId, intent.entryGroups, '/spec/group')
    report.reference('Pop', pop, intent.pops, '/spec/pop')
    const group = intent.entryGroups.get(groupId)
    if (group !== undefined && intent.pops.has(pop) && !entryPops(intent, group).has(pop))
      report.error('not-there', '/spec/pop', `no AS of EntryGroup/${groupId} is attached at ${pop}`)
    if (by === 'person') checkEnd(report, preference, `herald prefer ${groupId} --none`)
    const other = owners.get(groupId)
    if (other === undefined) owners.set(groupId, id)
    else
      report.error(
        'second-preference',
        '',
        `EntryPreference/${other} chooses the entry of ${groupId} already; change that one`,
      )
    return report.findings
  })
}
