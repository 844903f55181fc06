/**
 * Every key Herald has in Redis, one function each. All carry one hash tag, so that Redis Cluster keeps them in one
 * slot and one Lua call may touch several. Tests put another tag there and share a server.
 */
import type { SpeakerId } from '../intent/model.ts'
import type { AgentId, CollectorId } from '../intent/monitoring.ts'

export interface Keys {
  readonly tag: string
  /** hash: epoch, revision */
  head(): string
  /** string: JSON of the latest Acceptance */
  acceptance(): string
  /** hash: `Kind/name` → JSON spec */
  documents(): string
  /** hash: `Kind/name` → the revision that made it */
  origins(): string
  /** hash: revision → JSON record */
  revisions(): string
  /** stream of HeraldEvent */
  events(): string
  /** set of the speakers that have any state */
  speakers(): string
  /** hash: prefix → JSON target with its generation */
  targets(speaker: SpeakerId): string
  /** zset: prefix, scored by the generation that last decided it */
  pending(speaker: SpeakerId): string
  /** hash: decided, applied, reapplied, configured, configuredVersion, status */
  speaker(speaker: SpeakerId): string
  /** hash: prefix → JSON [owner, identifier, attributes] */
  observed(speaker: SpeakerId): string
  /** hash: prefix → the speaker's words */
  refused(speaker: SpeakerId): string
  /** hash: prefix → what a neighbor's adj-out says instead */
  unproved(speaker: SpeakerId): string
  /** hash: destination → JSON of its Offers; of destinations that a PathGroup names */
  offers(speaker: SpeakerId): string
  /** Every key that is about one speaker alone. */
  ofSpeaker(speaker: SpeakerId): readonly string[]
  /** set of `speaker prefix` */
  dirty(): string
  /** hash: accepted, planned, state, …, a field per speaker; expires */
  proof(revision: number): string
  /** stream of sample batches, of the last seconds */
  samples(): string
  /** set of the agents that ever sent anything */
  agents(): string
  /** hash: run, batch, seen, dropped */
  agent(agent: AgentId): string
  /** string: JSON of FailoverMemory */
  healthMemory(): string
  /** string: JSON of the latest refusals */
  healthRefusals(): string
  /** string: JSON of RolloutStates, as the leader last told */
  healthRollouts(): string
  /** string: when a person last said go */
  healthGo(): string
  /** hash: id → JSON alarm */
  alarms(): string
  /** hash: check and place → JSON verdict */
  verdicts(): string
  /** string: JSON of StoredAlerts */
  alerts(): string
  /** string: JSON of the practice that runs or ran last */
  practice(): string
  /** hash: receiver → JSON ReceiverState */
  notices(): string
  /** hash: collector → JSON ConfiguredCollector */
  collectors(): string
  /** hash: status, version */
  collector(collector: CollectorId): string
  /** hash: prefix → JSON SeenPrefix */
  seen(collector: CollectorId): string
  /** string: JSON of the ToldCatchment */
  catchment(): string
  /** string: JSON of the ToldMeasures */
  measures(): string
  /** hash: `pop/NAME`, `neighbor/NAME`, `group/NAME/POP` → JSON [amount, when it was told] */
  traffic(): string
  /** hash: place → JSON of what the path learner knows of it */
  learnerPlaces(): string
  /** string: JSON of the path learner's changes of the last hour */
  learnerChanges(): string
  /** stream: JSON of a LogEntry for every event, trimmed */
  learnerLog(): string
  /** list: JSON of LogEntries that decided something, newest first */
  learnerDecisions(): string
  /** list: JSON of Digests, oldest first */
  learnerDigests(place: string): string
  /** list: JSON of LearnerWords that were not heard yet */
  learnerWords(): string
  /** string: the holder's token; expires */
  lease(name: string): string
  /** string: JSON response of a write; expires */
  idempotency(key: string): string
  /** BullMQ's prefix: its keys are `{tag}:bull:<queue>:…` */
  bull(): string
}

export const defaultTag = 'herald'

export function createKeys(tag: string = defaultTag): Keys {
  if (!/^[\w.-]+$/.test(tag)) throw new Error(`assertion: "${tag}" is no key tag`)
  const root = `{${tag}}`
  const aboutSpeaker = {
    targets: (speaker: SpeakerId) => `${root}:targets:${speaker}`,
    pending: (speaker: SpeakerId) => `${root}:pending:${speaker}`,
    speaker: (speaker: SpeakerId) => `${root}:speaker:${speaker}`,
    observed: (speaker: SpeakerId) => `${root}:observed:${speaker}`,
    refused: (speaker: SpeakerId) => `${root}:refused:${speaker}`,
    unproved: (speaker: SpeakerId) => `${root}:unproved:${speaker}`,
    offers: (speaker: SpeakerId) => `${root}:offers:${speaker}`,
  }
  return {
    tag,
    head: () => `${root}:head`,
    acceptance: () => `${root}:acceptance`,
    documents: () => `${root}:documents`,
    origins: () => `${root}:origins`,
    revisions: () => `${root}:revisions`,
    events: () => `${root}:events`,
    speakers: () => `${root}:speakers`,
    ...aboutSpeaker,
    ofSpeaker: (speaker) => Object.values(aboutSpeaker).map((key) => key(speaker)),
    dirty: () => `${root}:dirty`,
    proof: (revision) => `${root}:proof:${revision}`,
    samples: () => `${root}:samples`,
    agents: () => `${root}:agents`,
    agent: (agent) => `${root}:agent:${agent}`,
    healthMemory: () => `${root}:health:memory`,
    healthRefusals: () => `${root}:health:refusals`,
    healthRollouts: () => `${root}:health:rollouts`,
    healthGo: () => `${root}:health:go`,
    alarms: () => `${root}:alarms`,
    verdicts: () => `${root}:verdicts`,
    alerts: () => `${root}:alerts`,
    practice: () => `${root}:practice`,
    notices: () => `${root}:notices`,
    collectors: () => `${root}:collectors`,
    collector: (collector) => `${root}:collector:${collector}`,
    seen: (collector) => `${root}:seen:${collector}`,
    catchment: () => `${root}:catchment`,
    measures: () => `${root}:measures`,
    traffic: () => `${root}:traffic`,
    learnerPlaces: () => `${root}:learner:places`,
    learnerChanges: () => `${root}:learner:changes`,
    learnerLog: () => `${root}:learner:log`,
    learnerDecisions: () => `${root}:learner:decisions`,
    learnerDigests: (place) => `${root}:learner:digests:${place}`,
    learnerWords: () => `${root}:learner:words`,
    lease: (name) => `${root}:lease:${name}`,
    idempotency: (key) => `${root}:idempotency:${key}`,
    bull: () => `${root}:bull`,
  }
}
