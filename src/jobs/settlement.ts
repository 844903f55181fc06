/**
 * Which revisions are still on their way. A revision is settled when every prefix it touched has converged; a prefix
 * that a later revision touches again counts for that one from then on.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { ProofState } from '../store/store.ts'

interface OpenRevision {
  readonly revision: number
  readonly open: Set<Prefix>
  superseded: boolean
  told: ProofState
  /** Announcements it takes away, and those of revisions it superseded, that may still be withdrawn (G4). */
  removes: number
}

export interface Settled {
  readonly revision: number
  readonly state: ProofState
  readonly held: readonly string[]
}

export class Settlement {
  readonly #revisions = new Map<number, OpenRevision>()

  /** A new revision; the prefixes it touches count for it from now on. */
  open(revision: number, prefixes: Iterable<Prefix>, removes: number): void {
    const taken = new Set(prefixes)
    let inherited = 0
    for (const earlier of this.#revisions.values()) {
      for (const prefix of taken) if (earlier.open.delete(prefix)) earlier.superseded = true
      if (earlier.open.size > 0) continue
      // What it took away may not be withdrawn yet, and the new review did not count it again.
      inherited += earlier.removes
      earlier.removes = 0
    }
    const own: OpenRevision = {
      revision,
      open: taken,
      superseded: false,
      told: 'pending',
      removes: removes + inherited,
    }
    this.#revisions.set(revision, own)
  }

  /** A revision that another leader left open: which prefixes it waits for is not known, so it waits for all. */
  resume(revision: number, prefixes: Iterable<Prefix>, removes: number): void {
    this.#revisions.set(revision, { revision, open: new Set(prefixes), superseded: false, told: 'pending', removes })
  }

  /** Announcements that open revisions may still take away. */
  get allowance(): number {
    let sum = 0
    for (const { removes } of this.#revisions.values()) sum += removes
    return sum
  }

  /** Prefixes that some revision waits for. */
  waiting(): ReadonlySet<Prefix> {
    const all = new Set<Prefix>()
    for (const { open } of this.#revisions.values()) for (const prefix of open) all.add(prefix)
    return all
  }

  /**
   * Takes in what a plan said of prefixes; answers the revisions whose state is new. A settled revision is forgotten.
   * @param heldOf sentences for a held prefix
   */
  take(
    settled: ReadonlyMap<Prefix, 'converged' | 'pending' | 'held'>,
    heldOf: (prefix: Prefix) => readonly string[],
  ): readonly Settled[] {
    const news: Settled[] = []
    for (const entry of this.#revisions.values()) {
      const held: string[] = []
      for (const prefix of entry.open) {
        const state = settled.get(prefix)
        if (state === 'converged') entry.open.delete(prefix)
        else if (state === 'held' && held.length < 20) held.push(...heldOf(prefix))
      }
      const state: ProofState =
        entry.open.size > 0 ? (held.length > 0 ? 'held' : 'pending') : entry.superseded ? 'superseded' : 'done'
      if (state === 'done' || state === 'superseded') this.#revisions.delete(entry.revision)
      if (state !== entry.told) {
        entry.told = state
        news.push({ revision: entry.revision, state, held })
      }
    }
    return news
  }
}
