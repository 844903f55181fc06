/**
 * The last stage of a change's proof: the catchment moved. From the answers that vantage points get, per prefix:
 *   - a POP that the change took away: moved once no vantage point has been answered by it for three of its intervals,
 *     as probes tell that were sent after the change was proved;
 *   - POPs that it added, none taken away: moved with the first vantage point that one of them answers;
 *   - only attributes: moved with the first vantage point that another POP than before answers.
 * What nobody names is not claimed. Pure; a move is plain data, so that it can be stored, and taking the same answers
 * again changes nothing: a new leader hears the last seconds twice.
 */
import type { Address } from '../bgp/address.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { PopId } from '../intent/model.ts'
import type { AgentId } from '../intent/monitoring.ts'
import type { Answer } from './catchment.ts'

/**
 * `watching`: it may still come; `moved`; `not-moved` within the time; `untold`: no vantage point names the POP that
 * answers; `superseded` by a later change of the same prefix.
 */
export type MoveState = 'watching' | 'moved' | 'not-moved' | 'untold' | 'superseded'

/** What a change did to one prefix that vantage points look at. */
export interface PrefixMove {
  readonly prefix: Prefix
  readonly left: readonly PopId[]
  readonly joined: readonly PopId[]
  readonly state: MoveState
  /** Of a superseded one: the later revision. */
  readonly supersededBy?: number
  /** Times are ms since the epoch. Absent where no vantage point had to move. */
  readonly movedAtMs?: number
}

/** What one vantage point saw of it. */
export interface VantageMove {
  readonly prefix: Prefix
  readonly agent: AgentId
  readonly target: Address
  /** POP that answered before the change was accepted. */
  readonly before?: PopId
  /** POP that answered last. */
  readonly after?: PopId
  /** Last answer by a POP of before. */
  readonly lastOldAtMs?: number
  /** First answer by a new POP after that. */
  readonly firstNewAtMs?: number
}

/** All that one revision moved. */
export interface CatchmentMove {
  readonly acceptedAtMs: number
  readonly prefixes: readonly PrefixMove[]
  readonly vantages: readonly VantageMove[]
}

/** How a vantage point that is watched does now. */
export interface Hearing {
  readonly heardAtMs: number
  readonly quietMs: number
}

export const moveRules = {
  /** After a change was proved, so long is waited. */
  waitMs: 60_000,
  /** A change that is not proved by then is not watched any more. */
  proveWithinMs: 3_600_000,
} as const

/** A vantage point as it is when its watch begins. */
export function vantageBefore(prefix: Prefix, agent: AgentId, target: Address, before: PopId | undefined): VantageMove {
  return { prefix, agent, target, ...(before !== undefined && { before }) }
}

/**
 * Takes in one answer. Answers may come late and twice; from before the change only the POP of before counts.
 * @param acceptedAtMs when the change was
 */
export function followAnswer(
  vantage: VantageMove,
  prefix: PrefixMove,
  acceptedAtMs: number,
  { atMs, pop }: Answer,
): VantageMove {
  if (pop === undefined || (atMs < acceptedAtMs && pop !== vantage.before)) return vantage
  const { lastOldAtMs = -Infinity, firstNewAtMs = Infinity } = vantage
  const isOld = !isNew(pop, vantage, prefix)
  // What answered before the change was not brought by it, also where the change announces at that POP once more.
  if (!isOld && atMs < acceptedAtMs) return vantage.after === undefined ? { ...vantage, after: pop } : vantage
  if (isOld) {
    if (atMs <= lastOldAtMs) return vantage
    if (atMs < firstNewAtMs) return { ...vantage, lastOldAtMs: atMs, ...(firstNewAtMs === Infinity && { after: pop }) }
    const { firstNewAtMs: _, ...rest } = vantage
    return { ...rest, after: pop, lastOldAtMs: atMs } // it went back
  }
  if (atMs <= lastOldAtMs) return vantage
  if (atMs >= firstNewAtMs) return vantage.after === pop ? vantage : { ...vantage, after: pop }
  return { ...vantage, firstNewAtMs: atMs, ...(firstNewAtMs === Infinity && { after: pop }) }
}

function isNew(pop: PopId, { before }: VantageMove, { left, joined }: PrefixMove): boolean {
  if (left.length > 0) return !left.includes(pop)
  return joined.length > 0 ? joined.includes(pop) : before !== undefined && pop !== before
}

/**
 * How the prefixes of a move stand now.
 * @param hearingOf undefined: nobody probes that any more  @param doneAtMs when the change was proved, if it was
 */
