/**
 * The catchment: which POP answers each vantage point, by what answers say themselves (NSID, id.server, a header, an
 * echo). One line a vantage point and target.
 *   1. An answer names a POP, something else, or nothing; a probe that fails has no answer.
 *   2. A line turns to another POP when the one before has not answered for three intervals: a line whose answers
 *      alternate (several paths of equal cost) stays with the one it had.
 *   3. It is unanswered when nobody answered for three intervals, and silent when nothing is heard of the agent.
 * Times are by the controller's clock, without the error of the agent's (health/agent-clock), of when a probe was sent;
 * what comes more than half a minute late is passed over. Pure: time is an argument.
 */
import type { Address } from '../bgp/address.ts'
import type { PopId } from '../intent/model.ts'
import type { AgentId } from '../intent/monitoring.ts'
import { AgentClock } from './agent-clock.ts'
import type { Sample } from './sample.ts'
import type { VantageTask } from './vantage-tasks.ts'

/** One probe's answer. Neither POP nor name, but `answered`: it does not say who it is of. */
export interface Answer {
  readonly atMs: number
  readonly answered: boolean
  readonly pop?: PopId
  /** What it says, where that is no POP. */
  readonly name?: string
}

export type CatchmentState = 'named' | 'unnamed' | 'unanswered' | 'silent'

/** What one vantage point sees of one target now. */
export interface CatchmentLine {
  readonly agent: AgentId
  readonly target: Address
  readonly state: CatchmentState
  /** The POP that answers, or answered last. */
  readonly pop?: PopId
  /** What the answer says, where that is no POP. */
  readonly name?: string
  /** Since when it is so, ms since the epoch; absent: it never was otherwise. */
  readonly sinceMs?: number
}

/** How long after the last probe that was judged a vantage point counts as heard of, in its intervals. */
const silentIntervals = 5
const leastSilenceMs = 5000
/** Answers of so long are kept, so that a watch that begins late sees them all. */
const keptMs = 30_000
const keptAtMost = 600
export const quietIntervals = 3

export class CatchmentBook {
  #configured: readonly VantageTask[] | undefined
  #lines = new Map<string, Line>()
  /** By task, then by agent. */
  #byTask = new Map<string, Map<string, Line>>()
  #clocks = new Map<string, AgentClock>()
  #popNamed: (name: string) => PopId | undefined = () => undefined

  /** Follows exactly these. A line that was followed before keeps what is known. */
  configure(tasks: readonly VantageTask[], popNamed: (name: string) => PopId | undefined): void {
    this.#popNamed = popNamed
    if (tasks === this.#configured) return
    this.#configured = tasks
    const before = this.#lines
    this.#lines = new Map()
    this.#byTask = new Map()
    for (const { task, agent, target, intervalMs } of tasks) {
      const key = `${agent} ${target}`
      const line = this.#lines.get(key) ?? before.get(key) ?? new Line(agent, target)
      line.quietMs = Math.max(this.#lines.has(key) ? line.quietMs : 0, quietIntervals * intervalMs)
      this.#lines.set(key, line)
      const own = this.#byTask.get(task) ?? new Map<string, Line>()
      this.#byTask.set(task, own.set(agent, line))
    }
  }

  /** Takes samples in, of whichever tasks. @returns the answers that were new, by their lines */
  take(samples: readonly Sample[], nowMs: number): readonly (readonly [Line, Answer])[] {
    const taken: [Line, Answer][] = []
    for (const sample of samples) {
      const line = this.#byTask.get(sample.task)?.get(sample.agent)
      if (line === undefined) continue
      const clock = this.#clocks.get(sample.agent) ?? new AgentClock(nowMs)
      this.#clocks.set(sample.agent, clock)
      clock.see(sample.atMs, nowMs)
      const ageMs = clock.age(sample.atMs, nowMs)
      if (sample.outcome === 'unknown' || ageMs > keptMs) continue
      const answer = this.#answerOf(sample, nowMs - ageMs)
      line.take(answer)
      taken.push([line, answer])
    }
    return taken
  }

  lines(): Iterable<Line> {
    return this.#lines.values()
  }

  #answerOf({ outcome, answeredBy }: Sample, atMs: number): Answer {
    if (answeredBy === undefined) return { atMs, answered: outcome === 'ok' }
    const pop = this.#popNamed(answeredBy)
    return { atMs, answered: true, ...(pop === undefined ? { name: answeredBy } : { pop }) }
  }
}

/** What one vantage point sees of one target. */
export class Line {
  readonly agent: AgentId
  readonly target: Address
  /** Three intervals of the slowest of its tasks. */
  quietMs = 0
  /** When the newest probe that was judged was sent; -Infinity before the first. */
  heardAtMs = -Infinity
  #answeredAtMs = -Infinity
  /** Who answers, as settled. */
  #pop: PopId | undefined
  #name: string | undefined
  #named = false
  #sinceMs = 0
  /** When that one last answered. */
  #lastMs = -Infinity
  /** First answer by anybody else after that. */
  #othersSinceMs = Infinity
  /** Oldest first. */
  #recent: Answer[] = []

