/**
 * How old a sample is, though agents' clocks are wrong. The smallest difference between arrival and sending that was
 * seen lately is taken for the agent's clock error; what a sample's difference exceeds it by is its age. So a constant
 * error does no harm, and the backlog of an agent that was cut off is known for what it is: history, on which no
 * verdict is made.
 *
 * In the beginning a clock counts as right, so that a backlog is seen as one even right after a start of the
 * controller; an agent with a slow clock is *unknown* for at most two minutes then. Clock steps heal in the same time.
 */

const spanMs = 60_000

export class AgentClock {
  #spanStartMs: number
  #previousMin = 0
  #currentMin = Infinity

  constructor(nowMs: number) {
    this.#spanStartMs = nowMs
  }

  /** Learns from a sample's times. */
  see(sentAtMs: number, nowMs: number): void {
    if (nowMs - this.#spanStartMs >= spanMs) {
      this.#previousMin = this.#currentMin
      this.#currentMin = Infinity
      this.#spanStartMs = nowMs
    }
    this.#currentMin = Math.min(this.#currentMin, nowMs - sentAtMs)
  }

  /** Age of a sample in ms, at least 0, not counting the clock error. */
  age(sentAtMs: number, nowMs: number): number {
    const error = Math.min(this.#previousMin, this.#currentMin)
    return error === Infinity ? 0 : Math.max(0, nowMs - sentAtMs - error)
  }
}
