/**
 * The agent: probes what the controller wants, tells what it saw, and decides nothing. Cut off, it goes on with its last
 * configuration and keeps what it sees, within a bound. Only a prefix's own lease lets it withdraw anything (lease-keeper).
 */
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { subjectKey } from '../health/subject.ts'
import type { Task } from '../health/task.ts'
import { startReflector } from '../probe/echo/reflector.ts'
import type { Finding } from '../probe/finding.ts'
import { startProber } from '../probe/prober.ts'
import { type AgentView, followConfiguration } from './configuration.ts'
import { Controller } from './controller.ts'
import { Delivery } from './delivery.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { connectGobgp } from '../speaker/gobgp/connect.ts'
import { SampleBuffer } from './sample-buffer.ts'
import type { AgentSettings } from './settings.ts'

export interface Agent {
  /** Port of the reflector, where there is one. */
  readonly reflectorPort: number | undefined
  /** Stops probing, sends what is left for two seconds at most. */
  close(): Promise<void>
}

const samplesPerBatch = 1000

/** @throws where the reflector cannot bind */
export async function startAgent(settings: AgentSettings, logger: Logger): Promise<Agent> {
  const { name, address, token, ca } = settings
  const stop = new AbortController()
  const reflector = await reflect(settings, stop.signal)
  const speaker = settings.speaker === undefined ? undefined : connectGobgp({ endpoint: settings.speaker })
  const keeper = speaker && new LeaseKeeper({ speaker, logger })
  const controller = new Controller({ address, token, agent: name, heard: () => keeper?.heard() })
  const buffer = new SampleBuffer({ run: randomUUID(), size: settings.bufferSize, batchSize: samplesPerBatch })
  const delivery = new Delivery({ controller, buffer, logger })
  const sequences = new Map<string, number>()
  const prober = startProber({
    seed: name,
    ...(ca !== undefined && { ca }),
    onFinding(task, finding, sentAtMs) {
      const sequence = sequences.get(task.id) ?? 0
      sequences.set(task.id, sequence + 1)
      delivery.add(sampleOf(task, finding, sequence, sentAtMs))
    },
  })
  const delivering = delivery.run()
  const following = followConfiguration({ controller, logger, onView }, stop.signal)
  const keeping = keeper?.run(stop.signal)

  function onView(view: AgentView): void {
    const { tasks } = view
    keeper?.configure(view)
    if (keeper === undefined && view.leases.length > 0)
      logger.warn(
        { leases: view.leases.length },
        'prefixes have a lease here, and no speaker is known: nothing is withdrawn; see --speaker',
      )
    const ids = new Set(tasks.map(({ id }) => id))
    for (const id of sequences.keys()) if (!ids.has(id)) sequences.delete(id)
    delivery.keep(ids)
    prober.configure(tasks as unknown as readonly Task[]) // as the schema read them; addresses are the controller's
  }

  return {
    reflectorPort: reflector?.port,
    async close() {
      stop.abort()
      prober.close()
      delivery.stop()
      await Promise.all([delivering, following, keeping, reflector?.closed])
      speaker?.close()
      await controller.close()
    },
  }
}

function sampleOf({ id, subject }: Task, finding: Finding, sequence: number, sentAtMs: number) {
  return { task: id, subject: subjectKey(subject), sequence, atMs: Math.round(sentAtMs), ...finding }
}

async function reflect({ reflector, name }: AgentSettings, signal: AbortSignal) {
  if (reflector === undefined) return undefined
  return startReflector({ ...reflector, name: reflector.pop ?? name, signal })
}
