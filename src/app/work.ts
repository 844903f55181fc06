/** `herald worker`: applies and watches for a controller elsewhere, until SIGINT or SIGTERM. */
import { startHeraldWorker } from './herald.ts'
import { createLogger } from './logger.ts'
import { type Flags, readSettings } from './settings.ts'
import { untilSignal } from './until-signal.ts'

export async function work(flags: Flags): Promise<void> {
  const settings = readSettings(flags, process.env)
  const logger = createLogger(settings.logLevel)
  await untilSignal(logger, async (stop) => {
    const herald = await startHeraldWorker(settings, logger, stop)
    logger.info('working')
    return herald
  })
}
