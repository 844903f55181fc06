/**
 * BGP sessions as a dimension of health: what the daemons themselves say of their neighbors becomes conditions.
 *   session-down      it was established and is not any more (a shutdown of a person's own, or by a drain, is no alarm);
 *   session-flapping  it was lost `flapLosses` times within `flapWindowMs`;
 *   prefixes-lost     a neighbor that gave at least `leastPrefixes` gives less than half of them within a minute.
 * They tell and move no route: the route toward a dead session is gone anyway. A speaker that cannot be read says nothing
 * about its sessions. A new leader has no memory: what an open alarm says stands until the daemon says otherwise. Pure:
 * time is an argument.
 */
import type { Address } from '../bgp/address.ts'
import type { Intent, NeighborId, PopId, SpeakerId } from '../intent/model.ts'
import { type Alarm, type Alarms, isOpen, openAlarm } from './alarm.ts'
import type { Condition } from './failover-input.ts'

/** What a daemon says of one neighbor. */
export interface SessionReport {
  readonly address: string
  readonly asn: number
  readonly state: string
  readonly adminDown: boolean
  /** The daemon closed it, because it sent more prefixes than its limit. */
  readonly prefixLimit: boolean
  readonly received: number
  readonly accepted: number
}

/** Where a session is, as documents say. */
export interface SessionPlace {
  readonly pop: PopId
  /** Absent where no document names the neighbor. */
  readonly neighbor?: NeighborId
}

/** True where a drain has shut the session, or it was opened a moment ago and is not back. */
export type IsPlanned = (speaker: SpeakerId, address: string) => boolean

/** How a session does now. */
export interface SessionStanding {
  readonly speaker: SpeakerId
  readonly address: string
  readonly place: SessionPlace
  readonly established: boolean
  /** How often it was lost within `flapWindowMs`. */
  readonly losses: number
  readonly received: number
  readonly accepted: number
}

export type PlaceOfSession = (speaker: SpeakerId, address: string) => SessionPlace | undefined

export const sessionRules = {
  flapLosses: 3,
  flapWindowMs: 600_000,
  countWindowMs: 60_000,
  leastPrefixes: 10,
  /** Fewer than this share of what there was is a loss; it is over at `recoveredShare`. */
  lostShare: 0.5,
  recoveredShare: 0.75,
  /** What has lasted so long is the usual count from now on. */
  accustomedAfterMs: 3_600_000,
  /** An event is newer than what is read this soon after it. */
  eventWinsForMs: 3000,
} as const

interface Count {
  readonly atMs: number
  readonly received: number
  readonly accepted: number
}

interface Session {
  asn: number
  established: boolean
  adminDown: boolean
  prefixLimit: boolean
  /** Times at which it was lost, oldest first, within the window. */
  readonly losses: number[]
  /** Set from when it was lost until it is established again. */
  isLost: boolean
  heardAtMs: number
  /** Each holds until the next. */
  counts: Count[]
}

/** Neighbors whose session is known not to be established. */
export function linesDown(
  { neighbors }: Pick<Intent, 'neighbors'>,
  isEstablished: (speaker: SpeakerId, address: Address) => boolean | undefined,
): ReadonlySet<NeighborId> {
  const down = new Set<NeighborId>()
  for (const { id, speaker, address } of neighbors.values()) if (isEstablished(speaker, address) === false) down.add(id)
  return down
}

export class SessionBook {
  /** By speaker, then by address. A speaker is here once its daemon was read. */
  readonly #speakers = new Map<SpeakerId, Map<string, Session>>()

  /**
   * All neighbors of a speaker, as read. One that is not among them any more is forgotten.
   * @returns whether a session was lost or came back, or prefixes were lost
   */
  read(speaker: SpeakerId, reports: readonly SessionReport[], nowMs: number, isPlanned: IsPlanned): boolean {
    const before = this.#speakers.get(speaker) ?? new Map<string, Session>()
    const now = new Map<string, Session>()
    let turned = before.size > reports.length
    for (const report of reports) {
      const session = before.get(report.address) ?? newSession()
      now.set(report.address, session)
      session.asn = report.asn
      if (session.adminDown !== report.adminDown || session.prefixLimit !== report.prefixLimit) turned = true
      session.adminDown = report.adminDown
      session.prefixLimit = report.prefixLimit
      if (nowMs - session.heardAtMs >= sessionRules.eventWinsForMs)
        turned = follow(session, report.state === 'established', nowMs, isPlanned(speaker, report.address)) || turned
      if (session.established && report.state === 'established') turned = count(session, report, nowMs) || turned
    }
    this.#speakers.set(speaker, now)
    return turned
  }

