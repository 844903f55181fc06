/**
 * What the controller wants probed, as it changes. Whatever goes wrong, the last configuration stays: an agent that is
 * cut off goes on probing. Only the controller's word that no such agent exists empties it.
 */
import type { Logger } from 'pino'
import type { AgentTasksView } from '../api/wire/agent.ts'
import { Backoff } from './backoff.ts'
import type { Controller } from './controller.ts'

export type AgentView = Pick<AgentTasksView, 'tasks' | 'leases' | 'owner'>

export interface ConfigurationOptions {
  readonly controller: Pick<Controller, 'tasks'>
  readonly logger: Logger
  readonly onView: (view: AgentView) => void
}

/** Until the signal aborts. */
export async function followConfiguration(
  { controller, logger, onView }: ConfigurationOptions,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff()
  let revision: string | undefined
  let trouble = ''
  while (!signal.aborted) {
    try {
      const answer = await controller.tasks(revision, signal)
      if (answer.kind === 'nobody') {
        if (revision !== undefined) onView({ tasks: [], leases: [] })
        revision = undefined
        throw new Error(answer.problem)
      }
      if (trouble !== '') logger.info('the controller answers again')
      trouble = ''
      backoff.succeed()
      if (answer.kind === 'same') continue
      revision = answer.revision
      logger.info({ tasks: answer.view.tasks.length, configuration: revision }, 'configured')
      onView(answer.view)
    } catch (error) {
      if (signal.aborted) return
      const words = error instanceof Error ? error.message : String(error)
      if (words !== trouble)
        logger.warn({ problem: words }, 'no configuration from the controller; probing the last one')
      trouble = words
      await backoff.wait(signal)
    }
  }
}
