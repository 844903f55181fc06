/**
 * The composition root: every part of a Herald process is made and wired here, and stopped in reverse order. Tests
 * embed it; `serve` and `worker` are this with signals around it.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { OperationError } from '../bgp/operation-error.ts'
import { parseRedisUrl } from '../store/connect.ts'
import { startEmbeddedRedis } from '../store/embedded.ts'
import { openHighWater } from '../store/high-water.ts'
import { type OpenStore, openStore } from '../store/open.ts'
import { Connections } from '../jobs/connections.ts'
import { openDoorbell } from '../jobs/doorbell.ts'
import { startPlanner } from '../jobs/lead.ts'
import { startWorker } from '../jobs/worker.ts'
import { connectCollector } from '../speaker/gobgp/collector.ts'
import { connectGobgp } from '../speaker/gobgp/connect.ts'
import { createMetrics } from './metrics.ts'
import { listen, prepareListening } from './listen.ts'
import type { ProcessSettings, ServeSettings } from './settings.ts'

export interface Herald {
  /** Where the API answers; empty for a worker. */
  readonly addresses: readonly string[]
  close(): Promise<void>
}

export type Cleanup = () => Promise<void> | void

const storeRetryMs = 1000

/** Controller, worker and API in one process. Rejects where settings or Redis are wrong in a way that waiting cannot mend. */
export async function startHerald(settings: ServeSettings, logger: Logger, stop: AbortSignal): Promise<Herald> {
  return composed(logger, async (cleanups) => {
    await makeFolder(settings.folder)
    const listening = await prepareListening(settings)
    const base = await startBase(settings, logger, stop, cleanups)
    await base.store.revisions.initialise()
    const highWater = await openHighWater(join(settings.folder, 'high-water.json'))
    const planner = startPlanner({ ...base, highWater }, base.bull)
    cleanups.push(() => planner.close())
    const worker = startWorker(base, base.bull)
    cleanups.push(() => worker.close())
    return listen(settings, listening, { ...base, highWater }, cleanups)
  })
}

/** A worker: applies and watches, decides nothing. */
export async function startHeraldWorker(settings: ProcessSettings, logger: Logger, stop: AbortSignal): Promise<Herald> {
  return composed(logger, async (cleanups) => {
    if (settings.redisUrl === undefined)
      throw new OperationError(
        'store-misconfigured',
        'a worker needs the Redis of its controller: give --redis or REDIS_URL',
      )
    const base = await startBase(settings, logger, stop, cleanups)
    const worker = startWorker(base, base.bull)
    cleanups.push(() => worker.close())
    return []
  })
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw new OperationError('misconfigured', `cannot make the data folder: ${why}; choose another with --data`, {
      cause: error,
    })
  })
}

async function composed(logger: Logger, build: (cleanups: Cleanup[]) => Promise<readonly string[]>): Promise<Herald> {
  const cleanups: Cleanup[] = []
  const close = async (): Promise<void> => {
    for (const cleanup of cleanups.toReversed())
      await Promise.resolve(cleanup()).catch((error: unknown) => logger.debug({ err: error }, 'while closing'))
  }
  try {
    return { addresses: await build(cleanups), close }
  } catch (error) {
    await close()
    throw error
  }
}

export type Base = Awaited<ReturnType<typeof startBase>>

async function startBase(settings: ProcessSettings, logger: Logger, stop: AbortSignal, cleanups: Cleanup[]) {
  const store = await openRedis(settings, logger, stop, cleanups)
  for (const finding of store.findings) logger.warn({ finding }, 'redis')
  const metrics = createMetrics(store)
  const bull = { connection: () => store.bullConnection(), prefix: store.bullPrefix }
  const doorbell = openDoorbell(bull, logger)
  cleanups.push(() => doorbell.close())
  const connections = new Connections(connectGobgp)
  cleanups.push(() => connections.close())
  return {
    store,
    bull,
    doorbell,
    connections,
    connectCollector,
    metrics,
    logger,
    clock: () => Date.now(),
    ...metrics.observers,
  }
}

async function openRedis(
  { redisUrl, folder, tag }: ProcessSettings,
  logger: Logger,
  stop: AbortSignal,
  cleanups: Cleanup[],
): Promise<OpenStore> {
  let redis
  if (redisUrl === undefined) {
    const embedded = await startEmbeddedRedis({
      folder: join(folder, 'redis'),
      notify: (event) => logger[event.kind === 'started' ? 'info' : 'warn']({ redis: event }, 'embedded redis'),
    })
    cleanups.push(() => embedded.stop())
    redis = embedded.settings
  } else {
    const parsed = parseRedisUrl(redisUrl)
    if (!parsed.ok) throw new OperationError('store-misconfigured', parsed.problem)
    redis = parsed.value
  }
  for (let told = false; ; told = true) {
    try {
      const store = await openStore({ redis, tag })
      cleanups.push(() => store.close())
      return store
    } catch (error) {
      if (!(error instanceof OperationError) || !error.retryable || stop.aborted) throw error
      if (!told) logger.warn({ problem: error.message }, 'Redis does not answer; waiting for it')
      await sleep(storeRetryMs, undefined, { signal: stop }).catch(() => undefined)
    }
  }
}
