/**
 * The store: all that Herald keeps in Redis, by topic. Each topic is one file; this is their sum. Every call fails
 * with an OperationError (`store-unavailable`, `store-full`, …) and nothing here retries.
 */
import type { AttributesKey } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { AlarmChange, AlarmState, Alarms } from '../health/alarm.ts'
import type { RolloutState } from './rollouts.ts'
import type { FailoverMemory, Refusal } from '../health/failover-input.ts'
import type { Verdict, VerdictKey } from '../health/verdict.ts'
import type { Sample } from '../health/sample.ts'
import type { TrafficFigures } from '../health/traffic.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { DocumentChange, DocumentKey } from '../intent/document.ts'
import type { RolloutNews } from '../intent/edit/rollout.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { AgentId } from '../intent/monitoring.ts'
import type { ObservedRoute, Offer, Target } from '../plan/observed.ts'
import type { SpeakerNeighbor } from '../speaker/speaker.ts'
import type { Alerts, Notices, Practices } from './alarm-traffic.ts'
import type { Collectors } from './collectors.ts'
import type { Idempotency } from './idempotency.ts'
import type { Learner } from './learning.ts'
import type { ProofState, Proofs } from './proof.ts'
import type { ShutNote } from './session.ts'
import type { Sight } from './sight.ts'

export interface Head {
  /** Names this Redis store: made once, at random, 1 to 2^32-1. */
  readonly epoch: number
  readonly revision: number
}

/** An operator's word that a Redis which is not the one that was known is the true one from now on. */
export interface Acceptance {
  /** Unique, so that no controller takes it for a word about a later loss. */
  readonly id: string
  /** What the controller had seen that was told. */
  readonly was: Head
  readonly now: Head
}

/** What a person (or automation) wants committed. */
export interface Commit {
  /** The head revision it was reviewed against; another one fails with `stale-revision`. */
  readonly expected: number
  readonly changes: readonly DocumentChange[]
  readonly author: string
  readonly reason: string
  /** The verb, such as `publish 203.0.113.0/24 --at eu`. */
  readonly command: string
  /** Guards a person overrode, by name. */
  readonly forced: readonly string[]
  /** Announcements (prefix, POP) that this takes away; the planner tolerates as many withdrawals (G4). */
  readonly removes: number
}

export interface Revision extends Omit<Commit, 'expected'> {
  readonly revision: number
  readonly atMs: number
}

export interface Revisions {
  /** undefined: this Redis has never held a Herald. */
  head(): Promise<Head | undefined>
  /** Makes epoch and revision 0 where there are none; otherwise answers what is there. */
  initialise(): Promise<Head>
  /** Tells every controller on this store. */
  accept(acceptance: Acceptance): Promise<void>
  /** The latest one. */
  acceptance(): Promise<Acceptance | undefined>
  /** Atomically: compare, documents, revision record, `revision` event. Acknowledged when durable. */
  commit(commit: Commit): Promise<Revision>
  /** All documents as of head, or as of an earlier revision. `not-found` for a revision that never was. */
  documents(at?: number): Promise<{ readonly revision: number; readonly documents: ReadonlyMap<DocumentKey, unknown> }>
  /** The revision that made each document. Without those that are not there, or were before this was noted. */
  origins(documents: readonly DocumentKey[]): Promise<ReadonlyMap<DocumentKey, Revision>>
  /** Revisions above the given one, in order. */
  since(revision: number): Promise<readonly Revision[]>
  get(revision: number): Promise<Revision>
  /** Newest first. */
  list(page: { readonly before?: number; readonly limit: number }): Promise<readonly Revision[]>
}

/** Proof that the caller still holds the planner's lease; every write of targets checks it. */
export interface Fence {
  readonly lease: string
  readonly token: string
}

export interface StoredTarget {
  readonly prefix: Prefix
  readonly target: Target
  readonly generation: number
}

export interface Targets {
  /**
   * Per speaker: targets set and forgotten under one new generation (more than 2,000: slices under rising ones, the last
   * is answered; only forgotten: no new one). `lease-lost` where the fence does not hold. After any other failure part of
   * it may be decided: read it again.
   */
  decide(
    fence: Fence,
    changes: ReadonlyMap<SpeakerId, { readonly set: ReadonlyMap<Prefix, Target>; readonly forget: readonly Prefix[] }>,
  ): Promise<ReadonlyMap<SpeakerId, number>>
  all(speaker: SpeakerId): Promise<readonly StoredTarget[]>
  of(speaker: SpeakerId, prefixes: readonly Prefix[]): Promise<readonly StoredTarget[]>
  /** Decided above the applied generation, in order of generation. */
  pending(
    speaker: SpeakerId,
  ): Promise<{ readonly decided: number; readonly applied: number; readonly targets: readonly StoredTarget[] }>
}

/** What is known of a speaker's daemon. */
export interface SpeakerStatus {
  readonly reach: 'up' | 'unknown'
  readonly sinceMs: number
  /** Why unknown. */
  readonly problem?: string
  readonly api?: string
  readonly routerId?: string
  readonly policy?: 'installed' | 'missing' | 'foreign'
  readonly neighbors?: readonly SpeakerNeighbor[]
  /** Whole RIB last read, ms since the epoch. */
  readonly readAtMs?: number
  /** Local paths that are not ours. */
  readonly foreign?: number
}

