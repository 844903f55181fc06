/**
 * The guards of what automation takes away, in the order in which they are asked. Each answers with a sentence where it
 * refuses:
 *   1. freeze (G11);  2. correlation (G3);  3. cover;  4. floor (G1);  5. capacity;  6. breaker (G2).
 * The breaker is asked last, because it opens only for what would otherwise have been done.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { PopId } from '../intent/model.ts'
import type { FailoverPlace } from '../intent/monitoring.ts'
import { suspicionEndsAtMs, suspicionWords } from './correlation.ts'
import type { FailoverDraft } from './failover-draft.ts'
import type { PrefixState } from './failover-input.ts'
import { breaker, flapBudget } from './failover-limits.ts'
import type { HealthGuardName } from './guards.ts'

export interface No {
  readonly guard: HealthGuardName
  readonly message: string
  /** When time alone ends it; absent: not by time alone. */
  readonly untilMs?: number
}

/** Something that automation wants to take away. */
export interface Loss {
  readonly state: PrefixState
  readonly place: FailoverPlace
  readonly pop: PopId
  /** The prefix is then gone from the POP. */
  readonly losesPop: boolean
  /** In announcements; 0: attributes alone. */
  readonly weight: number
  /** A person looked at it and said go. */
  readonly approved: boolean
}

/** The first guard that says no. Opens the breaker where that is what says no. */
export function refusal(draft: FailoverDraft, loss: Loss): No | undefined {
  return (
    frozen(draft) ??
    (loss.approved ? undefined : suspected(draft)) ??
    (loss.weight === 0 ? undefined : covered(draft, loss)) ??
    (loss.losesPop ? (belowFloor(draft, loss) ?? overCapacity(draft, loss)) : undefined) ??
    (loss.weight === 0 || loss.approved ? undefined : overBudget(draft, loss))
  )
}

/** G11. */
export function frozen({ guards, input }: FailoverDraft): No | undefined {
  if (!guards.freeze || !input.frozen) return undefined
  return { guard: 'freeze', message: 'a freeze is in force (G11)' }
}

/** G3. */
export function suspected({ suspicion }: FailoverDraft): No | undefined {
  if (suspicion === undefined) return undefined
  const untilMs = suspicionEndsAtMs(suspicion)
  return { guard: 'correlation', message: suspicionWords(suspicion), ...(untilMs < Infinity && { untilMs }) }
}

function covered({ guards }: FailoverDraft, { state }: Loss): No | undefined {
  if (!guards.cover || !state.isCover) return undefined
  return { guard: 'cover', message: `${state.prefix} is the last resort of a more specific prefix and stays` }
}

/** G1. */
function belowFloor(draft: FailoverDraft, { state, pop }: Loss): No | undefined {
  if (!draft.guards.floor) return undefined
  if (draft.countWithout(state, pop) >= state.floor) return undefined
  const left = [...draft.remaining(state)].filter((one) => one !== pop)
  const names = left.length === 0 ? '' : ` (${left.toSorted().join(', ')})`
  const message = `${pop} stays: ${state.prefix} would be left at ${left.length} ${left.length === 1 ? 'POP' : 'POPs'}${names}, below its floor of ${state.floor} (G1)`
  return { guard: 'floor', message }
}

/**
 * Traffic that moves is thought to spread over all POPs that stay, as they have room; unknown figures refuse nothing. What
 * is still measured at POPs that are out already is on its way.
 */
function overCapacity(draft: FailoverDraft, { state, pop }: Loss): No | undefined {
  const { traffic } = draft.input
  if (!draft.guards.capacity) return undefined
  let moving = traffic.get(pop)?.load
  if (moving === undefined) return undefined
  for (const other of draft.lostPops(state)) if (other !== pop) moving += traffic.get(other)?.load ?? 0
  let room = 0
  for (const one of draft.remaining(state)) {
    if (one === pop) continue
    const known = traffic.get(one)
    if (known === undefined) return undefined
    room += known.capacity - known.load
  }
  if (moving <= room) return undefined
  const message = `${pop} stays: the other POPs have room for ${Math.round(room)} and ${Math.round(moving)} would move to them`
  return { guard: 'capacity', message }
}

/** G2. */
function overBudget(draft: FailoverDraft, { pop, weight }: Loss): No | undefined {
  if (!draft.guards.breaker) return undefined
  const { nowMs, announcements } = draft.input
  const open = openBreaker(draft)
  if (open !== undefined) return open
  const pops = new Set(draft.lately.pops).add(pop)
  const total = draft.lately.weight + weight
  if (pops.size <= 1 || total <= breaker.share * announcements) return undefined
  draft.breakerOpenedAtMs = nowMs
  return opened(nowMs, `${[...pops].toSorted().join(', ')} would be ${pops.size} POPs within 5 min, and more than 5 %`)
}

/** G2: the breaker's sentence while it is open. */
export function openBreaker({ breakerOpenedAtMs, guards, input }: FailoverDraft): No | undefined {
  if (!guards.breaker || breakerOpenedAtMs === undefined || breakerOpenedAtMs <= (input.goAtMs ?? -Infinity))
    return undefined
  if (input.nowMs >= breakerOpenedAtMs + breaker.freezeMs) return undefined
  return opened(breakerOpenedAtMs, 'it has taken away as much as it may in 5 min')
}

function opened(atMs: number, why: string): No {
  const message = `automation stopped itself: ${why} (G2); it goes on 15 min after that, or when a person says go`
  return { guard: 'breaker', message, untilMs: atMs + breaker.freezeMs }
}

/** G15: when the next end of a withdraw cycle is due at a place, ms since the epoch. */
export function cycleDueAtMs(draft: FailoverDraft, prefix: Prefix, place: FailoverPlace): number {
  return draft.guards.flap ? draft.lastAtMs(prefix, place, 'back') + flapBudget.cycleMs : -Infinity
}

/** G15: when the next change of attributes out of the ordinary is due at a place. */
export function changeDueAtMs(draft: FailoverDraft, prefix: Prefix, place: FailoverPlace): number {
  return draft.guards.flap ? draft.lastAtMs(prefix, place, 'change') + flapBudget.changeMs : -Infinity
}
