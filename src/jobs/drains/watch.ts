/**
 * Watches drains that wait for their traffic to fall, beside the planner and under its lease. What is seen becomes a
 * revision; where nobody watches, or figures do not come, the drain goes on waiting until its limit.
 */
import type { Logger } from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { type IdleMemory, decideIdle, drainTraffic, waitingDrains } from '../../health/drain-idle.ts'
import type { TrafficFigures } from '../../health/traffic.ts'
import { OverlayTime } from '../../intent/compile/overlay-time.ts'
import type { Intent } from '../../intent/model.ts'
import type { Lease, Store } from '../../store/store.ts'
import type { Doorbell } from '../doorbell.ts'
import type { PlannerView } from '../planner.ts'
import { commitIdle } from './commit.ts'

interface DrainWatchDeps {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly logger: Logger
  readonly clock: () => number
}

interface PlannerSide {
  /** Undefined: nothing is loaded, so nothing is decided. */
  view(): PlannerView | undefined
  look(): Promise<void>
}

const lookEveryMs = 1000

export class DrainWatch {
  readonly #deps: DrainWatchDeps
  readonly #lease: Lease
  readonly #planner: PlannerSide
  #memory: IdleMemory = new Map()
  /** Those that waited at the last look. */
  #waited: ReadonlySet<string> = new Set()

  constructor(deps: DrainWatchDeps, lease: Lease, planner: PlannerSide) {
    this.#deps = deps
    this.#lease = lease
    this.#planner = planner
  }

  /** Until the signal aborts. Throws when Redis fails; it begins anew then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const view = this.#planner.view()
      if (view !== undefined && this.#lease.held()) await this.#look(view)
      await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  async #look(view: PlannerView): Promise<void> {
    const { intent } = view
    const nowMs = this.#deps.clock()
    const waiting = new Set(waitingDrains(intent, nowMs).map(({ id }) => id))
    if (waiting.size === 0 && this.#waited.size === 0) return
    const figures = await this.#deps.store.health.traffic()
    this.#tellLimits(intent, figures, nowMs, this.#waited.difference(waiting))
    this.#waited = waiting
    const { idle, memory } = decideIdle(intent, figures, this.#memory, nowMs)
    this.#memory = memory
    if (idle.length === 0) return
    await commitIdle(this.#deps, view, idle, nowMs)
    await this.#planner.look()
  }

  /** Drains that go although nobody saw their traffic gone. */
  #tellLimits({ drains, ...intent }: Intent, figures: TrafficFigures, nowMs: number, over: ReadonlySet<string>): void {
    const time = new OverlayTime(intent.freezes.values(), nowMs)
    for (const id of over) {
      const drain = drains.get(id)
      if (drain === undefined || drain.idleAtMs !== undefined || time.drainStage(drain) !== 'gone') continue
      const traffic = drainTraffic({ ...intent, drains }, drain, figures, nowMs).map(({ words }) => words)
      this.#deps.logger.warn({ drain: id, traffic }, 'a drain has waited as long as it may, and goes')
    }
  }
}
