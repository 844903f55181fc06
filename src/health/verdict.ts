/**
 * A verdict: what all agents that probe one subject by one check say together, or what an alert of another system says.
 * `unknown` is an answer of its own: no verdict that is unknown ever moves a route, in either direction.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { FailoverPlace } from '../intent/monitoring.ts'
import type { PopId } from '../intent/model.ts'
import { type Penalty, isDamped } from './penalty.ts'
import { type Subject, type SubjectKey, subjectKey } from './subject.ts'

export type VerdictState = 'healthy' | 'sick' | 'unknown'

export interface Verdict {
  /** Name of the Check, or of the AlertMapping. */
  readonly check: string
  readonly subject: SubjectKey
  /** POP of the subject. */
  readonly pop: PopId
  /** What a measure is taken at: the POP, or the neighbor. */
  readonly place: FailoverPlace
  /** Only this prefix is concerned; absent: every prefix whose policy names the check. Of alerts alone. */
  readonly prefix?: Prefix
  readonly state: VerdictState
  /** Milliseconds since the epoch. Sick again after an unknown time: since it was first sick. */
  readonly sinceMs: number
  /** One sentence for people. */
  readonly reason: string
  readonly penalty: Penalty
  /** How long it must be well before traffic returns, where the prefix's policy does not say. */
  readonly holdDownMs: number
  readonly evidence: Evidence
  /** The sample that completed the verdict. Only while sick, and only where a sample did. */
  readonly completedBy?: CompletingSample
}

/** Names of agents (or of the alerting system) by what they say. */
export interface Evidence {
  readonly failed: readonly string[]
  readonly ok: readonly string[]
  readonly unknown: readonly string[]
  /** Agents that must say `failed`. */
  readonly quorum: number
}

export interface CompletingSample {
  readonly agent: string
  readonly sequence: number
  /** By the agent's clock. */
  readonly sentAtMs: number
  /** By ours. */
  readonly receivedAtMs: number
}

/** `dns pop fra`, `line-up neighbor fra-transit`: one verdict a check, place and, where it names one, prefix. */
export type VerdictKey = string & { readonly __brand: 'VerdictKey' }

export function verdictKey(check: string, place: FailoverPlace, prefix?: Prefix): VerdictKey {
  const key = `${check} ${placeText(place)}`
  return (prefix === undefined ? key : `${key} ${prefix}`) as VerdictKey
}

/** `pop fra`, `neighbor fra-transit`. */
export function placeText(place: FailoverPlace): string {
  return place.kind === 'pop' ? `pop ${place.pop}` : `neighbor ${place.neighbor}`
}

/** Where something is done about a subject: services and paths at the POP, lines toward the neighbor. */
export function placeOf(subject: Subject): FailoverPlace {
  return subject.kind === 'neighbor'
    ? { kind: 'neighbor', neighbor: subject.neighbor }
    : { kind: 'pop', pop: subject.pop }
}

/** All verdicts, and again those that are sick, so that a decision costs what is sick and not what is watched. */
export interface Verdicts {
  readonly all: ReadonlyMap<VerdictKey, Verdict>
  readonly sick: ReadonlyMap<VerdictKey, Verdict>
  /** Not sick, but one failure away from it: what fails together is seen to before the first of it is believed. */
  readonly doubtful: ReadonlyMap<VerdictKey, Verdict>
}

/** What several sources say, such as the book and alerts of another system; they have no checks in common. */
export function joinedVerdicts(verdicts: Verdicts, more: Iterable<Verdict>): Verdicts {
  const added = [...more]
  if (added.length === 0) return verdicts
  const all = new Map(verdicts.all)
  const sick = new Map(verdicts.sick)
  for (const verdict of added) {
    const key = verdictKey(verdict.check, verdict.place, verdict.prefix)
    all.set(key, verdict)
    if (verdict.state === 'sick') sick.set(key, verdict)
  }
  return { all, sick, doubtful: verdicts.doubtful }
}

/** When its traffic may come back if it stays as it is, ms since the epoch: hold-down over, not damped. Infinity: never. */
export function readyAtMs({ state, sinceMs, penalty }: Verdict, holdDownMs: number, nowMs: number): number {
  if (state !== 'healthy') return Infinity
  const dampedUntilMs = isDamped(penalty, nowMs) ? (penalty.suppressedUntilMs ?? 0) : 0
  return Math.max(sinceMs + holdDownMs, dampedUntilMs)
}

/** `dns at fra`, `line fra-transit at fra`, `path via-bb1 at fra`. */
export function subjectWords(subject: Subject): string {
  switch (subject.kind) {
    case 'service':
      return `${subject.service} at ${subject.pop}`
    case 'neighbor':
      return `line ${subject.neighbor} at ${subject.pop}`
    case 'path':
      return `path ${subject.path} at ${subject.pop}`
  }
}

/** The sentence of a verdict. @param why of the agent whose sample completed it, or of the first that failed */
export function verdictSentence(subject: Subject, state: VerdictState, evidence: Evidence, why: string): string {
  const { failed, ok, unknown, quorum } = evidence
  const count = failed.length + ok.length + unknown.length
  const agents = `${count} ${count === 1 ? 'agent' : 'agents'}`
  const words = subjectWords(subject)
  if (state === 'sick') return `${words} fails for ${failed.length} of ${agents} (${named(failed)}): ${why}`
  if (state === 'healthy') return `${words} is well for ${ok.length} of ${agents}`
  const heard = `${failed.length + ok.length} of ${agents} can say`
  return `${words} is unknown: ${heard}; ${quorum} failed make it sick, ${count - quorum + 1} good make it healthy`
}

/** A verdict about what nothing has been heard of yet. */
export function unheard(check: string, subject: Subject, agents: readonly string[], quorum: number, nowMs: number) {
  const evidence: Evidence = { failed: [], ok: [], unknown: agents, quorum }
  return {
    check,
    subject: subjectKey(subject),
    pop: subject.pop,
    place: placeOf(subject),
    state: 'unknown',
    sinceMs: nowMs,
    reason: verdictSentence(subject, 'unknown', evidence, ''),
    evidence,
  } as const
}

/** Names that fit into a sentence. */
function named(names: readonly string[]): string {
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 6).join(', ')} and ${names.length - 6} more`
}
