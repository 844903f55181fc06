/**
 * ICMP echo for all tasks of an agent: tasks of one source, period and timeout share an fping. Findings come as a
 * stream, one for each round of a task, steady by fping's clock.
 */
import { type Address, addressFamily } from '../../bgp/address.ts'
import type { Probe, Task } from '../../health/task.ts'
import { stoodStill } from '../attempt.ts'
import { findingOf, noAnswer } from '../failure.ts'
import { type Finding, unknown } from '../finding.ts'
import { type HasLink, hasOwnLink } from '../own-link.ts'
import { sourceProblem } from '../probe.ts'
import { roundFinding } from '../round.ts'
import { longestStallSinceMs, watchStalls } from '../stalls.ts'
import { type Fping, startFping } from './fping.ts'
import { routeProblem } from './route-problem.ts'
import { type Round, Rounds } from './rounds.ts'

export type IcmpTask = Task & { readonly probe: Extract<Probe, { kind: 'icmp' }> }

export interface PingerOptions {
  /** @param sentAtMs milliseconds since the epoch */
  readonly onFinding: (task: IcmpTask, finding: Finding, sentAtMs: number) => void
  readonly hasLink?: HasLink
}

/** fping refuses less to ordinary users. */
const shortestPeriodMs = 10
/** Lines may be this late before a packet counts as never sent. */
const graceMs = 300
const wrongTaskEveryMs = 5000

export class Pinger {
  readonly #options: PingerOptions
  readonly #groups = new Map<string, Group>()
  #wrong: NodeJS.Timeout | undefined

  constructor(options: PingerOptions) {
    this.#options = options
    watchStalls()
  }

  /** Replaces all tasks. A group whose tasks stay the same is not disturbed. */
  configure(tasks: readonly IcmpTask[]): void {
    const good = tasks.filter((task) => sourceProblem(task) === undefined)
    const wanted = Map.groupBy(good, groupKey)
    for (const [key, group] of this.#groups)
      if (JSON.stringify(wanted.get(key)) !== group.identity) {
        group.close()
        this.#groups.delete(key)
      }
    for (const [key, members] of wanted)
      if (!this.#groups.has(key)) this.#groups.set(key, new Group(members, this.#options))
    this.#tellWrong(tasks.filter((task) => sourceProblem(task) !== undefined))
  }

  close(): void {
    this.configure([])
  }

  #tellWrong(tasks: readonly IcmpTask[]): void {
    clearInterval(this.#wrong)
    const tell = (): void => {
      for (const task of tasks) this.#options.onFinding(task, unknown(sourceProblem(task) ?? ''), Date.now())
    }
    if (tasks.length > 0) this.#wrong = setInterval(tell, wrongTaskEveryMs)
  }
}

function periodOf({ intervalMs, probe }: IcmpTask): number {
  return Math.max(shortestPeriodMs, Math.floor(intervalMs / probe.count))
}

function groupKey(task: IcmpTask): string {
  return `${task.source ?? addressFamily(task.probe.address)} ${periodOf(task)} ${task.timeoutMs}`
}

interface Member {
  readonly task: IcmpTask
  rounds: Rounds
}

/** One fping and the tasks it serves. */
class Group {
  readonly identity: string
  readonly #options: PingerOptions
  readonly #fping: Fping
  readonly #watch: NodeJS.Timeout
  readonly #members: readonly Member[]
  readonly #byAddress: ReadonlyMap<string, readonly Member[]>
  readonly #source: Address | undefined
  readonly #periodMs: number
  readonly #timeoutMs: number
  /** When packet 0 was sent (performance.now), as the newest line tells; absent while fping does not run. */
  #originMs: number | undefined
  #closed = false

  /** @param tasks of one key; at least one */
  constructor(tasks: readonly IcmpTask[], options: PingerOptions) {
    this.identity = JSON.stringify(tasks)
    this.#options = options
    this.#members = tasks.map((task) => ({ task, rounds: this.#roundsOf(task) }))
    this.#byAddress = Map.groupBy(this.#members, ({ task }) => task.probe.address)
    const [first] = tasks
    if (first === undefined) throw new Error('assertion: a group has tasks')
    this.#source = first.source
    this.#periodMs = periodOf(first)
    this.#timeoutMs = first.timeoutMs
    this.#fping = startFping({
      addresses: [...this.#byAddress.keys()] as Address[],
      ...(first.source !== undefined && { source: first.source }),
      periodMs: this.#periodMs,
      timeoutMs: this.#timeoutMs,
      onStart: () => this.#begin(),
      onLine: ({ address, index, rttMs }) => {
        this.#originMs = performance.now() - index * this.#periodMs - (rttMs ?? this.#timeoutMs)
        for (const { rounds } of this.#byAddress.get(address) ?? []) rounds.take(index, rttMs)
      },
      onEnd: (why) => {
        this.#originMs = undefined
        for (const { task } of this.#members) this.#tell(task, unknown(why), Date.now())
      },
    })
    this.#watch = setInterval(() => this.#look(), Math.max(100, Math.min(1000, first.intervalMs / 2)))
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#watch)
    this.#fping.close()
  }

  #begin(): void {
    this.#originMs = performance.now()
    for (const member of this.#members) member.rounds = this.#roundsOf(member.task)
  }

  #roundsOf(task: IcmpTask): Rounds {
    return new Rounds(task.probe.count, (round) => void this.#conclude(task, round))
  }

  /** Packets are sent one after another, a millisecond apart, so the last address is that much behind the first. */
  #look(): void {
    if (this.#originMs === undefined) return
    const behindMs = this.#timeoutMs + graceMs + this.#byAddress.size
    const index = Math.floor((performance.now() - this.#originMs - behindMs) / this.#periodMs) + 1
    for (const { rounds } of this.#members) rounds.overdue(index)
  }

  async #conclude(task: IcmpTask, round: Round): Promise<void> {
    const sentMs = (this.#originMs ?? performance.now()) + round.first * this.#periodMs
    const agoMs = Math.max(0, performance.now() - sentMs)
    const sentAtMs = Date.now() - agoMs
    this.#tell(task, await this.#findingOf(task, round, performance.now() - agoMs), sentAtMs)
  }

  async #findingOf(task: IcmpTask, { rttsMs, lost, unsent }: Round, sentMs: number): Promise<Finding> {
    const { address } = task.probe
    const { hasLink = hasOwnLink } = this.#options
    const family = addressFamily(address)
    if (rttsMs.length > 0) return roundFinding(rttsMs, rttsMs.length + lost)
    if (lost > 0) {
      const stalledMs = longestStallSinceMs(sentMs)
      return stalledMs > this.#timeoutMs ? stoodStill(stalledMs) : noAnswer(this.#timeoutMs, family, hasLink)
    }
    const problem = await routeProblem(address, this.#source)
    return problem === undefined ? unknown(`fping sent nothing (${unsent})`) : findingOf(problem, family, hasLink)
  }

  #tell(task: IcmpTask, finding: Finding, sentAtMs: number): void {
    if (!this.#closed) this.#options.onFinding(task, finding, sentAtMs)
  }
}
