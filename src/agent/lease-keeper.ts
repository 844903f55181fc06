/**
 * What an agent does for a lease: where the controller has not been heard of for as long as a prefix's policy says, the
 * path of that prefix is withdrawn from the speaker beside the agent. Once per loss of contact, only a local path that
 * carries the mark of the controller's own epoch, and never anything but a withdrawal: the planner puts it back.
 *
 * Silence is counted while the agent runs. A machine that slept, or an agent that was stopped, could hear nobody, and
 * gets its whole time anew.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { AgentTasksView } from '../api/wire/agent.ts'
import type { Asn } from '../bgp/asn.ts'
import { ownerEpoch } from '../bgp/mark.ts'
import { attributesOf } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import { decideLease } from '../health/lease.ts'
import type { Speaker } from '../speaker/speaker.ts'

export interface LeaseKeeperOptions {
  readonly speaker: Pick<Speaker, 'rib' | 'withdraw'>
  readonly logger: Logger
  /** Monotonic, ms. */
  readonly clock?: () => number
}

const lookEveryMs = 250
/** More than this between two looks: the agent itself was away. */
const awakeForMs = 1000
const deadlineMs = 5000

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions
  readonly #clock: () => number
  /** Time that the agent was running, ms. */
  #awakeMs = 0
  #lookedAtMs: number
  #heardAtMs: number | undefined
  #leases: AgentTasksView['leases'] = []
  #owner: AgentTasksView['owner']
  /** Withdrawn, or found not to be there, since the controller was last heard. */
  readonly #settled = new Set<string>()
  #trouble = ''

  constructor(options: LeaseKeeperOptions) {
    this.#options = options
    this.#clock = options.clock ?? (() => performance.now())
    this.#lookedAtMs = this.#clock()
  }

  configure({ leases, owner }: Pick<AgentTasksView, 'leases' | 'owner'>): void {
    this.#leases = leases
    this.#owner = owner
  }

  /** The controller took samples, or answered what to probe. */
  heard(): void {
    if (this.#settled.size > 0) this.#options.logger.info('the controller is heard of again; it decides about routes')
    this.#pass()
    this.#heardAtMs = this.#awakeMs
    this.#settled.clear()
    this.#trouble = ''
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look(signal)
      await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** Withdraws what is due. */
  async look(signal: AbortSignal): Promise<void> {
    this.#pass()
    const due = this.#leases.filter(
      ({ prefix, afterMs }) =>
        !this.#settled.has(prefix) &&
        decideLease({ policy: 'withdraw', afterMs }, this.#heardAtMs, this.#awakeMs).decision === 'withdraw',
    )
    if (due.length === 0 || this.#owner === undefined) return
    try {
      await this.#withdraw(
        due.map(({ prefix }) => prefix as Prefix),
        this.#owner,
        signal,
      )
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      if (!signal.aborted && words !== this.#trouble)
        this.#options.logger.warn({ problem: words }, 'a lease ended, and the speaker does not answer; tried again')
      this.#trouble = words
    }
  }

  async #withdraw(
    prefixes: readonly Prefix[],
    { asn, epoch }: NonNullable<AgentTasksView['owner']>,
    signal: AbortSignal,
  ): Promise<void> {
    const { speaker, logger } = this.#options
    const heardAtMs = this.#heardAtMs
    const paths = await speaker.rib(prefixes, { deadlineMs, signal })
    const ours = paths.filter(
      ({ learnedFrom, attributes }) =>
        learnedFrom === undefined && ownerEpoch(asn as Asn, attributesOf(attributes).largeCommunities) === epoch,
    )
    if (this.#heardAtMs !== heardAtMs) return // heard of meanwhile
    if (ours.length > 0)
      logger.warn(
        { prefixes: ours.map(({ prefix }) => prefix) },
        'no controller for as long as the lease says: withdrawn',
      )
    await speaker.withdraw(ours, { deadlineMs, signal })
    if (this.#heardAtMs === heardAtMs) for (const prefix of prefixes) this.#settled.add(prefix)
  }

  #pass(): void {
    const nowMs = this.#clock()
    this.#awakeMs += Math.min(awakeForMs, nowMs - this.#lookedAtMs)
    this.#lookedAtMs = nowMs
  }
}
