/**
 * Where ASes enter, as vantage points inside or behind them see it: which POP answers each of them for an EntryGroup's
 * prefixes, and in what time. What one vantage point says counts once its last two answers agree; of several, most.
 */
import { mostSpecific } from '../../bgp/prefix.ts'
import type { Sample } from '../../health/sample.ts'
import { popNamed, vantageTasks } from '../../health/vantage-tasks.ts'
import { entryProbers } from '../../intent/check/entry.ts'
import { movedPrefixes } from '../../intent/compile/entries.ts'
import type { EntryGroup, EntryGroupId } from '../../intent/entry.ts'
import type { Intent, PopId } from '../../intent/model.ts'
import { inOrder } from '../../intent/select.ts'
import { median } from '../../learning/cost.ts'
import type { Catchment } from '../../learning/med.ts'

interface Answer {
  /** By the controller's clock. */
  readonly atMs: number
  readonly pop: PopId | undefined
  readonly rttMs: number | undefined
}

const answersKept = 5

export class EntryBook {
  #intent: Intent | undefined
  /** `task agent` → groups that it sees the entry of. */
  #groups = new Map<string, readonly EntryGroupId[]>()
  /** Group → agent → answers, newest last. */
  readonly #answers = new Map<EntryGroupId, Map<string, Answer[]>>()

  follow(intent: Intent): void {
    if (intent === this.#intent) return
    const { checks, agents, entryGroups, pops, speakers, neighbors } = intent
    const before = this.#intent
    this.#intent = intent
    if (
      before !== undefined &&
      before.checks === checks &&
      before.agents === agents &&
      before.entryGroups === entryGroups &&
      before.pops === pops &&
      before.speakers === speakers &&
      before.neighbors === neighbors
    )
      return
    const groups = new Map<string, EntryGroupId[]>()
    for (const group of inOrder(entryGroups))
      for (const key of sightsOf(intent, group)) groups.set(key, [...(groups.get(key) ?? []), group.id])
    this.#groups = groups
    for (const id of this.#answers.keys()) if (!entryGroups.has(id)) this.#answers.delete(id)
  }

  take(samples: readonly Sample[], atMs: number): void {
    if (this.#groups.size === 0) return
    for (const { task, agent, outcome, answeredBy, rttMs } of samples) {
      if (outcome === 'unknown') continue
      for (const group of this.#groups.get(`${task} ${agent}`) ?? []) {
        const pop =
          answeredBy === undefined || this.#intent === undefined ? undefined : popNamed(this.#intent, answeredBy)
        this.#push(group, agent, { atMs, pop, rttMs })
      }
    }
  }

  /** By answers that came after a moment. */
  seen(group: EntryGroupId, sinceMs: number): Catchment {
    const votes = new Map<PopId, number[]>()
    const counts = new Map<PopId, number>()
    for (const answers of this.#answers.get(group)?.values() ?? []) {
      const fresh = answers.filter(({ atMs }) => atMs > sinceMs)
      const [last, previous] = [fresh.at(-1), fresh.at(-2)]
      if (last?.pop === undefined || last.pop !== previous?.pop) continue
      const rtts = fresh.flatMap(({ pop, rttMs }) => (pop === last.pop ? (rttMs ?? []) : []))
      votes.set(last.pop, [...(votes.get(last.pop) ?? []), ...rtts])
      counts.set(last.pop, (counts.get(last.pop) ?? 0) + 1)
    }
    const [most, second] = [...counts].toSorted(([, a], [, b]) => b - a)
    if (most === undefined || most[1] === second?.[1]) return { entersAt: null, costMs: null }
    const rtts = votes.get(most[0]) ?? []
    return { entersAt: most[0], costMs: rtts.length === 0 ? null : median(rtts) }
  }

  #push(group: EntryGroupId, agent: string, answer: Answer): void {
    const agents = this.#answers.get(group) ?? new Map<string, Answer[]>()
    this.#answers.set(group, agents)
    const answers = agents.get(agent) ?? []
    agents.set(agent, answers)
    answers.push(answer)
    if (answers.length > answersKept) answers.shift()
  }
}

/** `task agent` of every probe by which the entry of a group is seen. */
function sightsOf(intent: Intent, group: EntryGroup): readonly string[] {
  if (group.mode === 'off') return []
  const moved = group.mode === 'shadow' ? group.prefixes : movedPrefixes(group, 'learner')
  const behind = new Set(entryProbers(intent, group).map(({ id }) => id))
  return vantageTasks(intent)
    .filter(
      ({ agent, target }) =>
        behind.has(agent) && mostSpecific(target, (prefix) => moved.includes(prefix)) !== undefined,
    )
    .map(({ task, agent }) => `${task} ${agent}`)
}
