/**
 * Which revisions are still on their way. A revision is settled when every prefix it touched has converged; a prefix
 * that a later revision touches again counts for that one from then on.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { Plan } from '../plan/plan.ts'
import type { ProofState } from '../store/proof.ts'

interface OpenRevision {
  readonly revision: number
  readonly open: Set<Prefix>
  /** Of the open ones: those that the last look held. */
  readonly held: Set<Prefix>
  /** The last revision that took one of its prefixes before that had converged. */
  supersededBy?: number
  /** State and sentences as last told. */
  told: string
  /** Announcements it takes away, and those of revisions it superseded, that may still be withdrawn (G4). */
  removes: number
}

export interface Settled {
  readonly revision: number
  readonly state: ProofState
  readonly held: readonly string[]
  /** Of a superseded one: the revision that counts instead. */
  readonly supersededBy?: number
}

const sentencesAtMost = 20

export class Settlement {
  readonly #revisions = new Map<number, OpenRevision>()
  /** Sentences for each prefix that is held. */
  readonly #sentences = new Map<Prefix, readonly string[]>()

  /** A new revision; the prefixes it touches count for it from now on. */
  open(revision: number, prefixes: Iterable<Prefix>, removes: number): void {
    const taken = new Set(prefixes)
    let inherited = 0
    for (const earlier of this.#revisions.values()) {
      for (const prefix of taken)
        if (earlier.open.delete(prefix)) {
          earlier.supersededBy = revision
          earlier.held.delete(prefix)
        }
      if (earlier.open.size > 0) continue
      // What it took away may not be withdrawn yet, and the new review did not count it again.
      inherited += earlier.removes
      earlier.removes = 0
    }
    this.#add(revision, taken, removes + inherited)
  }

  /** A revision that another leader left open, beside others that may wait for the same prefixes. */
  resume(revision: number, prefixes: Iterable<Prefix>, removes: number): void {
    this.#add(revision, new Set(prefixes), removes)
  }

  #add(revision: number, open: Set<Prefix>, removes: number): void {
    const told = tell('pending', [])
    this.#revisions.set(revision, { revision, open, held: new Set(), told, removes })
  }

  /** Announcements that open revisions may still take away. */
  get allowance(): number {
    let sum = 0
    for (const { removes } of this.#revisions.values()) sum += removes
    return sum
  }

  /** The latest open revision that waits for this prefix: what is decided about it is done for that one. */
  revisionOf(prefix: Prefix): number | undefined {
    let latest: number | undefined
    for (const { revision, open } of this.#revisions.values()) if (open.has(prefix)) latest = revision
    return latest
  }

  /** Takes in what a plan said of prefixes; answers the revisions of which there is news. A settled one is forgotten. */
  take({ settled, held }: Pick<Plan, 'settled' | 'held'>): readonly Settled[] {
    const reasons = Map.groupBy(held, ({ prefix }) => prefix)
    for (const [prefix, state] of settled)
      if (state === 'held')
        this.#sentences.set(
          prefix,
          (reasons.get(prefix) ?? []).map(({ detail }) => detail),
        )
      else this.#sentences.delete(prefix)
    const news: Settled[] = []
    for (const entry of this.#revisions.values()) {
      for (const [prefix, state] of settled) {
        if (!entry.open.has(prefix)) continue
        if (state === 'held') entry.held.add(prefix)
        else entry.held.delete(prefix)
        if (state === 'converged') entry.open.delete(prefix)
      }
      const state = stateOf(entry)
      const sentences = this.#sentencesOf(entry)
      if (state === 'done' || state === 'superseded') this.#revisions.delete(entry.revision)
      const told = tell(state, sentences)
      if (told === entry.told) continue
      entry.told = told
      const { revision, supersededBy } = entry
      news.push({
        revision,
        state,
        held: sentences,
        ...(state === 'superseded' && supersededBy !== undefined && { supersededBy }),
      })
    }
    return news
  }

  #sentencesOf({ held }: OpenRevision): readonly string[] {
    const sentences = new Set<string>()
    for (const prefix of held) {
      for (const sentence of this.#sentences.get(prefix) ?? []) sentences.add(sentence)
      if (sentences.size >= sentencesAtMost) break
    }
    return [...sentences].slice(0, sentencesAtMost)
  }
}

function stateOf({ open, held, supersededBy }: OpenRevision): ProofState {
  if (open.size > 0) return held.size > 0 ? 'held' : 'pending'
  return supersededBy === undefined ? 'done' : 'superseded'
}

function tell(state: ProofState, held: readonly string[]): string {
  return [state, ...held].join('\n')
}
