/**
 * An agent that should be heard of and is not. Its checks become `unknown`, which moves no route (G9), so that somebody
 * has to be told: what nobody watches does not fail over.
 */
import type { Intent } from '../intent/model.ts'
import type { AgentId } from '../intent/monitoring.ts'
import { watchedTasks } from './watches.ts'

/** Agents gather samples into batches and try again when they are cut off for a moment. */
const leastMs = 10_000
const intervalsMissed = 3

/** How long each agent that has anything to probe may be silent, ms. One that has nothing to probe may be for ever. */
export function allowedSilences(intent: Intent): ReadonlyMap<AgentId, number> {
  const known = silences.get(intent)
  if (known !== undefined) return known
  const allowed = new Map<AgentId, number>()
  for (const { agents, rules } of watchedTasks(intent))
    for (const agent of agents as readonly AgentId[])
      allowed.set(
        agent,
        Math.min(allowed.get(agent) ?? Infinity, Math.max(leastMs, intervalsMissed * rules.intervalMs)),
      )
  silences.set(intent, allowed)
  return allowed
}

const silences = new WeakMap<Intent, ReadonlyMap<AgentId, number>>()

export interface OverdueAgent {
  readonly agent: AgentId
  /** Undefined: it was never heard of. */
  readonly seenAtMs: number | undefined
}

/** @param seen when each agent was last heard of, ms since the epoch */
export function overdueAgents(
  intent: Intent,
  seen: ReadonlyMap<AgentId, { readonly seenAtMs: number }>,
  nowMs: number,
): readonly OverdueAgent[] {
  return [...allowedSilences(intent)].flatMap(([agent, silenceMs]) => {
    const seenAtMs = seen.get(agent)?.seenAtMs
    return seenAtMs !== undefined && nowMs - seenAtMs <= silenceMs ? [] : [{ agent, seenAtMs }]
  })
}
