/**
 * The one retry loop of the shell: runs a task again and again until stopped. A task that ends runs again at once (it
 * paces itself); a task that throws is logged once per kind of trouble and runs again after 0.1 s, doubling to 1 s.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'

const firstWaitMs = 100
const longestWaitMs = 1000

export async function keepTrying(
  what: string,
  logger: Logger,
  signal: AbortSignal,
  task: () => Promise<void>,
): Promise<void> {
  let waitMs = firstWaitMs
  let trouble = ''
  while (!signal.aborted) {
    try {
      await task()
      if (trouble !== '' && !signal.aborted) logger.info({ what }, 'works again')
      waitMs = firstWaitMs
      trouble = ''
    } catch (error) {
      if (signal.aborted) return
      const message = error instanceof Error ? error.message : String(error)
      if (message !== trouble) logger.warn({ err: error, what }, 'trouble; trying again')
      trouble = message
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
      waitMs = Math.min(waitMs * 2, longestWaitMs)
    }
  }
}
