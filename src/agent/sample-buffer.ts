/**
 * Samples on their way to the controller. Bounded: an agent that is cut off for too long loses its oldest, and says how
 * many. A batch that was taken for sending stays as it is until it is settled, so that sending it again changes nothing.
 */
import type { SentBatch, SentSample } from '../api/wire/agent.ts'

export interface BufferOptions {
  /** Names this run of the process. */
  readonly run: string
  /** Samples kept at most. */
  readonly size: number
  readonly batchSize: number
}

export class SampleBuffer {
  readonly #options: BufferOptions
  #waiting: SentSample[] = []
  /** Samples before this place are gone; shifting each would cost the whole array. */
  #first = 0
  #batch: SentBatch | undefined
  #number = 0
  #dropped = 0

  constructor(options: BufferOptions) {
    this.#options = options
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Samples that are not settled. */
  get length(): number {
    return this.#waiting.length - this.#first + (this.#batch?.samples.length ?? 0)
  }

  /** A batch is to be sent again, or a whole one is there. */
  get urgent(): boolean {
    return this.#batch !== undefined || this.#waiting.length - this.#first >= this.#options.batchSize
  }

  push(sample: SentSample): void {
    this.#waiting.push(sample)
    if (this.length <= this.#options.size) return
    this.#dropped++
    this.#first++
    this.#compact()
  }

  /** What is to be sent next: the batch that was not settled yet, else a new one, empty where nothing waits. */
  batch(): SentBatch {
    if (this.#batch !== undefined) return this.#batch
    const samples = this.#waiting.slice(this.#first, this.#first + this.#options.batchSize)
    this.#first += samples.length
    this.#compact()
    this.#batch = { run: this.#options.run, batch: ++this.#number, dropped: this.#dropped, samples }
    return this.#batch
  }

  /** The controller has it. */
  settle(): void {
    this.#batch = undefined
  }

  /** The controller will never take it. */
  discard(): void {
    this.#dropped += this.#batch?.samples.length ?? 0
    this.#batch = undefined
  }

  #compact(): void {
    if (this.#first < 1000 && this.#first < this.#waiting.length) return
    this.#waiting = this.#waiting.slice(this.#first)
    this.#first = 0
  }
}
