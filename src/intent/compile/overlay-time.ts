/**
 * When overlays are in force. An overlay counts from `startedAtMs` until it expires; a drain first marks, then takes
 * away, and one that waits for its traffic to fall marks until that was seen, or until its limit.
 *
 * While a freeze is in force the clock of expiry stands still at the freeze's start (G11): nothing comes back or goes
 * away by itself, and a drain that waits goes on waiting, past its limit. What a person does during a freeze still starts,
 * and a drain's grace time still runs, because both are part of that person's command.
 */
import type { Freeze } from '../model.ts'

interface Timed {
  readonly startedAtMs: number
  readonly expiresAtMs?: number
}

/** A Drain, or a Failover that drains. */
interface Graced extends Timed {
  readonly graceSeconds: number
  readonly untilIdle?: { readonly atMostSeconds: number }
  readonly idleAtMs?: number
}

export class OverlayTime {
  readonly nowMs: number
  readonly #freezes: readonly Freeze[]

  constructor(freezes: Iterable<Freeze>, nowMs: number) {
    this.#freezes = [...freezes]
    this.nowMs = nowMs
  }

  /** The first end of a freeze in force; Infinity: it has none; undefined: no freeze is in force. */
  frozenUntilMs(): number | undefined {
    const running = this.#freezes.filter((freeze) => runs(freeze, this.nowMs))
    if (running.length === 0) return undefined
    return Math.min(...running.map(({ expiresAtMs }) => expiresAtMs ?? Infinity))
  }

  /** The start of a freeze in force, of several the latest; undefined: no freeze is in force. */
  frozenSinceMs(): number | undefined {
    const running = this.#freezes.filter((freeze) => runs(freeze, this.nowMs))
    return running.length === 0 ? undefined : Math.max(...running.map(({ startedAtMs }) => startedAtMs))
  }

  inForce(overlay: Timed): boolean {
    return overlay.startedAtMs <= this.nowMs && !this.hasExpired(overlay)
  }

  hasExpired(overlay: Timed): boolean {
    return this.#expiredAt(overlay, this.nowMs)
  }

  /** `marked`: announced with GRACEFUL_SHUTDOWN; `gone`: grace is over, and it waits for nothing; undefined: not in force. */
  drainStage(drain: Graced): 'marked' | 'gone' | undefined {
    if (!this.inForce(drain)) return undefined
    return this.nowMs < graceEndsAtMs(drain) || this.waitsForIdle(drain) ? 'marked' : 'gone'
  }

  /** Its grace time may be over or not: its traffic was not seen to be gone, and its limit is not reached. */
  waitsForIdle(drain: Graced): boolean {
    return this.inForce(drain) && drain.idleAtMs === undefined && (this.idleLimitMs(drain) ?? -Infinity) > this.nowMs
  }

  /**
   * When a drain that waits goes at the latest, ms since the epoch: Infinity where a freeze without an end holds it.
   * Undefined where it never waited, or that moment is past.
   */
  idleLimitMs({ startedAtMs, untilIdle }: Graced): number | undefined {
    if (untilIdle === undefined) return undefined
    const limit = { startedAtMs, expiresAtMs: startedAtMs + untilIdle.atMostSeconds * 1000 }
    return this.#expiredAt(limit, this.nowMs) ? undefined : this.#expiryMs(limit)
  }

  /** The next moment at which this overlay starts to say something else, ms since the epoch; Infinity: never. */
  nextChangeMs(overlay: Timed | Graced): number {
    const moments = [overlay.startedAtMs, this.#expiryMs(overlay)]
    if ('graceSeconds' in overlay) moments.push(graceEndsAtMs(overlay), this.idleLimitMs(overlay) ?? -Infinity)
    return Math.min(...moments.filter((atMs) => atMs > this.nowMs))
  }

  /** A freeze that ends lets everything expire that waited for it, so ends of freezes are candidates as well. */
  #expiryMs(overlay: Timed): number {
    if (overlay.expiresAtMs === undefined || this.#expiredAt(overlay, this.nowMs)) return Infinity
    const candidates = [overlay.expiresAtMs, ...this.#freezes.map((freeze) => freeze.expiresAtMs ?? Infinity)]
    const due = candidates.filter((atMs) => atMs > this.nowMs && this.#expiredAt(overlay, atMs))
    return Math.min(...due)
  }

  #expiredAt(overlay: Timed, atMs: number): boolean {
    if (overlay.expiresAtMs === undefined) return false
    let clockMs = atMs
    for (const freeze of this.#freezes) if (runs(freeze, atMs)) clockMs = Math.min(clockMs, freeze.startedAtMs)
    return overlay.expiresAtMs <= clockMs
  }
}

export function graceEndsAtMs(drain: Graced): number {
  return drain.startedAtMs + drain.graceSeconds * 1000
}

function runs(freeze: Freeze, atMs: number): boolean {
  return freeze.startedAtMs <= atMs && (freeze.expiresAtMs === undefined || atMs < freeze.expiresAtMs)
}
