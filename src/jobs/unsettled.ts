/**
 * Prefixes that the last look left pending or held, so that news of a speaker is followed by a look at those it can
 * release, and at no others: one dead POP under a revision of ten thousand prefixes must not make every look a full one.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { HeldReason } from '../plan/action.ts'
import type { FleetState, Plan } from '../plan/plan.ts'
import type { FleetNews } from './fleet.ts'

export class Unsettled {
  /** Each with the reasons why something of it is held; none where it is only on its way. */
  readonly #prefixes = new Map<Prefix, readonly HeldReason[]>()

  take({ settled, held }: Pick<Plan, 'settled' | 'held'>): void {
    const reasons = Map.groupBy(held, ({ prefix }) => prefix)
    for (const [prefix, state] of settled)
      if (state === 'converged') this.#prefixes.delete(prefix)
      else
        this.#prefixes.set(
          prefix,
          (reasons.get(prefix) ?? []).map(({ reason }) => reason),
        )
  }

  /** How much is held now, by reason. */
  held(): ReadonlyMap<HeldReason, number> {
    const counts = new Map<HeldReason, number>()
    for (const reasons of this.#prefixes.values())
      for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    return counts
  }

  /** Those that a new revision may release although it does not touch them (G4). */
  *heldAsMass(): Iterable<Prefix> {
    for (const [prefix, reasons] of this.#prefixes) if (reasons.includes('mass-withdrawal')) yield prefix
  }

  /** Those that this news may release. */
  concernedBy({ applied, turned, firstRead }: FleetNews, fleet: FleetState): Iterable<Prefix> {
    // A speaker that was never read has no sites yet: any prefix may have waited for it.
    if (firstRead) return this.#prefixes.keys()
    const concerned = applied.intersection(this.#prefixes)
    if (turned.size > 0)
      for (const prefix of this.#prefixes.keys()) if (someIn(fleet.siteSpeakers(prefix), turned)) concerned.add(prefix)
    return concerned
  }
}

function someIn(speakers: Iterable<SpeakerId>, wanted: ReadonlySet<SpeakerId>): boolean {
  for (const speaker of speakers) if (wanted.has(speaker)) return true
  return false
}
