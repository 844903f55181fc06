/**
 * What a failover decision is made from, and what comes out of it. Everything is data: the decision does nothing, and a
 * refusal is as much a result as a measure.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { FailoverOverlay } from '../intent/edit/failover.ts'
import type { NeighborId, PopId } from '../intent/model.ts'
import type { Failover, FailoverPlace, FailoverPolicy } from '../intent/monitoring.ts'
import type { Suspicion } from './correlation.ts'
import type { HealthGuardName } from './guards.ts'
import type { Verdicts } from './verdict.ts'

export interface FailoverInput {
  readonly nowMs: number
  /** Every prefix that automation may touch. What stands for a prefix that is not among them is not wished any more. */
  readonly prefixes: Iterable<PrefixState>
  readonly verdicts: Verdicts
  /** Lines whose session was seen not to be established: they carry nothing. Unknown is not down. */
  readonly down: ReadonlySet<NeighborId>
  /** Failover documents as they are. */
  readonly standing: Iterable<Failover>
  /** What the last decision that was carried out handed on. */
  readonly memory: FailoverMemory
  /** G11: a freeze is in force. */
  readonly frozen: boolean
  /** Announcements of the whole intent, one a prefix and POP: G2 counts in shares of these. */
  readonly announcements: number
  /** Traffic of POPs where both are known, in the same unit. */
  readonly traffic: ReadonlyMap<PopId, Traffic>
  /** When a person last said go: what was sick by then is believed, and taken out past G2 and G3. */
  readonly goAtMs?: number
}

export interface Traffic {
  readonly load: number
  readonly capacity: number
}

/** One prefix with a failover policy. Sets are of people's intent; what automation laid on top is not in them. */
export interface PrefixState {
  readonly prefix: Prefix
  readonly policy: FailoverPolicy
  /** G1 for automation: never below half of the POPs intended and two, nor below the prefix's own floor. */
  readonly floor: number
  /** POPs that documents name, whatever lies on top. */
  readonly intended: ReadonlySet<PopId>
  /** POPs that announce it, were it not for automation. */
  readonly desired: ReadonlySet<PopId>
  /** POPs that announce it now, read back, on a line that is not down. Unknown is not announcing. */
  readonly announced: ReadonlySet<PopId>
  /** Backups that would be heard. */
  readonly backup: ReadonlySet<PopId>
  /** All that the policy names, those that people have drained or silenced too. */
  readonly backupNamed: ReadonlySet<PopId>
  /** Lines on which it is heard, by POP. */
  readonly lines: ReadonlyMap<PopId, readonly NeighborId[]>
  /** It is the last resort (`cover`) of another prefix. */
  readonly isCover: boolean
}

/** Plain data, so that it can be stored. A decision whose overlays were not carried out is forgotten with its memory. */
export interface FailoverMemory {
  readonly suspicion?: Suspicion
  /** G2: when the breaker last opened. */
  readonly breakerOpenedAtMs?: number
  /** The last hour of automatic measures, oldest first. */
  readonly ledger: readonly LedgerEntry[]
}

export const noMemory: FailoverMemory = { ledger: [] }

export interface LedgerEntry {
  readonly atMs: number
  readonly prefix: Prefix
  readonly place: FailoverPlace
  readonly pop: PopId
  /**
   * `out`: withdrawn, drained, withheld; `back`: announced again; `change`: attributes, out of the ordinary; `stage`: a
   * stage of coming back, part of its cycle; `activate`: a backup announces.
   */
  readonly what: 'out' | 'back' | 'change' | 'stage' | 'activate'
  /** Announcements that it took away: 1 for a POP, less for one line of several. */
  readonly weight: number
  /** A person said go: it is no measure of automation alone, and G2 does not count it. */
  readonly approved?: true
}

export interface FailoverDecision {
  /** All that automation wants, not only what is new (intent/edit/failover makes documents of it). */
  readonly overlays: readonly FailoverOverlay[]
  readonly refused: readonly Refusal[]
  readonly conditions: readonly Condition[]
  readonly memory: FailoverMemory
  /** When time alone changes this decision, ms since the epoch: decide again then. */
  readonly changesAtMs?: number
}

/** What sick places ask for and do not get, or what well ones still wait for. */
export interface Refusal {
  readonly guard: HealthGuardName
  readonly wanted: 'out' | 'back' | 'activate'
  readonly prefix: Prefix
  readonly place: FailoverPlace
  /** Text of the health subject. */
  readonly subject: string
  /** One sentence for people. */
  readonly message: string
  /** When time alone ends it, ms since the epoch. */
  readonly untilMs?: number
}

/** Something that is wrong now and that a person should know: an alarm as long as it lasts (health/alarm). */
export interface Condition {
  /** Name of the check, or `monitoring-suspect`, `agent-suspect`, `breaker`, `failover-refused`. */
  readonly kind: string
  readonly subject: string
  readonly severity: 'critical' | 'warning' | 'info'
  readonly message: string
  readonly labels?: Readonly<Record<string, string>>
}
