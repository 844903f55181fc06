/**
 * An agent that sees everything fail is itself suspected (G3 in the small): a vantage point whose own line is down says
 * of every POP that it is dead. All of its tasks failed one after another without a single success between: at least
 * three, at two POPs or more. That is known after one round of probes, before any `fall` is reached, so its votes are
 * `unknown` before they become verdicts. The first success ends the suspicion, and its detectors begin anew.
 *
 * Slow tasks (more than twice the agent's shortest interval) do not count, or one of 60 s would delay the suspicion by as
 * much. An agent of a POP whose tasks are all about that POP is not suspected: there it may well be the POP.
 */
import { AgentClock } from './agent-clock.ts'
import type { Seat, Watch } from './watch.ts'

export interface AgentSeat {
  readonly watch: Watch
  readonly seat: Seat
  readonly fast: boolean
  /** The run of failures in which this task was counted last. */
  run: number
}

/** The agent is new for this long: tasks that were not heard of yet count as well. */
const newMs = 10_000
const fewestTasks = 3

export class AgentWatch {
  readonly name: string
  readonly clock: AgentClock
  readonly seats: readonly AgentSeat[]
  suspectedSinceMs: number | undefined
  readonly #severalPops: boolean
  readonly #fastSeats: number
  readonly #startedAtMs: number
  #heard = 0
  #run = 1
  #failedInRun = 0

  /** @param before the same agent with other tasks: its clock and a suspicion stay known */
  constructor(
    name: string,
    seats: readonly { readonly watch: Watch; readonly seat: Seat }[],
    nowMs: number,
    before?: AgentWatch,
  ) {
    this.name = name
    this.clock = before?.clock ?? new AgentClock(nowMs)
    this.suspectedSinceMs = before?.suspectedSinceMs
    this.#startedAtMs = nowMs
    const shortestMs = Math.min(...seats.map(({ watch }) => watch.watched.rules.intervalMs))
    this.seats = seats.map(({ watch, seat }) => {
      return { watch, seat, fast: watch.watched.rules.intervalMs <= 2 * shortestMs, run: 0 }
    })
    const fast = this.seats.filter((one) => one.fast)
    this.#fastSeats = fast.length
    this.#severalPops = new Set(fast.map(({ watch }) => watch.watched.subject.pop)).size > 1
  }

  /** A task began to be heard (+1) or fell silent (−1). */
  heard({ fast }: AgentSeat, change: 1 | -1): void {
    if (fast) this.#heard += change
  }

  /** @returns `suspect` or `clear` where the suspicion begins or ends with this result */
  note(one: AgentSeat, outcome: 'ok' | 'fail' | 'unknown', nowMs: number): 'suspect' | 'clear' | undefined {
    if (outcome === 'unknown' || !one.fast) return undefined
    if (outcome === 'ok') {
      this.#run++
      this.#failedInRun = 0
      if (this.suspectedSinceMs === undefined) return undefined
      this.suspectedSinceMs = undefined
      return 'clear'
    }
    if (one.run !== this.#run) {
      one.run = this.#run
      this.#failedInRun++
    }
    if (this.suspectedSinceMs !== undefined || !this.#severalPops) return undefined
    const all = nowMs - this.#startedAtMs < newMs ? this.#fastSeats : this.#heard
    if (this.#failedInRun < Math.max(fewestTasks, all)) return undefined
    this.suspectedSinceMs = nowMs
    return 'suspect'
  }

  get reason(): string {
    return `everything that ${this.name} probes failed at once, at several POPs: its own line is suspected, not theirs`
  }
}
