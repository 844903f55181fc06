/**
 * Which tasks of vantage points look at our prefixes: those whose target lies in owned space. Only a vantage point sees
 * what clients see; an agent at a POP is answered by that POP whatever the Internet does.
 */
import { type Address, parseAddress } from '../bgp/address.ts'
import { contains, hostPrefix } from '../bgp/prefix.ts'
import type { Intent, PopId, SpeakerId } from '../intent/model.ts'
import type { AgentId } from '../intent/monitoring.ts'
import { inOrder } from '../intent/select.ts'
import { probedAlike } from './inventory.ts'
import type { Probe } from './task.ts'
import { tasksOf } from './tasks.ts'

export interface VantageTask {
  /** Id of the task (health/task). */
  readonly task: string
  readonly agent: AgentId
  readonly target: Address
  readonly intervalMs: number
}

interface Known {
  readonly intent: Intent
  readonly tasks: readonly VantageTask[]
}

const known = new WeakMap<Intent['checks'], Known>()

/** In the order of agents and checks. The same answer, not only an equal one, where nothing it depends on has changed. */
export function vantageTasks(intent: Intent): readonly VantageTask[] {
  const before = known.get(intent.checks)
  if (before?.intent.pools === intent.pools && probedAlike(before.intent, intent)) return before.tasks
  const owned = [...intent.pools.values()].flatMap(({ prefixes }) => prefixes)
  const tasks = inOrder(intent.agents).flatMap(({ id: agent, place }) =>
    place.kind !== 'vantage'
      ? []
      : tasksOf(intent, agent).flatMap(({ id, probe, intervalMs }): readonly VantageTask[] => {
          const target = targetOf(probe)
          if (target === undefined || !owned.some((space) => contains(space, hostPrefix(target)))) return []
          return [{ task: id, agent, target, intervalMs }]
        }),
  )
  known.set(intent.checks, { intent, tasks })
  return tasks
}

/** Undefined: the agent resolves a name, and nobody here knows to what. */
function targetOf(probe: Probe): Address | undefined {
  if (probe.kind === 'dns') return probe.server
  if (probe.kind !== 'http') return probe.address
  if (probe.address !== undefined) return probe.address
  const host = URL.parse(probe.url)?.hostname.replace(/^\[(.*)\]$/, '$1')
  const literal = host === undefined ? undefined : parseAddress(host)
  return literal?.ok === true ? literal.value : undefined
}

/**
 * The POP that an answer names: by its own name, or by that of a speaker or agent there; `fra1` and `ns-2.fra.example`
 * name `fra`. Undefined where it names none, or several.
 */
export function popNamed(
  { pops, speakers, agents }: Pick<Intent, 'pops' | 'speakers' | 'agents'>,
  answer: string,
): PopId | undefined {
  const named = (word: string): PopId | undefined => {
    if (pops.has(word as PopId)) return word as PopId
    const place = agents.get(word as AgentId)?.place
    return speakers.get(word as SpeakerId)?.pop ?? (place?.kind === 'pop' ? place.pop : undefined)
  }
  const text = answer.toLowerCase()
  const whole = named(text)
  if (whole !== undefined) return whole
  const words = text.split(/[^a-z0-9-]+/)
  const found = new Set(words.flatMap((word) => named(word) ?? named(word.replace(/-?\d+$/, '')) ?? []))
  return found.size === 1 ? [...found][0] : undefined
}