  /** One session changed its state. @returns whether it was lost or came back */
  hear(speaker: SpeakerId, address: string, state: string, nowMs: number, isPlanned: IsPlanned): boolean {
    const session = this.#speakers.get(speaker)?.get(address)
    if (session === undefined) return false
    session.heardAtMs = nowMs
    return follow(session, state === 'established', nowMs, isPlanned(speaker, address))
  }

  /** undefined: it was not read. */
  isEstablished(speaker: SpeakerId, address: string): boolean | undefined {
    return this.#speakers.get(speaker)?.get(address)?.established
  }

  /** Speakers that no document names any more are forgotten. */
  keep(speakers: { has(speaker: SpeakerId): boolean }): void {
    for (const speaker of this.#speakers.keys()) if (!speakers.has(speaker)) this.#speakers.delete(speaker)
  }

  /** All that is wrong now. @param alarms as they are, open ones of sessions among them */
  conditions(placeOf: PlaceOfSession, isPlanned: IsPlanned, alarms: Alarms, nowMs: number): readonly Condition[] {
    const wrong = this.#unread(placeOf, alarms)
    for (const [speaker, sessions] of this.#speakers)
      for (const [address, session] of sessions) {
        const place = placeOf(speaker, address)
        if (place === undefined) continue
        const at = { speaker, address, place, asn: session.asn }
        const lost = isPlanned(speaker, address) ? [] : down(at, session, alarms)
        wrong.push(...lost, ...flapping(at, session, nowMs), ...fewer(at, session, alarms, nowMs))
      }
    return wrong
  }

  /** All sessions at places that documents name. */
  standing(placeOf: PlaceOfSession, nowMs: number): readonly SessionStanding[] {
    return [...this.#speakers].flatMap(([speaker, sessions]) =>
      [...sessions].flatMap(([address, session]): readonly SessionStanding[] => {
        const place = placeOf(speaker, address)
        if (place === undefined) return []
        const { received = 0, accepted = 0 } = session.counts.at(-1) ?? {}
        const losses = session.losses.filter((atMs) => nowMs - atMs < sessionRules.flapWindowMs).length
        return [{ speaker, address, place, established: session.established, losses, received, accepted }]
      }),
    )
  }

  /** What open alarms say of speakers that this book has not read yet. */
  #unread(placeOf: PlaceOfSession, alarms: Alarms): Condition[] {
    return [...alarms.values()].filter((alarm) => {
      const { speaker, address } = alarm.labels ?? {}
      if (!isOpen(alarm) || !kinds.has(alarm.kind) || speaker === undefined || address === undefined) return false
      return !this.#speakers.has(speaker as SpeakerId) && placeOf(speaker as SpeakerId, address) !== undefined
    })
  }
}

const kinds = new Set(['session-down', 'session-flapping', 'prefixes-lost'])

interface At {
  readonly speaker: SpeakerId
  readonly address: string
  readonly place: SessionPlace
  readonly asn: number
}

function newSession(): Session {
  return {
    asn: 0,
    established: false,
    adminDown: false,
    prefixLimit: false,
    losses: [],
    isLost: false,
    heardAtMs: -Infinity,
    counts: [],
  }
}

function follow(session: Session, established: boolean, nowMs: number, planned: boolean): boolean {
  if (session.established === established) return false
  session.established = established
  session.isLost = !established
  session.counts = []
  if (!established && !session.adminDown && !planned) session.losses.push(nowMs)
  return true
}

/** True where a count fell below the share that is a loss. */
function count(session: Session, { received, accepted }: SessionReport, nowMs: number): boolean {
  const { counts } = session
  const last = counts.at(-1)
  if (last !== undefined && last.received === received && last.accepted === accepted) return false
  counts.push({ atMs: nowMs, received, accepted })
  return counted.some((kind) => isFew(session, kind, nowMs) !== undefined)
}

const counted = ['received', 'accepted'] as const

/** What there was within the window, where less than the share of it is left. */
function isFew({ counts }: Session, kind: (typeof counted)[number], nowMs: number): number | undefined {
  const fromMs = nowMs - sessionRules.countWindowMs
  while (counts.length > 1 && (counts[1] as Count).atMs <= fromMs) counts.shift()
  const before = Math.max(0, ...counts.map((count) => count[kind]))
  const now = counts.at(-1)?.[kind] ?? 0
  return before >= sessionRules.leastPrefixes && now < before * sessionRules.lostShare ? before : undefined
}

function down(at: At, { established, isLost, adminDown, prefixLimit }: Session, alarms: Alarms): readonly Condition[] {
  if (established || adminDown) return []
  if (!isLost && !prefixLimit && openAlarm(alarms, 'session-down', subjectOf(at)) === undefined) return []
  const why = prefixLimit ? 'closed it: the neighbor sends more prefixes than its limit' : 'lost it'
  return [condition('session-down', 'critical', at, `session with ${nameOf(at)}: ${at.speaker} ${why}`)]
}

function flapping(at: At, { losses }: Session, nowMs: number): readonly Condition[] {
  const { flapWindowMs, flapLosses } = sessionRules
  while (losses[0] !== undefined && nowMs - losses[0] >= flapWindowMs) losses.shift()
  if (losses.length < flapLosses) return []
  const message = `session with ${nameOf(at)} at ${at.speaker} was lost ${losses.length} times in ${flapWindowMs / 60_000} min`
  return [condition('session-flapping', 'warning', at, message)]
}

function fewer(at: At, session: Session, alarms: Alarms, nowMs: number): readonly Condition[] {
  if (!session.established) return []
  const lost =
    standingLoss(session, openAlarm(alarms, 'prefixes-lost', subjectOf(at)), nowMs) ?? freshLoss(session, nowMs)
  if (lost === undefined) return []
  const now = session.counts.at(-1)?.[lost.kind] ?? 0
  const message = `${nameOf(at)} gave ${at.speaker} ${lost.before} prefixes, and ${now} are left (${lost.kind})`
  return [condition('prefixes-lost', 'warning', at, message, { counted: lost.kind, before: String(lost.before) })]
}

interface Loss {
  readonly kind: (typeof counted)[number]
  readonly before: number
}

function freshLoss(session: Session, nowMs: number): Loss | undefined {
  for (const kind of counted) {
    const before = isFew(session, kind, nowMs)
    if (before !== undefined) return { kind, before }
  }
  return undefined
}

function standingLoss({ counts }: Session, alarm: Alarm | undefined, nowMs: number): Loss | undefined {
  if (alarm === undefined || nowMs - alarm.startedAtMs >= sessionRules.accustomedAfterMs) return undefined
  const kind = alarm.labels?.['counted'] === 'accepted' ? 'accepted' : 'received'
  const before = Number(alarm.labels?.['before'] ?? 0)
  const now = counts.at(-1)?.[kind]
  if (now === undefined || now >= before * sessionRules.recoveredShare) return undefined
  return { kind, before }
}

function subjectOf({ speaker, address, place }: At): string {
  return `session/${speaker}/${place.neighbor ?? address}`
}

function nameOf({ address, place, asn }: At): string {
  return `${place.neighbor ?? address} (AS ${asn})`
}

function condition(
  kind: string,
  severity: Condition['severity'],
  at: At,
  message: string,
  more: Readonly<Record<string, string>> = {},
): Condition {
  const { speaker, address, place } = at
  const labels = {
    pop: place.pop,
    speaker,
    address,
    ...(place.neighbor !== undefined && { neighbor: place.neighbor }),
    ...more,
  }
  return { kind, subject: subjectOf(at), severity, message, labels }
}
