/** Agents, Checks and AlertMappings: known names, somebody who probes, a quorum that can be reached, targets that fit. */
import { addressFamily } from '../../bgp/address.ts'
import type { Finding } from '../document.ts'
import { unknownPlace } from '../edit/selectors.ts'
import type { Intent } from '../model.ts'
import type { Check } from '../monitoring.ts'
import { listed } from '../nearest.ts'
import { placesOf } from '../places.ts'
import { type CheckedPlace, checkedPlaces, detectionMsOf, probersOf, sourceOf, targetOf } from '../probers.ts'
import { durationText } from '../schema/quantity.ts'
import { Report } from './report.ts'

export function checkMonitoring(intent: Intent): readonly Finding[] {
  return [...checkProbing(intent), ...checkAlertMappings(intent)]
}

/** All that agents and checks depend on; a change of prefixes or overlays costs nothing here. */
const parts = ['areas', 'regions', 'pops', 'speakers', 'neighbors', 'agents', 'checks'] as const
type Parts = Pick<Intent, (typeof parts)[number]>

const known = new WeakMap<Intent['checks'], { readonly of: Parts; readonly findings: readonly Finding[] }>()

function checkProbing(intent: Parts): readonly Finding[] {
  const last = known.get(intent.checks)
  if (last !== undefined && parts.every((part) => last.of[part] === intent[part])) return last.findings
  const findings = [
    ...checkAgents(intent),
    ...[...intent.checks.values()].flatMap((check) => checkCheck(intent, check)),
  ]
  const { areas, regions, pops, speakers, neighbors, agents, checks } = intent
  known.set(checks, { of: { areas, regions, pops, speakers, neighbors, agents, checks }, findings })
  return findings
}

function checkAgents({ agents, pops, regions }: Parts): readonly Finding[] {
  return [...agents.values()].flatMap(({ id, place }) => {
    const report = new Report('Agent', id)
    if (place.kind === 'pop') report.reference('Pop', place.pop, pops, '/spec/pop')
    else if (place.region !== undefined) report.reference('Region', place.region, regions, '/spec/region')
    return report.findings
  })
}

function checkCheck(intent: Parts, check: Check): readonly Finding[] {
  const report = new Report('Check', check.id)
  checkReferences(report, intent, check)
  const places = checkedPlaces(intent, check)
  if (places.length === 0) {
    const what = check.subject === 'neighbor' ? 'no neighbor fits there' : 'no POP is there'
    report.warning('checks-nothing', '/spec/at', `it is about nothing now: ${what}`)
  }
  checkProbers(report, intent, check)
  checkTargets(report, check, places)
  checkSpeed(report, check)
  return report.findings
}

function checkReferences(report: Report, intent: Parts, check: Check): void {
  const places = placesOf(intent)
  for (const field of ['at', 'except'] as const)
    for (const [i, selector] of check[field].entries())
      if (!places.has(selector))
        report.error('unknown-reference', `/spec/${field}/${i}`, unknownPlace(places, selector))
  for (const [i, neighbor] of (check.neighbors ?? []).entries())
    report.reference('Neighbor', neighbor, intent.neighbors, `/spec/neighbors/${i}`)
  if (typeof check.from !== 'string')
    for (const [i, agent] of check.from.entries()) report.reference('Agent', agent, intent.agents, `/spec/from/${i}`)
  const [kind, known] =
    check.subject === 'neighbor' ? (['Neighbor', intent.neighbors] as const) : (['Pop', intent.pops] as const)
  for (const field of ['targets', 'sources'] as const)
    for (const name of check[field].keys()) report.reference(kind, name, known, `/spec/${field}/${name}`)
}

function checkProbers(report: Report, intent: Parts, check: Check): void {
  const pops = [...new Set(checkedPlaces(intent, check).map(({ pop }) => pop))]
  const probers = new Map(pops.map((pop) => [pop, probersOf(intent, check, pop).length]))
  const alone = pops.filter((pop) => probers.get(pop) === 0)
  if (alone.length > 0)
    report.warning(
      'no-agent',
      '/spec/from',
      `nobody probes it at ${listed(alone)}, so its failure goes unnoticed there; write an Agent document for ` +
        (check.from === 'local' ? 'each of these POPs, or from: vantage' : 'a vantage point'),
    )
  const { quorum } = check
  if (quorum === undefined) return
  const short = pops.filter((pop) => probers.get(pop) !== 0 && (probers.get(pop) ?? 0) < quorum)
  if (short.length > 0)
    report.error(
      'quorum-too-high',
      '/spec/quorum',
      `a quorum of ${quorum} can never be reached at ${listed(short)}: ${listed(short.map((pop) => `${probers.get(pop) ?? 0} at ${pop}`))} probe it;` +
        ' lower it, leave it out for more than half, or write more Agent documents',
    )
}

function checkTargets(report: Report, check: Check, places: readonly CheckedPlace[]): void {
  const nameOf = ({ pop, neighbor }: CheckedPlace): string => neighbor?.id ?? pop
  if (check.probe.kind !== 'http') {
    const without = places.filter((place) => targetOf(check, place) === undefined).map(nameOf)
    if (without.length > 0)
      report.warning(
        'no-target',
        '/spec/targets',
        `nothing says where to probe ${listed(without)}; add targets for them`,
      )
  }
  if (check.source !== undefined) {
    const without = places.filter((place) => sourceOf(check, place) === undefined).map(nameOf)
    if (without.length > 0)
      report.warning(
        'no-source',
        '/spec/source',
        `there is no session.localAddress to probe from at ${listed(without)}; add sources for them`,
      )
  }
  for (const place of places) {
    const [target, source] = [targetOf(check, place), sourceOf(check, place)]
    if (target === undefined || source === undefined || addressFamily(target) === addressFamily(source)) continue
    const message = `${nameOf(place)}: ${target} cannot be probed from ${source}, an address of the other family`
    report.error('wrong-family', check.sources.has(nameOf(place)) ? '/spec/sources' : '/spec/source', message)
  }
}

function checkSpeed(report: Report, check: Check): void {
  const { fall, intervalMs, timeoutMs, detectWithinMs } = check
  const slowestMs = detectionMsOf(check)
  if (detectWithinMs === undefined || slowestMs <= detectWithinMs) return
  report.warning(
    'slow-check',
    '/spec/detectWithin',
    `a failure is noticed after up to ${durationText(slowestMs)} (fall ${fall} × interval ${durationText(intervalMs)} + timeout ${durationText(timeoutMs)}),` +
      ` later than the ${durationText(detectWithinMs)} asked for; shorten interval, timeout or fall`,
  )
}

/** A policy names checks and mappings alike, so no two may be called the same. */
function checkAlertMappings({ alertMappings, checks, pops, neighbors, prefixes }: Intent): readonly Finding[] {
  const names: ReadonlySet<string> = new Set(checks.keys())
  return [...alertMappings.values()].flatMap(({ id, pop, neighbor, prefix }) => {
    const report = new Report('AlertMapping', id)
    if (names.has(id))
      report.error('ambiguous-name', '/metadata/name', `Check/${id} has this name already; a failover may name either`)
    if (pop !== undefined && !isLabel(pop)) report.reference('Pop', pop, pops, '/spec/pop')
    if (neighbor !== undefined && !isLabel(neighbor))
      report.reference('Neighbor', neighbor, neighbors, '/spec/neighbor')
    if (prefix !== undefined && !isLabel(prefix)) report.reference('Prefix', prefix, prefixes, '/spec/prefix')
    return report.findings
  })
}

function isLabel(text: string): boolean {
  return text.startsWith('{')
}
