/**
 * G9: what an agent at a POP may do when it hears of no controller any more. Nothing, unless the prefix's own lease policy
 * says `withdraw`, and then only after that long without a word, measured by a clock that never steps. An agent that has
 * never heard a controller knows of no lease and holds.
 */
import type { FailoverLease } from '../intent/monitoring.ts'

export interface LeaseDecision {
  readonly decision: 'hold' | 'withdraw'
  /** When time alone changes it, by the same clock. */
  readonly changesAtMs?: number
}

/**
 * @param heardAtMs when the controller was last heard, by a monotonic clock; undefined: never since the agent started
 * @param nowMs by the same clock
 */
export function decideLease(
  lease: FailoverLease,
  heardAtMs: number | undefined,
  nowMs: number,
  guards: { readonly lease: boolean } = { lease: true },
): LeaseDecision {
  if (heardAtMs === undefined) return { decision: 'hold' }
  if (lease.policy === 'hold') return { decision: guards.lease ? 'hold' : 'withdraw' }
  const dueAtMs = heardAtMs + lease.afterMs
  return nowMs >= dueAtMs ? { decision: 'withdraw' } : { decision: 'hold', changesAtMs: dueAtMs }
}
