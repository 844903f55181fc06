/** Waiting for something in the store to come true, for long polls. Ends early when the client or the server goes. */
import { setTimeout as wait } from 'node:timers/promises'

const intervalMs = 25

/** Reads until `enough` holds, `deadlineMs` have passed or the signal aborts; answers what was read last. */
export async function pollUntil<T>(
  read: () => Promise<T>,
  enough: (value: T) => boolean,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const value = await read()
    if (enough(value) || signal.aborted || performance.now() + intervalMs > end) return value
    await wait(intervalMs, undefined, { signal }).catch(() => undefined)
  }
}
