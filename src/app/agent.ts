/** `herald agent`: probes until SIGINT or SIGTERM. */
import { startAgent } from '../agent/agent.ts'
import { type AgentFlags, type AgentSettings, readAgentSettings } from '../agent/settings.ts'
import { createLogger } from './logger.ts'
import { untilSignal } from './until-signal.ts'

/** @param controller where it is, as every verb finds it */
export async function runAgent(flags: AgentFlags, controller: Pick<AgentSettings, 'address' | 'token'>): Promise<void> {
  const settings = readAgentSettings(flags, process.env, controller)
  const logger = createLogger(settings.logLevel)
  await untilSignal(logger, async () => {
    const agent = await startAgent(settings, logger)
    logger.info({ agent: settings.name, reflector: agent.reflectorPort }, 'probing')
    return { addresses: [], close: () => agent.close() }
  })
}
