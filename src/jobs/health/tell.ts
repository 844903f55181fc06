/** Tells verdicts to whoever looks at Redis: only what changed, and everything where the set of them did. */
import { type Verdict, type VerdictKey, verdictKey } from '../../health/verdict.ts'
import type { Fence, Health } from '../../store/store.ts'

export class VerdictTeller {
  readonly #health: Health
  readonly #fence: Fence
  #changed = new Map<VerdictKey, Verdict>()
  #whole = true

  constructor(health: Health, fence: Fence) {
    this.#health = health
    this.#fence = fence
  }

  change(verdicts: Iterable<Verdict>): void {
    for (const verdict of verdicts) this.#changed.set(verdictKey(verdict.check, verdict.place, verdict.prefix), verdict)
  }

  replace(all: ReadonlyMap<VerdictKey, Verdict>): void {
    this.#changed = new Map(all)
    this.#whole = true
  }

  async tell(): Promise<void> {
    if (this.#changed.size === 0 && !this.#whole) return
    const [changed, whole] = [this.#changed, this.#whole]
    this.#changed = new Map()
    this.#whole = false
    await this.#health.tellVerdicts(this.#fence, changed, whole)
  }
}
