/**
 * Brings samples to the controller: soon where an outcome is bad or new, because somebody's failover waits for it; else
 * in calm batches. One batch at a time, sent again under its number until the controller has it.
 */
import type { Logger } from 'pino'
import type { SentSample } from '../api/wire/agent.ts'
import { Backoff } from './backoff.ts'
import { type Controller, RefusedError } from './controller.ts'
import type { SampleBuffer } from './sample-buffer.ts'

export interface DeliveryOptions {
  readonly controller: Pick<Controller, 'take'>
  readonly buffer: SampleBuffer
  readonly logger: Logger
}

/** After a failure or another outcome than before: others of the same moment travel with it. */
const urgentWithinMs = 50
const calmWithinMs = 500
/** Tells that the agent lives, where its tasks are slow. */
const heartbeatMs = 5000
/** For what is left when the agent stops. */
const lastWordsMs = 2000

/** Answers that no later attempt can change: the batch itself is wrong. */
const hopeless: readonly number[] = [400, 413, 415, 422]

export class Delivery {
  readonly #options: DeliveryOptions
  readonly #outcomes = new Map<string, SentSample['outcome']>()
  readonly #stop = new AbortController()
  readonly #backoff = new Backoff()
  #dueMs = performance.now() + heartbeatMs
  #wake: () => void = () => undefined
  #trouble = ''

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  add(sample: SentSample): void {
    const { buffer } = this.#options
    const news = sample.outcome !== 'ok' || this.#outcomes.get(sample.task) !== sample.outcome
    this.#outcomes.set(sample.task, sample.outcome)
    buffer.push(sample)
    const dueMs = performance.now() + (buffer.urgent ? 0 : news ? urgentWithinMs : calmWithinMs)
    if (dueMs >= this.#dueMs) return
    this.#dueMs = dueMs
    this.#wake()
  }

  /** Tasks that are gone are forgotten. */
  keep(tasks: ReadonlySet<string>): void {
    for (const task of this.#outcomes.keys()) if (!tasks.has(task)) this.#outcomes.delete(task)
  }

  /** Until `stop`; then what is left is tried once more, for two seconds at most. */
  async run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await this.#untilDue()
      if (signal.aborted) break
      await this.#send(signal)
    }
    const lastWords = AbortSignal.timeout(lastWordsMs)
    while (this.#options.buffer.length > 0 && !lastWords.aborted) await this.#send(lastWords)
  }

  stop(): void {
    this.#stop.abort()
    this.#wake()
  }

  async #untilDue(): Promise<void> {
    for (;;) {
      const restMs = this.#dueMs - performance.now()
      if (restMs <= 0 || this.#stop.signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, restMs)
      this.#wake = resolve
      await promise
      clearTimeout(timer)
    }
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { buffer, controller, logger } = this.#options
    this.#dueMs = performance.now() + heartbeatMs
    const batch = buffer.batch()
    try {
      await controller.take(batch, signal)
      buffer.settle()
      this.#backoff.succeed()
      if (this.#trouble !== '') logger.info({ waiting: buffer.length }, 'the controller takes samples again')
      this.#trouble = ''
    } catch (error) {
      if (error instanceof RefusedError && hopeless.includes(error.status)) {
        logger.error({ problem: error.message, samples: batch.samples.length }, 'the controller refuses these samples')
        buffer.discard()
      } else this.#tell(error)
      await this.#backoff.wait(signal)
    }
    if (buffer.urgent) this.#dueMs = performance.now()
    else if (buffer.length > 0) this.#dueMs = Math.min(this.#dueMs, performance.now() + urgentWithinMs)
  }

  #tell(error: unknown): void {
    const { logger, buffer } = this.#options
    const words = error instanceof Error ? error.message : String(error)
    if (words !== this.#trouble)
      logger.warn({ problem: words, waiting: buffer.length }, 'samples wait for the controller')
    this.#trouble = words
  }
}
