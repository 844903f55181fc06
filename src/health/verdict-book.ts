/**
 * All verdicts: samples go in, verdicts come out in the same call, made by the very sample that completes a count. Time
 * is an argument; `advance` is called about once a second for what silence changes. The same calls give the same
 * verdicts. A sample costs O(1), a changed vote O(agents of the task).
 */
import { AgentWatch, type AgentSeat } from './agent-watch.ts'
import { Detector } from './detector.ts'
import { type DampingRules, defaultDamping } from './penalty.ts'
import { type HealthGuards, allHealthGuards } from './guards.ts'
import type { Sample } from './sample.ts'
import { type Verdict, type VerdictKey, type Verdicts, verdictKey } from './verdict.ts'
import { type Seat, Watch, type WatchedTask } from './watch.ts'

export interface SuspectedAgent {
  readonly agent: string
  readonly sinceMs: number
  readonly reason: string
}

interface Entry {
  readonly agent: AgentWatch
  readonly at: AgentSeat
}

export class VerdictBook implements Verdicts {
  readonly #damping: DampingRules
  readonly #guards: HealthGuards
  readonly #all = new Map<VerdictKey, Verdict>()
  readonly #sick = new Map<VerdictKey, Verdict>()
  readonly #doubtful = new Map<VerdictKey, Verdict>()
  #configured: readonly WatchedTask[] | undefined
  #watches = new Map<string, Watch>()
  #agents = new Map<string, AgentWatch>()
  /** Task id → agent → entry. */
  #entries = new Map<string, Map<string, Entry>>()
  #changed = new Map<VerdictKey, Verdict>()

  /** @param guards for tests alone (health/guards) */
  constructor(damping: DampingRules = defaultDamping, guards: HealthGuards = allHealthGuards) {
    this.#damping = damping
    this.#guards = guards
  }

  get all(): ReadonlyMap<VerdictKey, Verdict> {
    return this.#all
  }

  get sick(): ReadonlyMap<VerdictKey, Verdict> {
    return this.#sick
  }

  get doubtful(): ReadonlyMap<VerdictKey, Verdict> {
    return this.#doubtful
  }

