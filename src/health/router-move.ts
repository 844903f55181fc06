/**
 * The part of a change's proof that vantage routers witness: what is announced is seen by every one of them that can tell,
 * with an origin of ours, or what is withdrawn everywhere is seen by none any more, as they stood after the change was
 * proved. Pure; a move is plain data, and taking in the same state again changes nothing.
 */
import type { Asn } from '../bgp/asn.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { CollectorId } from '../intent/monitoring.ts'
import { type CollectorView, isInformed, sightOf } from './visibility.ts'

/**
 * `seen`, `gone`: as the change wants it, at every vantage router that can tell; `not-seen`, `still-seen`: not so within
 * the time; `untold`: none could tell.
 */
export type SightState = 'watching' | 'seen' | 'gone' | 'not-seen' | 'still-seen' | 'untold' | 'superseded'

export interface PrefixSight {
  readonly prefix: Prefix
  /** It is announced somewhere after the change. */
  readonly wanted: boolean
  readonly state: SightState
  /** Of a superseded one: the later revision. */
  readonly supersededBy?: number
  /** When the last vantage router was there, ms since the epoch; absent where none had to notice anything. */
  readonly atMs?: number
}

/** What one vantage router saw of it. Times are ms since the epoch. */
export interface RouterSight {
  readonly prefix: Prefix
  readonly collector: CollectorId
  readonly now: 'seen' | 'not-seen' | 'unknown'
  /** When it came into sight, went out of it, or its paths first changed, after the change. */
  readonly seenAtMs?: number
  readonly goneAtMs?: number
  readonly changedAtMs?: number
}

export interface RouterMove {
  readonly acceptedAtMs: number
  readonly prefixes: readonly PrefixSight[]
  readonly routers: readonly RouterSight[]
}

/** How a vantage router stands to one prefix now. */
export function followRouter(
  before: RouterSight | undefined,
  prefix: Prefix,
  collector: CollectorView,
  origins: ReadonlySet<Asn>,
  acceptedAtMs: number,
): RouterSight {
  const now = sightOf(collector, prefix, origins)
  const known = before ?? { prefix, collector: collector.id, now }
  if (now === 'unknown') return known.now === now ? known : { ...known, now }
  const { sinceMs = -Infinity, changedAtMs = -Infinity } = collector.seen.get(prefix) ?? {}
  const isNew = (atMs: number): boolean => atMs >= acceptedAtMs
  const next: RouterSight = {
    ...known,
    now,
    ...(now === 'seen' && isNew(sinceMs) && { seenAtMs: sinceMs }),
    ...(now === 'not-seen' && isNew(sinceMs) && { goneAtMs: sinceMs }),
    ...(known.changedAtMs === undefined && isNew(changedAtMs) && { changedAtMs }),
  }
  return JSON.stringify(next) === JSON.stringify(known) ? known : next
}

/** @param doneAtMs when the change was proved, if it was  @param endMs when nothing more is waited for */
export function judgeRouters(
  move: RouterMove,
  collectors: readonly CollectorView[],
  doneAtMs: number | undefined,
  nowMs: number,
  endMs: number,
): RouterMove {
  const informed = new Set(collectors.filter(isInformed).map(({ id }) => id))
  const prefixes = move.prefixes.map((prefix) => {
    const telling = move.routers.filter((one) => one.prefix === prefix.prefix && informed.has(one.collector))
    return judgePrefix(prefix, telling, doneAtMs, nowMs > endMs)
  })
  return JSON.stringify(prefixes) === JSON.stringify(move.prefixes) ? move : { ...move, prefixes }
}

function judgePrefix(
  sight: PrefixSight,
  telling: readonly RouterSight[],
  doneAtMs: number | undefined,
  isOver: boolean,
): PrefixSight {
  const { prefix, wanted, state } = sight
  if (state !== 'watching' && state !== 'seen' && state !== 'gone') return sight
  const times = telling.flatMap(
    ({ seenAtMs, goneAtMs, changedAtMs }) => (wanted ? (seenAtMs ?? changedAtMs) : goneAtMs) ?? [],
  )
  const at = times.length === 0 ? {} : { atMs: Math.max(...times) }
  const asWanted = (one: RouterSight): boolean => one.now === (wanted ? 'seen' : 'not-seen')
  const all = telling.length > 0 && telling.every(asWanted)
  const next = (to: SightState, rest: { readonly atMs?: number } = {}): PrefixSight => ({
    prefix,
    wanted,
    state: to,
    ...rest,
  })
  // Of what is announced one vantage router that sees it is proof enough in the end; what is withdrawn must be gone everywhere.
  const enough = all || (isOver && wanted && telling.some(asWanted))
  if (enough && doneAtMs !== undefined) return next(wanted ? 'seen' : 'gone', at)
  if (!isOver) return next('watching')
  return next(telling.length === 0 ? 'untold' : wanted ? 'not-seen' : 'still-seen')
}

/** Of all prefixes together: what is still watched first, then what is not as it should be. */
export function sightState({ prefixes }: Pick<RouterMove, 'prefixes'>): SightState {
  for (const state of ['watching', 'not-seen', 'still-seen', 'seen', 'gone', 'superseded'] as const)
    if (prefixes.some((prefix) => prefix.state === state)) return state
  return 'untold'
}

export function sightAtMs({ prefixes }: Pick<RouterMove, 'prefixes'>): number | undefined {
  const times = prefixes.flatMap(({ atMs }) => atMs ?? [])
  return times.length === 0 ? undefined : Math.max(...times)
}
