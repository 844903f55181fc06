/** Tells verdicts to whoever looks at Redis: only what changed, and everything where the set of them did. */
import { type Verdict, type VerdictKey, verdictKey } from '../../health/verdict.ts'
import type { Fence, Health } from '../../store/store.ts'

export class VerdictTeller {
  readonly #health: Health
  readonly #fence: Fence
  #changed = new Map<VerdictKey, Verdict>()
  #whole = true
  /** Verdicts of other systems that were told, as text. */
  #others = new Map<VerdictKey, string>()

  constructor(health: Health, fence: Fence) {
    this.#health = health
    this.#fence = fence
  }

  change(verdicts: Iterable<Verdict>): void {
    for (const verdict of verdicts) this.#changed.set(keyOf(verdict), verdict)
  }

  /** All that other systems say. One that is not among them any more goes when everything is told anew. */
  follow(others: readonly Verdict[]): void {
    const now = new Map(others.map((verdict) => [keyOf(verdict), JSON.stringify(verdict)]))
    this.change(others.filter((verdict) => this.#others.get(keyOf(verdict)) !== now.get(keyOf(verdict))))
    this.#others = now
  }

  replace(all: ReadonlyMap<VerdictKey, Verdict>): void {
    this.#changed = new Map(all)
    this.#whole = true
    this.#others = new Map()
  }

  async tell(): Promise<void> {
    if (this.#changed.size === 0 && !this.#whole) return
    const [changed, whole] = [this.#changed, this.#whole]
    this.#changed = new Map()
    this.#whole = false
    await this.#health.tellVerdicts(this.#fence, changed, whole)
  }
}

function keyOf({ check, place, prefix }: Verdict): VerdictKey {
  return verdictKey(check, place, prefix)
}