export interface SpeakerState {
  readonly decided: number
  readonly applied: number
  readonly status: SpeakerStatus | undefined
  readonly configured: DesiredSpeaker | undefined
  /** An apply succeeded once, so the export policy there is ours. */
  readonly policed: boolean
  /** Why the last apply failed; undefined where it did not. */
  readonly trouble: string | undefined
  /** Neighbors that Herald added there: address → configuration it added them with. */
  readonly added: Readonly<Record<string, string>>
  /** Sessions that Herald shut down there and that are not established again, by address. */
  readonly shut: Readonly<Record<string, ShutNote>>
  /** A person said that it is gone for good; the planner forgets it. */
  readonly forsaken: boolean
}

export interface Speakers {
  configure(fence: Fence, configured: readonly DesiredSpeaker[]): Promise<void>
  /** Speakers that have any state: configured, decided for or reported. */
  known(): Promise<readonly SpeakerId[]>
  state(speaker: SpeakerId): Promise<SpeakerState>
  states(): Promise<ReadonlyMap<SpeakerId, SpeakerState>>
  report(speaker: SpeakerId, status: SpeakerStatus): Promise<void>
  /** Applied up to `generation`; never lowers. `lease-lost` where the fence does not hold. */
  applied(fence: Fence, speaker: SpeakerId, generation: number): Promise<void>
  /** Notes which neighbors Herald has added there. */
  noteAdded(speaker: SpeakerId, added: Readonly<Record<string, string>>): Promise<void>
  /** Notes which sessions Herald has shut down there. */
  noteShut(speaker: SpeakerId, shut: Readonly<Record<string, ShutNote>>): Promise<void>
  /** Notes why an apply failed, or that there is no trouble any more. */
  trouble(speaker: SpeakerId, words: string | undefined): Promise<void>
  /** A person says that it is gone for good, with whatever it still announces. */
  forsake(speaker: SpeakerId): Promise<void>
  /** Removes all that is known of it. `lease-lost` where the fence does not hold. */
  forget(fence: Fence, speaker: SpeakerId): Promise<void>
  /** The daemon lost everything (restart): all its targets are to be applied again. */
  reapply(speaker: SpeakerId): Promise<void>
}

export interface Observations {
  all(speaker: SpeakerId): Promise<ReadonlyMap<Prefix, ObservedRoute>>
  of(speaker: SpeakerId, prefixes: readonly Prefix[]): Promise<ReadonlyMap<Prefix, ObservedRoute>>
  /** Stores what was read of these prefixes (undefined: not in the RIB), marks changed ones dirty; answers which changed. */
  record(speaker: SpeakerId, seen: ReadonlyMap<Prefix, ObservedRoute | undefined>): Promise<readonly Prefix[]>
  /** The same for a whole RIB: what is not in it is not there. */
  recordAll(speaker: SpeakerId, seen: ReadonlyMap<Prefix, ObservedRoute>): Promise<readonly Prefix[]>
  /**
   * Takes up to `limit` dirty marks, for the planner that holds the lease (`lease-lost` otherwise). They are gone from
   * Redis even where the answer is lost: then load everything again.
   */
  takeDirty(fence: Fence, limit: number): Promise<readonly { readonly speaker: SpeakerId; readonly prefix: Prefix }[]>
  refuse(speaker: SpeakerId, refused: ReadonlyMap<Prefix, string | undefined>): Promise<void>
  refused(speaker: SpeakerId): Promise<ReadonlyMap<Prefix, string>>
  /** Notes where a neighbor's adj-out disagrees, in words; undefined: it agrees. Changed ones are marked dirty. */
  unprove(speaker: SpeakerId, words: ReadonlyMap<Prefix, string | undefined>): Promise<void>
  unproved(speaker: SpeakerId): Promise<ReadonlyMap<Prefix, string>>
  /** Stores what neighbors offer of these destinations; changed ones are marked dirty. Answers which changed. */
  offer(speaker: SpeakerId, offers: ReadonlyMap<Prefix, readonly Offer[]>): Promise<readonly Prefix[]>
  offers(speaker: SpeakerId): Promise<ReadonlyMap<Prefix, readonly Offer[]>>
}

export interface Lease {
  readonly fence: Fence
  /** True while held for certain: renewed in time, by this process' monotonic clock. */
  held(): boolean
  /** Aborts when the lease is lost or released. */
  readonly signal: AbortSignal
  release(): Promise<void>
}

export interface Leases {
  /** The lease, renewed in the background until released; undefined where another holds it. */
  acquire(name: string, ttlMs: number): Promise<Lease | undefined>
}

