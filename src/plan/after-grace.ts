/** An intent as it will be: a drain that only marks for now is the withdrawal it leads to. */
import type { Drain, Intent } from '../intent/model.ts'
import type { Failover } from '../intent/monitoring.ts'

/** The same intent with every drain started, its grace time over, and its traffic gone. */
export function afterGrace(intent: Intent, nowMs: number): Intent {
  if (intent.drains.size === 0 && intent.failovers.size === 0) return intent
  const over = <O extends Drain | Failover>(overlay: O): O => ({
    ...overlay,
    graceSeconds: 0,
    startedAtMs: Math.min(overlay.startedAtMs, nowMs),
    idleAtMs: nowMs,
  })
  const drains = new Map(Array.from(intent.drains, ([id, drain]) => [id, over(drain)]))
  const failovers = new Map(Array.from(intent.failovers, ([id, failover]) => [id, over(failover)]))
  return { ...intent, drains, failovers }
}
