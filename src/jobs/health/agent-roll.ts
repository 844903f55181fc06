/**
 * Calls the roll of agents every few seconds. One that should be heard of and is not is an alarm: its checks are unknown,
 * which moves no route, so that nobody would notice before it is needed.
 */
import { allowedSilences, overdueAgents } from '../../health/agent-overdue.ts'
import type { Condition } from '../../health/failover-input.ts'
import type { Intent } from '../../intent/model.ts'
import type { AgentId } from '../../intent/monitoring.ts'
import type { Store } from '../../store/store.ts'
import type { HealthObserver } from './observer.ts'

const everyMs = 5000
/** An agent whose document is new may still be started. */
const newGraceMs = 30_000
/** One that was heard of before has been silent for a while; after an outage of ours it has this long to be heard again. */
const graceMs = 5000

interface Overdue {
  readonly sinceMs: number
  readonly graceMs: number
}

export class AgentRoll {
  readonly #store: Pick<Store, 'samples'>
  readonly #observe: Pick<HealthObserver, 'observeAgents'>
  #calledAtMs = -Infinity
  #told = ''
  /** Since when each is overdue, ms since the epoch, and how long that is not told. */
  #overdue = new Map<AgentId, Overdue>()

  constructor(store: Pick<Store, 'samples'>, observe: Pick<HealthObserver, 'observeAgents'>) {
    this.#store = store
    this.#observe = observe
  }

  /** True where an alarm may have begun or ended. */
  async call(intent: Intent, nowMs: number): Promise<boolean> {
    if (nowMs - this.#calledAtMs < everyMs) return false
    this.#calledAtMs = nowMs
    const overdue = overdueAgents(intent, await this.#store.samples.agents(), nowMs)
    this.#overdue = new Map(
      overdue.map(({ agent, seenAtMs }) => [
        agent,
        { sinceMs: this.#overdue.get(agent)?.sinceMs ?? nowMs, graceMs: seenAtMs === undefined ? newGraceMs : graceMs },
      ]),
    )
    this.#observe.observeAgents({ heard: allowedSilences(intent).size - overdue.length, silent: overdue.length })
    const told = this.#silent(nowMs).join(' ')
    const turned = told !== this.#told
    this.#told = told
    return turned
  }

  conditions(nowMs: number): readonly Condition[] {
    return this.#silent(nowMs).map((agent) => ({
      kind: 'agent-silent',
      subject: agent,
      severity: 'warning',
      message: `agent ${agent} is not heard of: what it probes is unknown, and would not fail over`,
      labels: { agent },
    }))
  }

  #silent(nowMs: number): readonly AgentId[] {
    return [...this.#overdue].flatMap(([agent, { sinceMs, graceMs: grace }]) =>
      nowMs - sinceMs >= grace ? [agent] : [],
    )
  }
}
