/**
 * Keeps repairs from running hot: where a RIB will not stay as decided (another program fights for the same path),
 * the second repair of the same path waits 1 s, then 2 s, 4 s, … up to a minute. A path that stayed right for five
 * minutes is forgotten here. Everything else in a plan passes untouched.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { Action } from '../plan/action.ts'
import type { Target } from '../plan/observed.ts'
import type { Plan } from '../plan/plan.ts'

const firstWaitMs = 1000
const longestWaitMs = 60_000
const forgetAfterMs = 300_000

interface Pace {
  lastMs: number
  waitMs: number
}

export class RepairPace {
  readonly #paces = new Map<string, Pace>()

  pace(plan: Plan, nowMs: number): Plan {
    const tooSoon = new Map<Action, number>()
    for (const action of plan.actions) {
      if (action.kind !== 'repair') continue
      const waitMs = this.#waitMs(`${action.speaker} ${action.prefix}`, nowMs)
      if (waitMs > 0) tooSoon.set(action, waitMs)
    }
    return tooSoon.size === 0 ? plan : without(plan, tooSoon, nowMs)
  }

  #waitMs(key: string, nowMs: number): number {
    const pace = this.#paces.get(key)
    const steppedBack = pace !== undefined && nowMs < pace.lastMs // the clock was set
    if (pace === undefined || steppedBack || nowMs - pace.lastMs > forgetAfterMs) {
      this.#paces.set(key, { lastMs: nowMs, waitMs: firstWaitMs })
      return 0
    }
    const waitMs = pace.lastMs + pace.waitMs - nowMs
    if (waitMs > 0) return waitMs
    pace.lastMs = nowMs
    pace.waitMs = Math.min(pace.waitMs * 2, longestWaitMs)
    return 0
  }
}

function without(plan: Plan, tooSoon: ReadonlyMap<Action, number>, nowMs: number): Plan {
  const targets = new Map<SpeakerId, { set: Map<Prefix, Target>; forget: readonly Prefix[] }>()
  for (const [speaker, { set, forget }] of plan.targets) targets.set(speaker, { set: new Map(set), forget })
  const changesAt = new Map(plan.changesAt)
  for (const [{ speaker, prefix }, waitMs] of tooSoon) {
    targets.get(speaker)?.set.delete(prefix)
    changesAt.set(prefix, Math.min(changesAt.get(prefix) ?? Infinity, nowMs + waitMs))
  }
  for (const [speaker, { set, forget }] of targets) if (set.size + forget.length === 0) targets.delete(speaker)
  return { ...plan, actions: plan.actions.filter((action) => !tooSoon.has(action)), targets, changesAt }
}
