/** How long to wait before the next attempt: doubled each time, up to a bound, begun anew after a success. */
import { setTimeout as sleep } from 'node:timers/promises'

const firstMs = 100
/** A controller that is back is found within this. */
const longestMs = 2000

export class Backoff {
  #nextMs = firstMs

  /** Resolves early where the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const delayMs = this.#nextMs
    this.#nextMs = Math.min(longestMs, delayMs * 2)
    await sleep(delayMs, undefined, { signal }).catch(() => undefined)
  }

  succeed(): void {
    this.#nextMs = firstMs
  }
}
