/**
 * Alerts of another system (Alertmanager webhook, version 4) as verdicts. An AlertMapping says which POP, neighbor and prefix
 * an alert is about; while any alert of a place fires, the place is sick by that mapping, and when the last one is resolved it
 * is healthy and its hold-down begins. An alert that was never heard of says nothing: no news is unknown, not good news. So an
 * alert that a truncated message left out changes nothing, and is told of.
 */
import { type Prefix, parsePrefix } from '../bgp/prefix.ts'
import type { Intent, NeighborId, PopId } from '../intent/model.ts'
import type { AlertMapping, FailoverPlace } from '../intent/monitoring.ts'
import type { Condition } from './failover-input.ts'
import { type Penalty, flapped, noPenalty } from './penalty.ts'
import { type Subject, subjectKey } from './subject.ts'
import { type Verdict, type VerdictKey, placeOf, verdictKey } from './verdict.ts'

export interface ExternalAlert {
  /** Names the alert: the same alert has the same. */
  readonly fingerprint: string
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  /** Annotation `summary` or `description`. */
  readonly summary?: string
}

/** What alerts say of one place. Plain data, so that it can be stored. */
export interface AlertState {
  readonly mapping: string
  readonly subject: Subject
  readonly prefix?: Prefix
  /** Fingerprints. */
  readonly firing: readonly string[]
  /** Since when any of them fires, or none does; ms since the epoch. */
  readonly sinceMs: number
  readonly summary: string
  readonly penalty: Penalty
}

export type AlertStates = ReadonlyMap<VerdictKey, AlertState>

/** Where the policies that name a mapping say nothing. */
const holdDownMs = 60_000

export interface FollowedAlerts {
  readonly states: AlertStates
  /** Alerts that no mapping takes, or that name what is not there, each with a sentence. */
  readonly problems: readonly { readonly fingerprint: string; readonly problem: string }[]
}

/** Takes alerts in, in the order in which they came. */
export function followAlerts(
  before: AlertStates,
  alerts: readonly ExternalAlert[],
  intent: Pick<Intent, 'alertMappings' | 'pops' | 'neighbors' | 'speakers'>,
  nowMs: number,
): FollowedAlerts {
  const states = new Map(before)
  const problems: { readonly fingerprint: string; readonly problem: string }[] = []
  for (const alert of alerts) {
    const mappings = [...intent.alertMappings.values()].filter(({ match }) => fits(match, alert.labels))
    const { fingerprint } = alert
    if (mappings.length === 0) problems.push({ fingerprint, problem: unmatched(alert, intent.alertMappings) })
    for (const mapping of mappings) {
      const mapped = mapAlert(alert, mapping, intent)
      if (!mapped.ok) problems.push({ fingerprint, problem: mapped.problem })
      else follow(states, alert, mapping, mapped, nowMs)
    }
  }
  return { states, problems }
}

export function alertVerdicts(states: AlertStates): readonly Verdict[] {
  return Array.from(states.values(), ({ mapping, subject, prefix, firing, sinceMs, summary, penalty }): Verdict => ({
    check: mapping,
    subject: subjectKey(subject),
    pop: subject.pop,
    place: placeOf(subject),
    ...(prefix !== undefined && { prefix }),
    state: firing.length > 0 ? 'sick' : 'healthy',
    sinceMs,
    reason: firing.length > 0 ? `${mapping}: ${summary}` : `${mapping} is resolved`,
    ...(firing.length > 0 && {
      completedBy: { agent: 'alertmanager', sequence: 0, sentAtMs: sinceMs, receivedAtMs: sinceMs },
    }),
    penalty,
    holdDownMs,
    evidence: {
      failed: firing.length > 0 ? ['alertmanager'] : [],
      ok: firing.length > 0 ? [] : ['alertmanager'],
      unknown: [],
      quorum: 1,
    },
  }))
}

/** Well for so long: nobody needs to know any more. */
const forgottenAfterMs = 24 * 3600 * 1000

/** Without those whose mapping is gone, and those that have been well for a day. */
export function currentAlerts(
  states: AlertStates,
  { alertMappings }: Pick<Intent, 'alertMappings'>,
  nowMs: number,
): AlertStates {
  const current = [...states].filter(
    ([, { mapping, firing, sinceMs }]) =>
      alertMappings.has(mapping as AlertMapping['id']) && (firing.length > 0 || nowMs - sinceMs < forgottenAfterMs),
  )
  return current.length === states.size ? states : new Map(current)
}

