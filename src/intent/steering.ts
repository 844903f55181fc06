/**
 * The part of the model that steers what a POP sends: over which of its neighbors it reaches destinations elsewhere. A
 * PathGroup is people's: which POPs, which destinations, and which paths there are. A Preference chooses one of these
 * paths at one POP; the path learner writes it, or a person does.
 */
import type { Address } from '../bgp/address.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { DocumentKey } from './document.ts'
import type { NeighborId, PopId, Selector, SpeakerId } from './model.ts'
import type { CheckId } from './monitoring.ts'

export type PathGroupId = string & { readonly __brand: 'PathGroupId' }

/** `off`: not even measured; `shadow`: decided, and nothing moved; `canary`: moved at the canary POPs; `auto`: everywhere. */
export type SteeringMode = 'off' | 'shadow' | 'canary' | 'auto'

/** What is written of how the learner decides; what is not keeps its default, and nothing is tuned by itself. */
export interface LearningSettings {
  /** Evidence that a move takes, ms·min of lower cost. */
  readonly thresholdMsMin?: number
  /** A gain below this is none. */
  readonly deadbandMs?: number
  /** Batches of a path before any move. */
  readonly warmUpBatches?: number
  /** Shortest stay, but on a path that is dead. */
  readonly dwellMs?: number
  /** How long a path is barred that disappointed, or to which a move was undone; twice as long each time. */
  readonly backOffMs?: number
  /** Share of its capacity that a path is filled to at most, 0 to 1. */
  readonly loadLimitRatio?: number
}

export interface PathGroup {
  readonly id: PathGroupId
  readonly description?: string
  readonly at: readonly Selector[]
  readonly except: readonly Selector[]
  /** Prefixes of others, as neighbors offer them; never ours to announce. */
  readonly destinations: readonly Prefix[]
  readonly paths: ReadonlyMap<string, GroupPath>
  readonly mode: SteeringMode
  /** Mode canary: only what the learner wants at these places counts. */
  readonly canary: readonly Selector[]
  /** Absent: the learner tunes itself. */
  readonly learning?: LearningSettings
}

/** One way out of a POP: the neighbor that offers the destinations there, and the Check that measures it. */
export interface GroupPath {
  /** `{pop}-bb1-{family}`; at a POP that is in `neighbors`, that one. */
  readonly neighbor?: string
  readonly neighbors: ReadonlyMap<PopId, string>
  readonly check?: CheckId
}

/** Overlay: at this POP, this path. Ends by deletion, and a person's when it expires. */
export interface Preference {
  readonly id: string
  readonly group: PathGroupId
  readonly pop: PopId
  /** Name of a path of the group. */
  readonly path: string
  /** What a person prefers counts in every mode, and the learner leaves it alone. */
  readonly by: 'person' | 'learner'
  readonly startedAtMs: number
  readonly expiresAtMs?: number
  readonly reason: string
}

/** One destination at one speaker: over this neighbor, as long as it offers the destination. */
export interface DesiredSteering {
  readonly speaker: SpeakerId
  readonly pop: PopId
  readonly destination: Prefix
  readonly group: PathGroupId
  readonly path: string
  readonly preference: DocumentKey
  readonly neighbor: NeighborId
  /** Address of the neighbor. */
  readonly via: Address
  /** Addresses of all neighbors that the group may choose from at this speaker. */
  readonly candidates: ReadonlySet<Address>
  readonly startedAtMs: number
  /** One sentence, without a full stop. */
  readonly because: string
}

/** What the watcher of a speaker keeps an eye on: destinations, and the neighbors that may offer them. */
export interface SteeringScope {
  readonly destinations: readonly Prefix[]
  readonly neighbors: readonly Address[]
}
