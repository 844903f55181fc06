/**
 * When tasks are probed. Each has its own phase within its interval, the same after every start, so that the targets of
 * an agent, and the agents of a target, are spread over time. Moments are counted on a monotonic clock from a common
 * origin, so that nothing drifts:
 *   1. a task is due at `phase + k * interval`;
 *   2. a timer that rings late by more than a tenth of the interval (a suspended machine, a busy process) is skipped: what
 *      was missed is not made up for, else all would be sent at once;
 *   3. a task is never probed while its last probe runs; the moments that pass meanwhile are skipped. A probe that ends as
 *      little late as a timer may be is followed at once: one that waits its whole interval for an answer in vain must not
 *      halve the rate at which a failure is counted.
 */
import type { Task } from '../health/task.ts'

/** Monotonic time and timers; tests have their own. */
export interface ScheduleClock {
  /** Milliseconds from whatever origin; never steps. */
  nowMs(): number
  /** Calls back after so long, once. Answers how to cancel it. */
  after(delayMs: number, ring: () => void): () => void
}

export const monotonicClock: ScheduleClock = {
  nowMs: () => performance.now(),
  after(delayMs, ring) {
    const timer = setTimeout(ring, delayMs)
    return () => clearTimeout(timer)
  },
}

export interface ScheduleOptions<T extends Task> {
  readonly clock?: ScheduleClock
  /** Shifts all phases: the agent's name. */
  readonly seed: string
  /** One probe. Its signal aborts when the task is taken away or the schedule closes. A rejection is no sample. */
  readonly run: (task: T, signal: AbortSignal) => Promise<void>
}

const lateAtMostMs = 20

export class Schedule<T extends Task> {
  readonly #options: ScheduleOptions<T>
  readonly #clock: ScheduleClock
  readonly #runs = new Map<string, Run<T>>()

  constructor(options: ScheduleOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? monotonicClock
  }

  /** Replaces all tasks. One that stays the same keeps its rhythm; one that changed begins anew. */
  configure(tasks: readonly T[]): void {
    const wanted = new Map(tasks.map((task) => [task.id, task]))
    for (const [id, run] of this.#runs) {
      const task = wanted.get(id)
      if (task !== undefined && JSON.stringify(task) === run.identity) continue
      run.stop()
      this.#runs.delete(id)
    }
    for (const [id, task] of wanted)
      if (!this.#runs.has(id)) this.#runs.set(id, new Run(task, this.#clock, this.#options))
  }

  close(): void {
    this.configure([])
  }
}

class Run<T extends Task> {
  readonly identity: string
  readonly #task: T
  readonly #clock: ScheduleClock
  readonly #probe: ScheduleOptions<T>['run']
  readonly #phaseMs: number
  readonly #stop = new AbortController()
  #cancel: () => void = () => undefined
  #running = false
  /** The last moment that came while a probe ran. */
  #missedMs = -Infinity

  constructor(task: T, clock: ScheduleClock, { run, seed }: ScheduleOptions<T>) {
    this.identity = JSON.stringify(task)
    this.#task = task
    this.#clock = clock
    this.#probe = run
    this.#phaseMs = phaseOf(`${seed} ${task.id}`, task.intervalMs)
    this.#wait()
  }

  stop(): void {
    this.#stop.abort()
    this.#cancel()
  }

  /** Until the next moment that is not over yet. */
  #wait(): void {
    const { intervalMs } = this.#task
    const nowMs = this.#clock.nowMs()
    const passed = Math.floor((nowMs - this.#phaseMs) / intervalMs)
    const dueMs = this.#phaseMs + (passed + 1) * intervalMs
    this.#cancel = this.#clock.after(dueMs - nowMs, () => this.#ring(dueMs))
  }

  #ring(dueMs: number): void {
    if (this.#stop.signal.aborted) return
    const earlyMs = dueMs - this.#clock.nowMs()
    // Timers count whole milliseconds: one that rings early would find its own moment still to come, and ring twice.
    if (earlyMs > 0) {
      this.#cancel = this.#clock.after(Math.ceil(earlyMs), () => this.#ring(dueMs))
      return
    }
    if (this.#running) this.#missedMs = dueMs
    else if (this.#isInTime(dueMs)) void this.#run()
    this.#wait()
  }

  #isInTime(dueMs: number): boolean {
    return this.#clock.nowMs() - dueMs <= Math.max(lateAtMostMs, this.#task.intervalMs / 10)
  }

  async #run(): Promise<void> {
    this.#running = true
    try {
      await this.#probe(this.#task, this.#stop.signal)
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error // a programmer's error: probes answer findings
    } finally {
      this.#running = false
    }
    if (!this.#stop.signal.aborted && this.#isInTime(this.#missedMs)) {
      this.#missedMs = -Infinity
      void this.#run()
    }
  }
}

/** FNV-1a, spread over the interval. */
export function phaseOf(text: string, intervalMs: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  // FNV-1a leaves its last input in the low bits only; without this, tasks that differ at their end have one phase.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0
  return (((hash ^ (hash >>> 13)) / 2 ** 32 + 1) % 1) * intervalMs
}
