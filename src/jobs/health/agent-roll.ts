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
/** An agent whose document is new may still be started; one that was heard of before has been silent for a while. */
const graceMs = 30_000

export class AgentRoll {
  readonly #store: Pick<Store, 'samples'>
  readonly #observe: Pick<HealthObserver, 'observeAgents'>
  #calledAtMs = -Infinity
  /** Since when each is overdue, ms since the epoch. */
  #overdue = new Map<AgentId, number>()

  constructor(store: Pick<Store, 'samples'>, observe: Pick<HealthObserver, 'observeAgents'>) {
    this.#store = store
    this.#observe = observe
  }

  /** True where an alarm may have begun or ended. */
  async call(intent: Intent, nowMs: number): Promise<boolean> {
    if (nowMs - this.#calledAtMs < everyMs) return false
    this.#calledAtMs = nowMs
    const before = this.#text(nowMs)
    const overdue = overdueAgents(intent, await this.#store.samples.agents(), nowMs)
    this.#overdue = new Map(overdue.map(({ agent }) => [agent, this.#overdue.get(agent) ?? nowMs]))
    this.#observe.observeAgents({ heard: allowedSilences(intent).size - overdue.length, silent: overdue.length })
    return this.#text(nowMs) !== before
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
    return [...this.#overdue].filter(([, sinceMs]) => nowMs - sinceMs >= graceMs).map(([agent]) => agent)
  }

  #text(nowMs: number): string {
    return this.#silent(nowMs).join(' ')
  }
}
