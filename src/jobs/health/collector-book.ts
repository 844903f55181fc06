/**
 * Vantage routers as the leader knows them: it writes down which are to be watched and for what space, and reads what their
 * watchers saw, only where that has changed.
 */
import type { Prefix } from '../../bgp/prefix.ts'
import type { CollectorView, SeenPrefix } from '../../health/visibility.ts'
import type { Intent } from '../../intent/model.ts'
import type { CollectorId } from '../../intent/monitoring.ts'
import { inOrder } from '../../intent/select.ts'
import type { CollectorStatus, ConfiguredCollector } from '../../store/collectors.ts'
import type { Fence, Store } from '../../store/store.ts'

interface Known {
  readonly version: number
  readonly seen: ReadonlyMap<Prefix, SeenPrefix>
}

export class CollectorBook {
  readonly #store: Pick<Store, 'collectors'>
  readonly #fence: Fence
  #written: string | undefined
  readonly #known = new Map<CollectorId, Known>()
  #views: readonly CollectorView[] = []
  #text = ''

  constructor(store: Pick<Store, 'collectors'>, fence: Fence) {
    this.#store = store
    this.#fence = fence
  }

  get views(): readonly CollectorView[] {
    return this.#views
  }

  /** Has them watched as documents say, and reads what is new; true where anything is. */
  async look(intent: Intent): Promise<boolean> {
    const { collectors } = this.#store
    await this.#configure(intent)
    const states = await collectors.states([...intent.collectors.keys()])
    const views: CollectorView[] = []
    for (const { id, seenWithinMs } of inOrder(intent.collectors)) {
      const { status, version } = states.get(id) ?? { status: undefined, version: 0 }
      let known = this.#known.get(id)
      // Read after its version: what is written in between is read again with the next one.
      if (known?.version !== version) known = { version, seen: version === 0 ? new Map() : await collectors.seen(id) }
      this.#known.set(id, known)
      views.push({ id, seenWithinMs, ...standingOf(status), seen: known.seen })
    }
    for (const id of this.#known.keys()) if (!intent.collectors.has(id)) this.#known.delete(id)
    this.#views = views
    const text = JSON.stringify(views.map((view) => [{ ...view, seen: this.#known.get(view.id)?.version }]))
    const changed = text !== this.#text
    this.#text = text
    return changed
  }

  async #configure({ collectors, pools }: Intent): Promise<void> {
    const space = [...pools.values()].flatMap(({ prefixes }) => prefixes).toSorted()
    const wanted = inOrder(collectors).map(({ id, endpoint, tls }): ConfiguredCollector => {
      return { collector: id, endpoint, ...(tls !== undefined && { tls }), space }
    })
    const text = JSON.stringify(wanted)
    this.#written ??= JSON.stringify(await this.#standing())
    if (text === this.#written) return
    await this.#store.collectors.configure(this.#fence, wanted)
    this.#written = text
  }

  /** As an earlier leader wrote them. */
  async #standing(): Promise<readonly ConfiguredCollector[]> {
    const configured = await this.#store.collectors.configured()
    return configured.toSorted((a, b) => (a.collector < b.collector ? -1 : 1))
  }
}

function standingOf(status: CollectorStatus | undefined): Omit<CollectorView, 'id' | 'seenWithinMs' | 'seen'> {
  if (status === undefined) return { reach: 'unknown', established: 0 }
  const { reach, sinceMs, problem, neighbors = [] } = status
  const established = neighbors.filter(({ state }) => state === 'established').length
  return { reach, sinceMs, established, ...(problem !== undefined && { problem }) }
}
