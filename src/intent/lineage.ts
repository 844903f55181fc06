/**
 * Which set of documents another one was made from, and by which changes. An intent is then built from its
 * predecessor's by looking at what changed alone; a planner that follows thousands of prefixes depends on it.
 *
 * Only sets made by `applyChanges` have a lineage: nobody else holds them in a form that can be written to.
 */
import type { DocumentChange, DocumentKey } from './document.ts'

export type Documents = ReadonlyMap<DocumentKey, unknown>

interface Descent<B> {
  /** What was built of the nearest ancestor that anything was built of. */
  readonly base: B
  readonly changed: ReadonlySet<DocumentKey>
}

/** What has been built of sets of documents, and what can be built from it. Keeps no set and no result alive. */
export class Lineage<B> {
  readonly #built = new WeakMap<Documents, B>()
  readonly #descents = new WeakMap<Documents, Descent<B>>()
  readonly #ours = new WeakSet<Documents>()

  /** Notes that `child` is `parent` with these changes. */
  descend(parent: Documents, child: Documents, changes: readonly DocumentChange[]): void {
    this.#ours.add(child)
    const base = this.#built.get(parent)
    const earlier = this.#descents.get(parent)
    const keys = changes.map(({ key }) => key)
    if (base !== undefined) this.#descents.set(child, { base, changed: new Set(keys) })
    else if (earlier !== undefined)
      this.#descents.set(child, { base: earlier.base, changed: new Set([...earlier.changed, ...keys]) })
  }

  built(documents: Documents): B | undefined {
    return this.#built.get(documents)
  }

  descentOf(documents: Documents): Descent<B> | undefined {
    return this.#descents.get(documents)
  }

  remember(documents: Documents, build: B): void {
    if (!this.#ours.has(documents)) return
    this.#built.set(documents, build)
    this.#descents.delete(documents)
  }
}