export type HeraldEvent =
  | {
      readonly type: 'revision'
      readonly revision: number
      readonly author: string
      readonly reason: string
      readonly command: string
    }
  | { readonly type: 'plan'; readonly actions: number; readonly held: number; readonly revision: number }
  | {
      readonly type: 'proof'
      readonly revision: number
      readonly speaker?: string
      /** `seen`: vantage points are answered as the change wants it; `seen-by-routers`: so do vantage routers see it. */
      readonly stage: 'planned' | 'pushed' | 'rib' | 'adj-out' | 'seen' | 'seen-by-routers' | ProofState
    }
  | { readonly type: 'speaker'; readonly speaker: string; readonly reach: 'up' | 'unknown'; readonly problem?: string }
  | { readonly type: 'neighbor'; readonly speaker: string; readonly address: string; readonly state: string }
  | {
      readonly type: 'alarm'
      readonly id: string
      readonly state: AlarmState
      readonly severity: 'critical' | 'warning' | 'info'
      readonly message: string
    }
  | { readonly type: 'go'; readonly author: string; readonly reason: string }
  /** A person said something to the path learner (store/learning). */
  | {
      readonly type: 'learner'
      readonly place: string
      readonly word: 'reset' | 'clear' | 'tune'
      readonly author: string
      readonly reason: string
    }
  | {
      readonly type: 'rollout'
      readonly rollout: string
      readonly state: RolloutNews['what']
      readonly stage: number
      readonly of: number
      readonly author: string
      readonly reason: string
    }
  | {
      readonly type: 'drift'
      readonly speaker: string
      readonly prefix: string
      readonly found: AttributesKey | 'absent'
    }

export interface StoredEvent {
  /** Redis stream id, `ms-seq`: the SSE `id`. */
  readonly id: string
  readonly event: HeraldEvent
}

export interface Events {
  append(event: HeraldEvent): Promise<string>
  /** Events after `after` (`$`: from now on), as they come, until the signal aborts. Uses a connection of its own. */
  follow(after: string, signal: AbortSignal): AsyncIterable<StoredEvent>
  /** The newest ones, oldest of them first. */
  latest(limit: number): Promise<readonly StoredEvent[]>
}

/** What an agent sends at once. */
export interface SampleBatch {
  /** Names one run of the agent's process. */
  readonly run: string
  /** Rises by one within a run. */
  readonly batch: number
  readonly samples: readonly Sample[]
  /** Samples of this run that the agent had to throw away so far, because it was cut off for too long. */
  readonly dropped: number
}

export interface StoredBatch {
  readonly agent: AgentId
  /** When it was taken, by the controller's clock, ms since the epoch. */
  readonly atMs: number
  readonly samples: readonly Sample[]
  /** Alerts of another system changed (`Alerts`); there are no samples then. */
  readonly alerts?: true
}

export interface AgentState {
  /** When it last sent anything, ms since the epoch. */
  readonly seenAtMs: number
  readonly dropped: number
}

export interface Samples {
  /** False: this batch was taken already. */
  take(agent: AgentId, batch: SampleBatch, atMs: number): Promise<boolean>
  /** Those of the last seconds, then all others as they come, until the signal aborts. A connection of its own. */
  follow(signal: AbortSignal): AsyncIterable<StoredBatch>
  /** Agents that ever sent anything. */
  agents(): Promise<ReadonlyMap<AgentId, AgentState>>
}

/** What automation knows and has told. What only the leader writes fails with `lease-lost` where the fence does not hold. */
export interface Health {
  memory(): Promise<FailoverMemory>
  remember(fence: Fence, memory: FailoverMemory): Promise<void>
  alarms(): Promise<Alarms>
  /** With its event. False: it is not what `before` says any more, and stays. */
  replaceAlarm(change: AlarmChange): Promise<boolean>
  verdicts(): Promise<ReadonlyMap<VerdictKey, Verdict>>
  /** @param whole true: these are all there are */
  tellVerdicts(fence: Fence, verdicts: ReadonlyMap<VerdictKey, Verdict>, whole: boolean): Promise<void>
  /** What the latest decision would have done and did not. */
  refusals(): Promise<readonly Refusal[]>
  tellRefusals(fence: Fence, refusals: readonly Refusal[]): Promise<void>
  /** How staged changes go, as their leader last told. */
  rollouts(): Promise<readonly RolloutState[]>
  tellRollouts(fence: Fence, states: readonly RolloutState[]): Promise<void>
  /** A person says go: what is sick by now is believed (G2, G3). */
  go(atMs: number): Promise<void>
  goAtMs(): Promise<number | undefined>
  /** Others tell how much traffic POPs and neighbors have; figures of places that are not named stay. */
  tellTraffic(figures: TrafficFigures): Promise<void>
  traffic(): Promise<TrafficFigures>
}

export interface Store {
  readonly revisions: Revisions
  readonly targets: Targets
  readonly speakers: Speakers
  readonly observations: Observations
  readonly proofs: Proofs
  readonly leases: Leases
  readonly events: Events
  readonly idempotency: Idempotency
  readonly samples: Samples
  readonly health: Health
  readonly learner: Learner
  readonly sight: Sight
  readonly collectors: Collectors
  readonly alerts: Alerts
  readonly notices: Notices
  readonly practices: Practices
  /** Round trip to Redis, for /readyz. */
  ping(): Promise<void>
  close(): Promise<void>
}
