/**
 * Failover policies of prefixes, and what automation has laid on them. A policy that can never do what it says is told
 * when it is written, and not in the night when it is needed.
 */
import { contains } from '../../bgp/prefix.ts'
import type { Finding } from '../document.ts'
import { unknownPlace } from '../edit/selectors.ts'
import type { Announcement, Intent, PopId } from '../model.ts'
import type { AlertMappingId, CheckId, Failover, FailoverPolicy } from '../monitoring.ts'
import { popOfPlace } from '../select.ts'
import { listed } from '../nearest.ts'
import { placesOf } from '../places.ts'
import { ownedSpace } from './owned-space.ts'
import { Report, unknownName } from './report.ts'
import { type Surroundings, surroundingsOf } from './surroundings.ts'

/** @param intended POPs with a speaker that intent names, before overlays */
export function checkPolicy(
  report: Report,
  intent: Intent,
  surroundings: Surroundings,
  announcement: Announcement,
  intended: number,
): void {
  const policy = announcement.failover
  if (policy === undefined) return
  const { pops } = surroundings.coverage(announcement.at, announcement.except)
  for (const [i, name] of policy.checks.entries())
    if (!isKnown(intent, name)) {
      const known = [...intent.checks.keys(), ...intent.alertMappings.keys()]
      report.error('unknown-reference', `/spec/failover/checks/${i}`, unknownName('Check', name, known))
    }
  checkWatched(report, intent, surroundings, policy, pops)
  checkBackup(report, intent, surroundings, policy, pops)
  checkReach(report, announcement, policy, intended)
  if (policy.lease.policy === 'withdraw')
    report.warning(
      'lease-withdraws',
      '/spec/failover/lease',
      `when no controller is heard of for ${policy.lease.afterMs / 1000} s, every POP with an agent and a speaker of its own withdraws it, so an outage of the controller takes it off ${policy.cover === undefined ? 'the Internet' : `the Internet, but for ${policy.cover}`}; policy: hold keeps it`,
    )
}

/** Overlays of automation. An inert one stops nobody: automation lifts it, and a person may remove what it is about. */
export function checkFailovers(intent: Intent): readonly Finding[] {
  const surroundings = surroundingsOf(intent)
  return [...intent.failovers.values()].flatMap((failover) => {
    const report = new Report('Failover', failover.id)
    const problem = inertBecause(intent, surroundings, failover)
    if (problem !== undefined) report.warning('without-effect', problem.pointer, `has no effect: ${problem.message}`)
    return report.findings
  })
}

/** Covers depend on other prefixes, so they are looked at in every check of an intent. */
export function checkCovers(intent: Intent): readonly Finding[] {
  return [...intent.prefixes.values()].flatMap(({ prefix, failover }) => {
    const cover = failover?.cover
    if (cover === undefined) return []
    const report = new Report('Prefix', prefix)
    const pointer = '/spec/failover/cover'
    if (cover === prefix || !contains(cover, prefix))
      report.error(
        'not-covering',
        pointer,
        `${cover} does not cover ${prefix}; write a less specific prefix that contains it`,
      )
    else if (!ownedSpace(intent.pools).contains(cover))
      report.error('outside-pools', pointer, `${cover} is in no pool, and only space in a pool may be announced (G7)`)
    else if (!intent.prefixes.has(cover))
      report.error('unknown-reference', pointer, `there is no Prefix "${cover}"; publish it, or it is no last resort`)
    else if (intent.prefixes.get(cover)?.at.length === 0)
      report.warning('not-announced', pointer, `${cover} is announced nowhere, so it is no last resort; publish it`)
    return report.findings
  })
}

function checkWatched(
  report: Report,
  intent: Intent,
  surroundings: Surroundings,
  policy: FailoverPolicy,
  pops: ReadonlySet<PopId>,
): void {
  const checks = policy.checks.flatMap((name) => intent.checks.get(name as CheckId) ?? [])
  const ofPops = checks.filter(({ subject }) => subject !== 'neighbor')
  if (ofPops.length === 0 || checks.length < policy.checks.length) return
  const watched = new Set(ofPops.flatMap(({ at, except }) => [...surroundings.coverage(at, except).pops]))
  const unwatched = [...pops.difference(watched)].sort()
  if (unwatched.length > 0)
    report.warning(
      'unwatched',
      '/spec/failover/checks',
      `none of its checks is about ${listed(unwatched)}, so nothing fails over there; widen "at" of a check`,
    )
}

function checkBackup(
  report: Report,
  intent: Intent,
  surroundings: Surroundings,
  { backup }: FailoverPolicy,
  pops: ReadonlySet<PopId>,
): void {
  const places = placesOf(intent)
  for (const [i, selector] of backup.entries()) {
    const pointer = `/spec/failover/backup/${i}`
    const { pops: named, standing } = surroundings.coverage([selector])
    const both = [...named.intersection(pops)].sort()
    if (!places.has(selector)) report.error('unknown-reference', pointer, unknownPlace(places, selector))
    else if (standing.size === 0)
      report.warning('no-speaker', pointer, `no POP of "${selector}" has a speaker, so nothing can be announced there`)
    else if (both.length > 0)
      report.warning(
        'backup-announces',
        pointer,
        `${listed(both)} announces it anyway, so it is no backup; name it in except, or take it out of backup`,
      )
  }
}

/** G1 holds for automation without exception. */
function checkReach(report: Report, { prefix, floor }: Announcement, policy: FailoverPolicy, intended: number): void {
  const least = Math.max(2, Math.ceil(intended / 2), floor ?? 0)
  if (policy.action === 'prepend' || policy.backup.length > 0 || intended === 0 || intended > least) return
  report.warning(
    'failover-at-floor',
    '/spec/failover/action',
    `automation can never ${policy.action} it anywhere: ${prefix} is meant for ${intended} POP${intended === 1 ? '' : 's'}, and ${least} must stay (G1);` +
      ' publish it at more POPs, name backup POPs, or use action: prepend',
  )
}

interface Inert {
  readonly pointer: string
  readonly message: string
}

function inertBecause(
  intent: Intent,
  surroundings: Surroundings,
  { prefix, place, action }: Failover,
): Inert | undefined {
  const announcement = intent.prefixes.get(prefix)
  if (announcement === undefined)
    return { pointer: '/spec/prefix', message: unknownName('Prefix', prefix, intent.prefixes.keys()) }
  const policy = announcement.failover
  if (policy === undefined) return { pointer: '/spec/prefix', message: `${prefix} has no failover policy` }
  if (place.kind === 'neighbor' && !intent.neighbors.has(place.neighbor))
    return { pointer: '/spec/neighbor', message: unknownName('Neighbor', place.neighbor, intent.neighbors.keys()) }
  const pop = popOfPlace(intent, place)
  if (pop === undefined || !intent.pops.has(pop))
    return { pointer: `/spec/${place.kind}`, message: unknownName('Pop', pop ?? '', intent.pops.keys()) }
  if (action === 'activate')
    return surroundings.coverage(policy.backup).pops.has(pop)
      ? undefined
      : { pointer: '/spec/pop', message: `${pop} is no backup of ${prefix}` }
  const reached = surroundings.coverage([...announcement.at, ...policy.backup]).pops
  return reached.has(pop)
    ? undefined
    : { pointer: `/spec/${place.kind}`, message: `${prefix} is not announced at ${pop}` }
}

function isKnown({ checks, alertMappings }: Intent, name: FailoverPolicy['checks'][number]): boolean {
  return checks.has(name as CheckId) || alertMappings.has(name as AlertMappingId)
}