  constructor(agent: AgentId, target: Address) {
    this.agent = agent
    this.target = target
  }

  /** What was answered lately, oldest first. */
  get recent(): readonly Answer[] {
    return this.#recent
  }

  /** It has said who answers at least once. */
  get isNaming(): boolean {
    return this.#named
  }

  /** The POP that answered last before the given time, as far back as is known. */
  popBefore(atMs: number): PopId | undefined {
    const answer = this.#recent.findLast((one) => one.atMs <= atMs && one.pop !== undefined)
    if (answer !== undefined) return answer.pop
    return this.#sinceMs <= atMs ? this.#pop : undefined
  }

  take(answer: Answer): void {
    this.heardAtMs = Math.max(this.heardAtMs, answer.atMs)
    const at = this.#recent.findLastIndex(({ atMs }) => atMs <= answer.atMs)
    this.#recent.splice(at + 1, 0, answer)
    const tooOld = this.#recent.findIndex(({ atMs }) => atMs >= this.heardAtMs - keptMs)
    this.#recent.splice(0, Math.max(tooOld, this.#recent.length - keptAtMost, 0))
    if (answer.answered) this.#follow(answer)
  }

  /** How it stands now. */
  state(nowMs: number): CatchmentLine {
    const { agent, target } = this
    const who = {
      ...(this.#pop !== undefined && { pop: this.#pop }),
      ...(this.#name !== undefined && { name: this.#name }),
    }
    const line = (state: CatchmentState, sinceMs: number): CatchmentLine =>
      Number.isFinite(sinceMs) ? { agent, target, state, ...who, sinceMs } : { agent, target, state, ...who }
    if (nowMs - this.heardAtMs > Math.max(leastSilenceMs, (this.quietMs / quietIntervals) * silentIntervals))
      return line('silent', this.heardAtMs)
    if (this.heardAtMs - this.#answeredAtMs > this.quietMs) return line('unanswered', this.#answeredAtMs)
    return line(this.#pop === undefined ? 'unnamed' : 'named', this.#sinceMs)
  }

  #follow({ atMs, pop, name }: Answer): void {
    const first = this.#answeredAtMs === -Infinity
    const again = atMs - this.#answeredAtMs > this.quietMs
    this.#answeredAtMs = Math.max(this.#answeredAtMs, atMs)
    if (pop !== undefined || name !== undefined) this.#named = true
    if (!first && pop === this.#pop && name === this.#name) {
      if (again) this.#sinceMs = atMs
      this.#lastMs = Math.max(this.#lastMs, atMs)
      this.#othersSinceMs = Infinity
      return
    }
    if (!first && atMs <= this.#lastMs) return // late: it was answered by the settled one after that
    this.#othersSinceMs = Math.min(this.#othersSinceMs, atMs)
    if (!first && atMs - this.#lastMs <= this.quietMs) return
    this.#pop = pop
    this.#name = name
    this.#sinceMs = first ? atMs : this.#othersSinceMs
    this.#lastMs = atMs
    this.#othersSinceMs = Infinity
  }
}
