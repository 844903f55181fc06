/**
 * One attempt with a deadline. Three ends that must not be confused: the subject was too slow (`fail`), this process was
 * too slow to look (`unknown`), and the agent stops (rejects, and no sample is made).
 */
import type { Family } from '../bgp/family.ts'
import { findingOf, noAnswer } from './failure.ts'
import { type Finding, unknown } from './finding.ts'
import { type HasLink, hasOwnLink } from './own-link.ts'
import { stallMs } from './stalls.ts'

export interface AttemptOptions {
  readonly family: Family
  readonly hasLink?: HasLink
}

/**
 * Runs a probe whose signal aborts at the deadline. A deadline that rings late means that this process did not run: an
 * answer may lie unread in its socket, because timers come before sockets in the event loop.
 * @throws only where `signal` aborts
 */
export async function attempt(
  timeoutMs: number,
  signal: AbortSignal,
  { family, hasLink = hasOwnLink }: AttemptOptions,
  probe: (signal: AbortSignal) => Promise<Finding>,
): Promise<Finding> {
  signal.throwIfAborted()
  const dueMs = performance.now() + timeoutMs
  const deadline = new AbortController()
  let lateMs = 0
  const timer = setTimeout(() => {
    lateMs = performance.now() - dueMs
    deadline.abort(new Error('deadline'))
  }, timeoutMs)
  const stop = (): void => deadline.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await probe(deadline.signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!deadline.signal.aborted) return findingOf(error, family, hasLink)
    return lateMs > stallMs ? stoodStill(lateMs) : noAnswer(timeoutMs, family, hasLink)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

export function stoodStill(lengthMs: number): Finding {
  return unknown(`this agent stood still for ${Math.round(lengthMs)} ms`)
}
