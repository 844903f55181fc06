/**
 * Tasks of agents as of head, and waiting for them to change. However many agents wait, head is read by one of them five
 * times a second, and an agent hears of a revision only where it changed its tasks.
 */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type RouteLease, leasesAt } from '../health/leases.ts'
import { probedAlike } from '../health/inventory.ts'
import { tasksOf } from '../health/tasks.ts'
import type { Task } from '../health/task.ts'
import { frozenUntilMs } from '../intent/compile.ts'
import type { Intent, PopId } from '../intent/model.ts'
import type { AgentId } from '../intent/monitoring.ts'
import type { HeadState, Heads } from './heads.ts'

export interface AgentTasks {
  /** Changes where the tasks change, and only then. */
  readonly revision: string
  readonly pop: PopId | undefined
  readonly tasks: readonly Task[]
  /** None during a freeze (G11). */
  readonly leases: readonly RouteLease[]
  readonly owner?: { readonly asn: number; readonly epoch: number }
}

type Probed = Pick<AgentTasks, 'revision' | 'pop' | 'tasks'>

export interface AgentTaskBook {
  /** Undefined where no document names the agent. */
  of(agent: AgentId): Promise<AgentTasks | undefined>
  /** As soon as the tasks are not of this revision any more, or as they are after `deadlineMs` or the signal. */
  after(agent: AgentId, revision: string, deadlineMs: number, signal: AbortSignal): Promise<AgentTasks | undefined>
}

const lookEveryMs = 200

export function createAgentTaskBook(heads: Heads, clock: () => number): AgentTaskBook {
  let known: { readonly intent: Intent; readonly book: Map<AgentId, Probed | undefined> } | undefined
  let looking: Promise<HeadState> | undefined

  /** The next look, shared by everybody who waits. */
  function look(): Promise<HeadState> {
    looking ??= wait(lookEveryMs)
      .then(() => heads.current())
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  function read({ intent, epoch }: HeadState, agent: AgentId): AgentTasks | undefined {
    // Most revisions change nothing of what is probed, and hundreds of agents ask after each.
    if (known === undefined || !probedAlike(known.intent, intent)) known = { intent, book: new Map() }
    const { book } = known
    if (!book.has(agent)) book.set(agent, agentTasks(intent, agent))
    const probed = book.get(agent)
    return probed && withLeases(probed, intent, epoch, clock())
  }

  return {
    of: async (agent) => read(await heads.current(), agent),
    async after(agent, revision, deadlineMs, signal) {
      const end = performance.now() + deadlineMs
      let tasks = read(await heads.current(), agent)
      while (tasks?.revision === revision && !signal.aborted && performance.now() + lookEveryMs < end)
        tasks = read(await look(), agent)
      return tasks
    },
  }
}

function agentTasks(intent: Intent, agent: AgentId): Probed | undefined {
  const place = intent.agents.get(agent)?.place
  if (place === undefined) return undefined
  const pop = place.kind === 'pop' ? place.pop : undefined
  const tasks = tasksOf(intent, agent)
  return { revision: digest(JSON.stringify({ pop, tasks })), pop, tasks }
}

function withLeases(probed: Probed, intent: Intent, epoch: number, nowMs: number): AgentTasks {
  const { pop } = probed
  const leases = pop === undefined ? [] : leasesAt(intent, pop)
  const asn = intent.network?.asn
  if (leases.length === 0 || asn === undefined || frozenUntilMs(intent, nowMs) !== undefined)
    return { ...probed, leases: [] }
  const revision = digest(`${probed.revision} ${digestOf(leases)} ${asn} ${epoch}`)
  return { ...probed, revision, leases, owner: { asn, epoch } }
}

const digests = new WeakMap<readonly RouteLease[], string>()

function digestOf(leases: readonly RouteLease[]): string {
  let known = digests.get(leases)
  if (known === undefined) {
    known = digest(JSON.stringify(leases))
    digests.set(leases, known)
  }
  return known
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
