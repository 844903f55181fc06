/**
 * The part of the model that steers what comes in: at which POP the traffic of a neighbor AS enters that is attached at
 * several. An EntryGroup is people's: which ASes, which prefixes of ours, and among which POPs. An EntryPreference chooses
 * one of these POPs, by MED; the path learner writes it, or a person does.
 */
import type { Asn } from '../bgp/asn.ts'
import type { Community } from '../bgp/community.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { PopId, Selector } from './model.ts'
import type { CheckId } from './monitoring.ts'
import type { LearningSettings, SteeringMode } from './steering.ts'

export type EntryGroupId = string & { readonly __brand: 'EntryGroupId' }

export interface EntryGroup {
  readonly id: EntryGroupId
  readonly description?: string
  /** Neighbor ASes. MED chooses between lines to one AS; between ASes the learner can but propose. */
  readonly asns: readonly Asn[]
  /** Prefixes of ours that move together. */
  readonly prefixes: readonly Prefix[]
  /** POPs to choose among; elsewhere an AS enters as it does. */
  readonly at: readonly Selector[]
  readonly except: readonly Selector[]
  /** Measures, from inside or behind these ASes, what entering at each of the POPs costs. */
  readonly check?: CheckId
  readonly mode: SteeringMode
  /** Mode canary: what the learner wants counts for these prefixes only. */
  readonly canary: readonly Prefix[]
  /** By AS: the community with which that AS prefers a route less, for proposals instead of prepends. */
  readonly demote: ReadonlyMap<Asn, Community>
  /** Absent: the learner tunes itself. */
  readonly learning?: LearningSettings
}

/** Overlay: these ASes enter at this POP. Ends by deletion, and a person's when it expires. */
export interface EntryPreference {
  readonly id: string
  readonly group: EntryGroupId
  readonly pop: PopId
  /** What a person prefers counts in every mode, and the learner leaves it alone. */
  readonly by: 'person' | 'learner'
  readonly startedAtMs: number
  readonly expiresAtMs?: number
  readonly reason: string
}

/**
 * MED of the preferred POP and of the group's others. It is set at every POP of the group, because a missing MED is 0, the
 * best (RFC 4271 §9.1.2.2); an AS attached elsewhere as well, without a MED there, keeps entering there as before.
 */
export const entryMed = { preferred: 0, other: 100 } as const