  /** Watches exactly these. A task whose watch is as it was keeps what is known; any other begins as `unknown`. */
  configure(watched: readonly WatchedTask[], nowMs: number): void {
    if (watched === this.#configured) return
    this.#configured = watched
    const watches = new Map<string, Watch>()
    for (const task of watched) {
      const known = this.#watches.get(task.task)
      const same = known !== undefined && JSON.stringify(known.watched) === JSON.stringify(task)
      watches.set(task.task, same ? known : new Watch(task, newSeats(task), nowMs))
    }
    this.#watches = watches
    this.#seatAgents(nowMs)
    this.#all.clear()
    this.#sick.clear()
    this.#doubtful.clear()
    for (const watch of watches.values()) this.#doubt(watch, this.#keep(watch.verdict))
    this.#changed.clear()
  }

  /**
   * Takes samples in, in the order in which they came. Samples of tasks or agents that are not watched are passed over.
   * @param nowMs when they came in  @returns verdicts that changed in anything
   */
  ingest(samples: readonly Sample[], nowMs: number): readonly Verdict[] {
    // A batch may hold a backlog: what the newest sample says about the agent's clock must be known before the first.
    for (const { agent, atMs } of samples) this.#agents.get(agent)?.clock.see(atMs, nowMs)
    for (const sample of samples) this.#take(sample, nowMs)
    return this.#takeChanged()
  }

  /** Time has passed: who is silent becomes unknown. */
  advance(nowMs: number): readonly Verdict[] {
    for (const agent of this.#agents.values())
      for (const at of agent.seats) this.#follow(agent, at, nowMs, () => at.seat.detector.advance(nowMs))
    return this.#takeChanged()
  }

  /** Agents that are suspected themselves, whose votes count as `unknown`. */
  suspectedAgents(): readonly SuspectedAgent[] {
    return [...this.#agents.values()].flatMap(({ name, suspectedSinceMs, reason }) =>
      suspectedSinceMs === undefined ? [] : [{ agent: name, sinceMs: suspectedSinceMs, reason }],
    )
  }

  #take(sample: Sample, nowMs: number): void {
    const entry = this.#entries.get(sample.task)?.get(sample.agent)
    if (entry === undefined) return
    const { agent, at } = entry
    const { detector } = at.seat
    const ageMs = agent.clock.age(sample.atMs, nowMs)
    if (ageMs <= detector.silenceMs && this.#guards.agent) {
      const turn = agent.note(at, sample.outcome, nowMs)
      if (turn === 'clear') this.#clear(agent, nowMs)
      if (turn === 'suspect') for (const each of agent.seats) this.#count(agent, each, nowMs)
    }
    this.#follow(agent, at, nowMs, () => detector.take(sample, ageMs, nowMs), sample)
  }

  /** What a suspected agent heard meanwhile counts for nothing. */
  #clear(agent: AgentWatch, nowMs: number): void {
    for (const at of agent.seats)
      this.#follow(agent, at, nowMs, () => {
        at.seat.detector.reset()
        return true
      })
  }

  /** Does something to a detector and counts its vote where it changed. */
  #follow(agent: AgentWatch, at: AgentSeat, nowMs: number, act: () => boolean, sample?: Sample): void {
    const { detector } = at.seat
    const heard = detector.heardAtMs !== -Infinity
    const changed = act()
    if (heard !== (detector.heardAtMs !== -Infinity)) agent.heard(at, heard ? -1 : 1)
    if (changed) this.#count(agent, at, nowMs, sample)
    const { watch, seat } = at
    const close = agent.suspectedSinceMs === undefined && detector.isClose
    if (!changed && seat.close === close) return
    watch.come(seat, close)
    this.#doubt(watch, verdictKey(watch.verdict.check, watch.verdict.place))
  }

  #doubt(watch: Watch, key: VerdictKey): void {
    if (watch.isDoubtful) this.#doubtful.set(key, watch.verdict)
    else this.#doubtful.delete(key)
  }

  #count(agent: AgentWatch, { watch, seat }: AgentSeat, nowMs: number, sample?: Sample): void {
    const vote = agent.suspectedSinceMs === undefined ? seat.detector.vote : 'unknown'
    const verdict = watch.count(seat, vote, nowMs, this.#damping, sample)
    if (verdict !== undefined) this.#changed.set(this.#keep(verdict), verdict)
  }

  #keep(verdict: Verdict): VerdictKey {
    const key = verdictKey(verdict.check, verdict.place)
    this.#all.set(key, verdict)
    if (verdict.state === 'sick') this.#sick.set(key, verdict)
    else this.#sick.delete(key)
    return key
  }

  #takeChanged(): readonly Verdict[] {
    const changed = [...this.#changed.values()]
    this.#changed.clear()
    return changed
  }

  #seatAgents(nowMs: number): void {
    const seats = new Map<string, { watch: Watch; seat: Seat }[]>()
    for (const watch of this.#watches.values())
      for (const seat of watch.seats) {
        const own = seats.get(seat.agent)
        if (own === undefined) seats.set(seat.agent, [{ watch, seat }])
        else own.push({ watch, seat })
      }
    const before = this.#agents
    this.#agents = new Map([...seats].map(([name, own]) => [name, new AgentWatch(name, own, nowMs, before.get(name))]))
    this.#entries = new Map()
    for (const agent of this.#agents.values())
      for (const at of agent.seats) {
        const { task } = at.watch.watched
        const entries = this.#entries.get(task) ?? new Map<string, Entry>()
        this.#entries.set(task, entries.set(agent.name, { agent, at }))
        if (at.seat.detector.heardAtMs !== -Infinity) agent.heard(at, 1)
      }
  }
}

function newSeats({ agents, rules }: WatchedTask): readonly Seat[] {
  return agents.map((agent) => ({ agent, detector: new Detector(rules), counted: 'unknown', close: false }))
}
