/** `herald serve`: controller, worker and API until SIGINT or SIGTERM. */
import { startHerald } from './herald.ts'
import { createLogger } from './logger.ts'
import { type Flags, readSettings } from './settings.ts'
import { untilSignal } from './until-signal.ts'

export async function serve(flags: Flags): Promise<void> {
  const settings = readSettings(flags, process.env)
  const logger = createLogger(settings.logLevel)
  await untilSignal(logger, async (stop) => {
    const herald = await startHerald(settings, logger, stop)
    logger.info({ addresses: herald.addresses }, 'serving')
    return herald
  })
}
