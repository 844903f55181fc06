/**
 * The watchdog: generations in Redis are the truth, the doorbell may fail. Where a reachable speaker's applied
 * generation lags behind what was decided, whose neighbors' adj-out disagrees, or whose sessions are awaited after a drain,
 * it is woken again, and the planner
 * itself looks every two seconds. A speaker that a person must mend is asked less often.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SpeakerId } from '../intent/model.ts'
import type { Store } from '../store/store.ts'
import type { Doorbell } from './doorbell.ts'

const everyMs = 1000
const planEveryTicks = 2
const disagreeingEveryTicks = 2
const troubledEveryTicks = 5

/** Runs until the signal aborts. Throws when Redis fails; the caller tries again. */
export async function watchGenerations(
  deps: { readonly store: Store; readonly doorbell: Doorbell; readonly disagreeing: () => Iterable<SpeakerId> },
  signal: AbortSignal,
): Promise<void> {
  let lagging = new Set<SpeakerId>()
  for (let tick = 1; !signal.aborted; tick++) {
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted) return
    const behind = new Set<SpeakerId>()
    const again = new Set<SpeakerId>()
    for (const [speaker, { decided, applied, status, trouble, shut }] of await deps.store.speakers.states()) {
      if (status?.reach !== 'up') continue
      if (trouble !== undefined && tick % troubledEveryTicks === 0) again.add(speaker)
      if (trouble === undefined && decided > applied) behind.add(speaker)
      if (Object.values(shut).some(({ openedAtMs }) => openedAtMs !== undefined)) again.add(speaker)
    }
    for (const speaker of behind.intersection(lagging)) again.add(speaker)
    if (tick % disagreeingEveryTicks === 0) for (const speaker of deps.disagreeing()) again.add(speaker)
    await deps.doorbell.wakeApply(again)
    lagging = behind
    if (tick % planEveryTicks === 0) await deps.doorbell.wakePlan()
  }
}
