/**
 * The doorbell: BullMQ wakes planners and workers, and carries nothing but "look again" (a speaker id at most). What
 * there is to do is read from Redis when the job runs, so lost, doubled and reordered wakes are harmless.
 *
 * A wake while its job is active makes the job run once more right after (keepLastIfActive), and a wake during a retry
 * is not swallowed (replace).
 */
import { type Job, Queue, Worker, type WorkerOptions } from 'bullmq'
import type { Cluster, Redis } from 'ioredis'
import type { Logger } from 'pino'
import { OperationError } from '../bgp/operation-error.ts'
import type { SpeakerId } from '../intent/model.ts'

export interface BullSettings {
  /** Makes a connection fit for blocking reads; the doorbell closes it. */
  readonly connection: () => Redis | Cluster
  readonly prefix: string
}

export interface Doorbell {
  wakePlan(): Promise<void>
  wakeApply(speakers: Iterable<SpeakerId>): Promise<void>
  close(): Promise<void>
}

const planQueue = 'plan'
const applyQueue = 'apply'
const ringWithinMs = 2000

const keepNothing = { removeOnComplete: true, removeOnFail: true } as const

export function openDoorbell(settings: BullSettings, logger: Logger): Doorbell {
  const connection = settings.connection()
  const options = { connection, prefix: settings.prefix, skipVersionCheck: true, skipMetasUpdate: true }
  const plan = new Queue(planQueue, options)
  const apply = new Queue(applyQueue, options)
  for (const queue of [plan, apply]) queue.on('error', (error) => logger.debug({ err: error }, 'doorbell: redis error'))
  const once = (id: string) => ({ ...keepNothing, deduplication: { id, keepLastIfActive: true, replace: true } })
  return {
    async wakePlan() {
      await inTime(plan.add('look', {}, once('plan')))
    },
    async wakeApply(speakers) {
      const jobs = [...speakers].map((speaker) => ({ name: 'apply', data: { speaker }, opts: once(speaker) }))
      if (jobs.length > 0) await inTime(apply.addBulk(jobs))
    },
    async close() {
      await Promise.allSettled([plan.close(), apply.close()])
      connection.disconnect()
    },
  }
}

/** BullMQ waits for Redis without limit; a wake that takes long is left to the watchdog. */
async function inTime(ringing: Promise<unknown>): Promise<void> {
  ringing.catch(() => undefined)
  const late = new OperationError('store-unavailable', 'Redis does not take a wake; the watchdog wakes later')
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), ringWithinMs)
  })
  await Promise.race([ringing, timeout]).finally(() => clearTimeout(timer))
}

export interface Answering {
  close(): Promise<void>
}

/** Measured: with BullMQ's defaults the job of a killed worker came back after 60 s; with these after 4.5 s. */
const quickRecovery = { lockDuration: 3000, stalledInterval: 1500, maxStalledCount: 5, drainDelay: 2 } as const

export function answerPlan(settings: BullSettings, logger: Logger, look: () => Promise<void>): Answering {
  return answer(settings, logger, planQueue, { concurrency: 1 }, () => look())
}

export function answerApply(
  settings: BullSettings,
  logger: Logger,
  concurrency: number,
  apply: (speaker: SpeakerId) => Promise<void>,
): Answering {
  return answer(settings, logger, applyQueue, { concurrency }, (job) => apply(job.data.speaker as SpeakerId))
}

function answer(
  settings: BullSettings,
  logger: Logger,
  queue: string,
  options: Partial<WorkerOptions>,
  run: (job: Job) => Promise<void>,
): Answering {
  const connection = settings.connection()
  const worker = new Worker(queue, run, {
    ...quickRecovery,
    ...keepNothingOfWorkers,
    ...options,
    connection,
    prefix: settings.prefix,
    skipVersionCheck: true,
  })
  worker.on('error', (error) => logger.debug({ err: error, queue }, 'doorbell: redis error'))
  worker.on('failed', (job, error) =>
    logger.warn({ err: error, queue, job: job?.data }, 'job failed; the watchdog wakes it again'),
  )
  return {
    async close() {
      await worker.close(true).catch(() => undefined)
      connection.disconnect()
    },
  }
}

const keepNothingOfWorkers = { removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } } as const
