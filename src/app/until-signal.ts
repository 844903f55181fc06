/**
 * Runs something that must be closed, until SIGINT or SIGTERM. A second signal, or 10 s without an end, ends the
 * process at once: Herald is crash-only, nothing is lost by that.
 */
import type { Logger } from 'pino'
import { OperationError } from '../bgp/operation-error.ts'
import type { Herald } from './herald.ts'

const closeWithinMs = 10_000

/** Resolves after a clean close. A failed start is one error line and exit code 1. */
export async function untilSignal(logger: Logger, start: (stop: AbortSignal) => Promise<Herald>): Promise<void> {
  const stop = new AbortController()
  const signalled = new Promise<void>((resolve) => {
    let count = 0
    const hear = (signal: NodeJS.Signals): void => {
      if (++count > 1) process.exit(1)
      logger.info({ signal }, 'stopping')
      stop.abort()
      resolve()
    }
    process.on('SIGINT', hear)
    process.on('SIGTERM', hear)
  })
  try {
    const herald = await start(stop.signal)
    await signalled
    setTimeout(() => process.exit(1), closeWithinMs).unref()
    await herald.close()
    process.exit(0) // whatever a library left open must not keep the process
  } catch (error) {
    if (error instanceof OperationError) logger.error({ code: error.code }, error.message)
    else logger.error({ err: error }, 'cannot start')
    process.exit(1)
  }
}
