/**
 * The watchdog: generations in Redis are the truth, the doorbell may fail. Where a reachable speaker's applied
 * generation lags behind what was decided it is woken again, and the planner itself looks every two seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SpeakerId } from '../intent/model.ts'
import type { Store } from '../store/store.ts'
import type { Doorbell } from './doorbell.ts'

const everyMs = 1000
const planEveryTicks = 2

/** Runs until the signal aborts. Throws when Redis fails; the caller tries again. */
export async function watchGenerations(
  deps: { readonly store: Store; readonly doorbell: Doorbell },
  signal: AbortSignal,
): Promise<void> {
  let lagging = new Set<SpeakerId>()
  for (let tick = 1; !signal.aborted; tick++) {
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted) return
    const behind = new Set<SpeakerId>()
    for (const [speaker, { decided, applied, status, trouble }] of await deps.store.speakers.states())
      if ((decided > applied || trouble !== undefined) && status?.reach === 'up') behind.add(speaker)
    await deps.doorbell.wakeApply(behind.intersection(lagging))
    lagging = behind
    if (tick % planEveryTicks === 0) await deps.doorbell.wakePlan()
  }
}
