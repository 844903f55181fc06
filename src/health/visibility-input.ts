/** What is judged when vantage routers are listened to: documents, what speakers hold, and what the routers see. */
import type { Prefix } from '../bgp/prefix.ts'
import type { Intent, SpeakerId } from '../intent/model.ts'
import { type Alarms, isOpen } from './alarm.ts'
import type { Condition } from './failover-input.ts'
import { type CollectorView, isInformed } from './visibility.ts'

/** What speakers' RIBs say of a prefix. */
export interface Standing {
  /** Some POP announces it, read back from its RIB and from its neighbors' adj-out. */
  isProved(prefix: Prefix): boolean
  /** No speaker holds a path of it; one that cannot be read held none when it was read last. */
  isGone(prefix: Prefix): boolean
  /** Some speaker holds a local path of it, whoever put it there, or is told to. */
  isAnnounced(prefix: Prefix): boolean
  /** Speakers that cannot be read now: what other programs announce there is as last read. */
  unread(): readonly SpeakerId[]
}

export interface VisibilityInput {
  readonly intent: Pick<Intent, 'network' | 'pools' | 'prefixes' | 'neighbors'>
  /** Prefixes whose documents were deleted: announced once, and not any more. */
  readonly deleted: ReadonlySet<Prefix>
  readonly standing: Standing
  /** Speakers have sessions that no Neighbor document names. */
  readonly hasUnnamedSessions: boolean
  readonly collectors: readonly CollectorView[]
  readonly alarms: Alarms
  readonly nowMs: number
}

/** Milliseconds for which a kind of condition has lasted for a prefix, this look included. */
export type Lasting = (kind: string, prefix: Prefix) => number

/** The routers' own patience: how long what is withdrawn may be seen, and what changed may be seen as it was, ms. */
export function patienceMs(collectors: readonly CollectorView[]): number {
  return Math.max(...collectors.map(({ seenWithinMs }) => seenWithinMs))
}

/** With open alarms of the kind that are over as far as can be seen, and that a vantage router told which cannot tell now. */
export function withUntold(
  kind: string,
  conditions: readonly Condition[],
  { collectors, alarms }: Pick<VisibilityInput, 'collectors' | 'alarms'>,
): readonly Condition[] {
  const told = new Set(conditions.map(({ subject }) => subject))
  const deaf = new Set<string>(collectors.filter((one) => !isInformed(one)).map(({ id }) => id))
  const kept = [...alarms.values()].filter(
    (alarm) =>
      alarm.kind === kind &&
      isOpen(alarm) &&
      !told.has(alarm.subject) &&
      (alarm.labels?.['collector'] ?? '').split(',').some((id) => deaf.has(id)),
  )
  return [...conditions, ...kept]
}
