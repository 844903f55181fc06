/**
 * Prefixes that the last look left pending or held, so that news of a speaker is followed by a look at those it can
 * release, and at no others: one dead POP under a revision of ten thousand prefixes must not make every look a full one.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { FleetState, Plan } from '../plan/plan.ts'
import type { FleetNews } from './fleet.ts'

export class Unsettled {
  readonly #prefixes = new Set<Prefix>()
  /** Held by G4, which any new revision may release. */
  readonly #massHeld = new Set<Prefix>()

  take({ settled, held }: Plan): void {
    for (const [prefix, state] of settled) {
      this.#massHeld.delete(prefix)
      if (state === 'converged') this.#prefixes.delete(prefix)
      else this.#prefixes.add(prefix)
    }
    for (const { reason, prefix } of held) if (reason === 'mass-withdrawal') this.#massHeld.add(prefix)
  }

  /** Those that a new revision may release although it does not touch them. */
  heldAsMass(): Iterable<Prefix> {
    return this.#massHeld
  }

  /** Those that this news may release. */
  concernedBy({ applied, turned, firstRead }: FleetNews, fleet: FleetState): Iterable<Prefix> {
    // A speaker that was never read has no sites yet: any prefix may have waited for it.
    if (firstRead) return this.#prefixes
    const concerned = applied.intersection(this.#prefixes)
    if (turned.size > 0)
      for (const prefix of this.#prefixes) if (someIn(fleet.siteSpeakers(prefix), turned)) concerned.add(prefix)
    return concerned
  }
}

function someIn(speakers: Iterable<SpeakerId>, wanted: ReadonlySet<SpeakerId>): boolean {
  for (const speaker of speakers) if (wanted.has(speaker)) return true
  return false
}