/** Alertmanager left alerts out of a message (`truncatedAlerts`): an alarm of its own. */
export function truncationCondition(source: string, left: number): Condition {
  return {
    kind: 'alerts-truncated',
    subject: source,
    severity: 'warning',
    message: `${left} alerts were left out of a message: raise max_alerts of the receiver, or group finer`,
  }
}

type Mapped =
  | { readonly ok: true; readonly subject: Subject; readonly prefix?: Prefix }
  | { readonly ok: false; readonly problem: string }

function mapAlert(
  { labels }: ExternalAlert,
  { id, pop, neighbor, prefix }: AlertMapping,
  { pops, neighbors, speakers }: Pick<Intent, 'pops' | 'neighbors' | 'speakers'>,
): Mapped {
  const read = prefix === undefined ? undefined : parsePrefix(filled(prefix, labels))
  if (read?.ok === false) return { ok: false, problem: `its prefix: ${read.problem}` }
  const about = read === undefined ? {} : { prefix: read.value }
  if (neighbor !== undefined) {
    const name = filled(neighbor, labels)
    const found = neighbors.get(name as NeighborId)
    const at = found === undefined ? undefined : speakers.get(found.speaker)?.pop
    if (found === undefined || at === undefined) return { ok: false, problem: `there is no neighbor "${name}"` }
    return { ok: true, subject: { kind: 'neighbor', pop: at, neighbor: found.id }, ...about }
  }
  const name = filled(pop ?? '', labels)
  if (!pops.has(name as PopId)) return { ok: false, problem: `there is no POP "${name}"` }
  return { ok: true, subject: { kind: 'service', pop: name as PopId, service: id }, ...about }
}

function follow(
  states: Map<VerdictKey, AlertState>,
  { fingerprint, status, summary }: ExternalAlert,
  { id }: AlertMapping,
  { subject, prefix }: { readonly subject: Subject; readonly prefix?: Prefix },
  nowMs: number,
): void {
  const place: FailoverPlace = placeOf(subject)
  const key = verdictKey(id, place, prefix)
  const before = states.get(key)
  const others = (before?.firing ?? []).filter((one) => one !== fingerprint)
  const firing = status === 'firing' ? [...others, fingerprint] : others
  const wasSick = before !== undefined && before.firing.length > 0
  const isSick = firing.length > 0
  const penalty = before?.penalty ?? noPenalty
  states.set(key, {
    mapping: id,
    subject,
    ...(prefix !== undefined && { prefix }),
    firing,
    sinceMs: before !== undefined && wasSick === isSick ? before.sinceMs : nowMs,
    summary: status === 'firing' ? (summary ?? 'an alert fires') : (before?.summary ?? ''),
    penalty: before !== undefined && !wasSick && isSick ? flapped(penalty, nowMs) : penalty,
  })
}

/** Which label of which mapping does not fit, for the first few. */
function unmatched({ labels }: ExternalAlert, mappings: Intent['alertMappings']): string {
  const why = [...mappings.values()].slice(0, toldAtMost).map(({ id, match }) => {
    const [name, values] = [...match].find(([label, any]) => !any.includes(labels[label] ?? '')) ?? ['', []]
    const has = labels[name] === undefined ? 'it has none' : `it has "${labels[name]}"`
    return `${id} wants ${name} ${values.map((value) => `"${value}"`).join(' or ')}, ${has}`
  })
  const more = mappings.size > toldAtMost ? `; and ${mappings.size - toldAtMost} more` : ''
  return why.length === 0
    ? 'no AlertMapping takes it: there is none'
    : `no AlertMapping takes it: ${why.join('; ')}${more}`
}

const toldAtMost = 3

function fits(match: AlertMapping['match'], labels: Readonly<Record<string, string>>): boolean {
  return [...match].every(([name, values]) => values.includes(labels[name] ?? ''))
}

/** A name, with `{label}` for what the alert's label says. */
function filled(text: string, labels: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, label: string) => labels[label] ?? '')
}
