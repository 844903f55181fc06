/** Polls instead of sleeping: runs the check until it passes, and fails with its last words after the deadline. */
import { setTimeout as sleep } from 'node:timers/promises'

const everyMs = 50

export async function eventually<T>(deadlineMs: number, check: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + deadlineMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > giveUpAt) throw error
      await sleep(everyMs)
    }
  }
}
