/**
 * Tasks of agents as of head, and waiting for them to change. However many agents wait, head is read by one of them five
 * times a second, and an agent hears of a revision only where it changed its tasks.
 */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { probedAlike } from '../health/inventory.ts'
import { tasksOf } from '../health/tasks.ts'
import type { Task } from '../health/task.ts'
import type { Intent, PopId } from '../intent/model.ts'
import type { AgentId } from '../intent/monitoring.ts'
import type { Heads } from './heads.ts'

export interface AgentTasks {
  /** Changes where the tasks change, and only then. */
  readonly revision: string
  readonly pop: PopId | undefined
  readonly tasks: readonly Task[]
}

export interface AgentTaskBook {
  /** Undefined where no document names the agent. */
  of(agent: AgentId): Promise<AgentTasks | undefined>
  /** As soon as the tasks are not of this revision any more, or as they are after `deadlineMs` or the signal. */
  after(agent: AgentId, revision: string, deadlineMs: number, signal: AbortSignal): Promise<AgentTasks | undefined>
}

const lookEveryMs = 200

export function createAgentTaskBook(heads: Heads): AgentTaskBook {
  let known: { readonly intent: Intent; readonly book: Map<AgentId, AgentTasks | undefined> } | undefined
  let looking: Promise<Intent> | undefined

  /** The next look, shared by everybody who waits. */
  function look(): Promise<Intent> {
    looking ??= wait(lookEveryMs)
      .then(() => heads.current())
      .then(({ intent }) => intent)
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  function read(intent: Intent, agent: AgentId): AgentTasks | undefined {
    // Most revisions change nothing of what is probed, and hundreds of agents ask after each.
    if (known === undefined || !probedAlike(known.intent, intent)) known = { intent, book: new Map() }
    const { book } = known
    if (!book.has(agent)) book.set(agent, agentTasks(intent, agent))
    return book.get(agent)
  }

  return {
    of: async (agent) => read((await heads.current()).intent, agent),
    async after(agent, revision, deadlineMs, signal) {
      const end = performance.now() + deadlineMs
      let tasks = read((await heads.current()).intent, agent)
      while (tasks?.revision === revision && !signal.aborted && performance.now() + lookEveryMs < end)
        tasks = read(await look(), agent)
      return tasks
    },
  }
}

function agentTasks(intent: Intent, agent: AgentId): AgentTasks | undefined {
  const place = intent.agents.get(agent)?.place
  if (place === undefined) return undefined
  const pop = place.kind === 'pop' ? place.pop : undefined
  const tasks = tasksOf(intent, agent)
  const revision = createHash('sha256').update(JSON.stringify({ pop, tasks })).digest('hex').slice(0, 16)
  return { revision, pop, tasks }
}