export function judgeMove(
  move: CatchmentMove,
  hearingOf: (vantage: VantageMove) => Hearing | undefined,
  doneAtMs: number | undefined,
  nowMs: number,
): CatchmentMove {
  const endMs = doneAtMs === undefined ? move.acceptedAtMs + moveRules.proveWithinMs : doneAtMs + moveRules.waitMs
  const prefixes = move.prefixes.map((prefix) => {
    if (prefix.state === 'superseded' || prefix.state === 'untold' || prefix.state === 'not-moved') return prefix
    const seen = move.vantages.filter((one) => one.prefix === prefix.prefix)
    const slowestMs = Math.max(0, ...seen.map((one) => hearingOf(one)?.quietMs ?? 0))
    return judgePrefix(prefix, seen, hearingOf, { doneAtMs, isOver: nowMs > endMs + 2 * slowestMs })
  })
  return prefixes.every((prefix, i) => prefix === move.prefixes[i]) ? move : { ...move, prefixes }
}

function judgePrefix(
  prefix: PrefixMove,
  vantages: readonly VantageMove[],
  hearingOf: (vantage: VantageMove) => Hearing | undefined,
  { doneAtMs, isOver }: { readonly doneAtMs: number | undefined; readonly isOver: boolean },
): PrefixMove {
  const { movedAtMs: _, ...rest } = prefix
  const settled = vantages.filter((one) => hasLeft(one, hearingOf(one)))
  const moved =
    prefix.left.length > 0
      ? allLeft(vantages, hearingOf, doneAtMs)
      : firstAnswered(prefix.joined.length > 0 ? vantages : settled)
  if (moved !== undefined) {
    if (prefix.state === 'moved' && prefix.movedAtMs === moved.atMs) return prefix
    return { ...rest, state: 'moved', ...(moved.atMs !== undefined && { movedAtMs: moved.atMs }) }
  }
  if (!isOver) return prefix.state === 'watching' ? prefix : { ...rest, state: 'watching' }
  const told = vantages.some((one) => one.before !== undefined || one.after !== undefined)
  return { ...rest, state: told ? 'not-moved' : 'untold' }
}

/** When the last vantage point had left what was taken away; no time: none had to. */
function allLeft(
  vantages: readonly VantageMove[],
  hearingOf: (vantage: VantageMove) => Hearing | undefined,
  doneAtMs: number | undefined,
): { readonly atMs?: number } | undefined {
  if (doneAtMs === undefined) return undefined
  const isHeard = (one: VantageMove): boolean => {
    const hearing = hearingOf(one)
    return hearing !== undefined && hearing.heardAtMs >= doneAtMs && hasLeft(one, hearing)
  }
  const naming = vantages.filter((one) => one.before !== undefined || one.after !== undefined)
  const concerned = naming.filter(({ lastOldAtMs }) => lastOldAtMs !== undefined)
  if (naming.length === 0 || !(concerned.length === 0 ? naming.some(isHeard) : concerned.every(isHeard)))
    return undefined
  if (concerned.length === 0) return {}
  return { atMs: Math.max(...concerned.map((one) => one.firstNewAtMs ?? one.lastOldAtMs ?? 0)) }
}

/** Nothing of before has answered for three intervals in which it was probed. */
function hasLeft({ lastOldAtMs = -Infinity }: VantageMove, hearing: Hearing | undefined): boolean {
  return hearing !== undefined && hearing.heardAtMs - lastOldAtMs > hearing.quietMs
}

function firstAnswered(vantages: readonly VantageMove[]): { readonly atMs?: number } | undefined {
  const first = Math.min(...vantages.map(({ firstNewAtMs }) => firstNewAtMs ?? Infinity))
  return first === Infinity ? undefined : { atMs: first }
}

/** Of all prefixes together: what is still watched first, then what did not move. */
export function moveState({ prefixes }: Pick<CatchmentMove, 'prefixes'>): MoveState {
  for (const state of ['watching', 'not-moved', 'moved', 'superseded'] as const)
    if (prefixes.some((prefix) => prefix.state === state)) return state
  return 'untold'
}

/** When the last of its prefixes had moved. */
export function movedAtMs({ prefixes }: Pick<CatchmentMove, 'prefixes'>): number | undefined {
  const times = prefixes.flatMap((prefix) => (prefix.state === 'moved' ? (prefix.movedAtMs ?? []) : []))
  return times.length === 0 ? undefined : Math.max(...times)
}
