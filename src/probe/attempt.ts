/**
 * One attempt with a deadline. Three ends that must not be confused: the subject was too slow (`fail`), this process was
 * too slow to look (`unknown`), and the agent stops (rejects, and no sample is made).
 */
import type { Family } from '../bgp/family.ts'
import { findingOf, noAnswer } from './failure.ts'
import { type Finding, unknown } from './finding.ts'
import { type HasLink, hasOwnLink } from './own-link.ts'
import { longestStallSinceMs, watchStalls } from './stalls.ts'

export interface AttemptOptions {
  readonly family: Family
  readonly hasLink?: HasLink
}

/** How often a deadline is put off; a process that does not run even then knows nothing. */
const putOffAtMost = 3
const putOffAtLeastMs = 20

/**
 * Runs a probe whose signal aborts at the deadline. Time in which this process did not run is given back to the probe: an
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
  watchStalls()
  const deadline = new AbortController()
  let stalledMs = 0
  let putOff = 0
  let sinceMs = performance.now()
  const ring = (): void => {
    stalledMs = longestStallSinceMs(sinceMs)
    if (stalledMs === 0 || putOff++ >= putOffAtMost) {
      deadline.abort(new Error('deadline'))
      return
    }
    sinceMs = performance.now()
    timer = setTimeout(ring, Math.max(putOffAtLeastMs, Math.min(stalledMs, timeoutMs)))
  }
  let timer = setTimeout(ring, timeoutMs)
  const stop = (): void => deadline.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await probe(deadline.signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!deadline.signal.aborted) return findingOf(error, family, hasLink)
    return stalledMs > 0 ? stoodStill(stalledMs) : noAnswer(timeoutMs, family, hasLink)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

export function stoodStill(lengthMs: number): Finding {
  return unknown(`this agent stood still for ${Math.round(lengthMs)} ms`)
}
