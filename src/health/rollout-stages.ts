/**
 * In which stages a change goes out. What a change does at a POP is what compiling says, overlays and all; a POP where it
 * does nothing now is in no stage.
 *   1. one canary, unless a person names it: well before sick, one that adds before one that changes before one that takes
 *      away, the one with the least traffic, then by name;
 *   2. what adds and what changes attributes;
 *   3. last what takes away, so that what is made is proved before anything is broken.
 * Of more than ten POPs, a tenth of all goes first in 2 and 3 each: 1, 10 %, the rest.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import type { DesiredSite } from '../intent/desired.ts'
import type { Intent, PopId, SpeakerId } from '../intent/model.ts'

/** How many announcements (one a prefix and speaker) a change adds, changes and takes away at a POP. */
export interface Effect {
  readonly adds: number
  readonly changes: number
  readonly takesAway: number
}

/** By POP where it does anything. */
export function effectsOf(
  before: Intent,
  after: Intent,
  prefixes: Iterable<Prefix>,
  moment: Moment,
): ReadonlyMap<PopId, Effect> {
  const effects = new Map<PopId, Effect>()
  const count = (pop: PopId, what: keyof Effect): void => {
    const known = effects.get(pop) ?? nothing
    effects.set(pop, { ...known, [what]: known[what] + 1 })
  }
  for (const prefix of prefixes) {
    const was = compilePrefix(before, prefix, moment)?.sites ?? noSites
    const is = compilePrefix(after, prefix, moment)?.sites ?? noSites
    for (const [speaker, { pop, attributes }] of is) {
      const old = was.get(speaker)
      if (old === undefined) count(pop, 'adds')
      else if (old.attributes !== attributes) count(pop, 'changes')
    }
    for (const [speaker, { pop }] of was) if (!is.has(speaker)) count(pop, 'takesAway')
  }
  return effects
}

export interface StageWishes {
  /** A person's choice; empty: none. */
  readonly canary: readonly PopId[]
  readonly sick: ReadonlySet<PopId>
  /** Traffic of POPs, where it is known. */
  readonly loads: ReadonlyMap<PopId, number>
}

/** At most so many POPs go out at once without a smaller stage before them. */
const smallest = 10
const firstShare = 0.1

export function planStages(
  effects: ReadonlyMap<PopId, Effect>,
  { canary, sick, loads }: StageWishes,
): readonly (readonly PopId[])[] {
  const rank = (pop: PopId): readonly number[] => [Number(sick.has(pop)), kindOf(effects.get(pop)), loads.get(pop) ?? 0]
  const ranked = [...effects.keys()].sort((a, b) => compare(rank(a), rank(b)) || (a < b ? -1 : 1))
  const first = canary.length > 0 ? canary : ranked.slice(0, 1)
  const rest = ranked.filter((pop) => !first.includes(pop))
  const leaves = (pop: PopId): boolean => kindOf(effects.get(pop)) === takingAway
  const atFirst = Math.max(1, Math.ceil(effects.size * firstShare))
  const parts = [rest.filter((pop) => !leaves(pop)), rest.filter(leaves)].flatMap((pops) =>
    pops.length > smallest ? [pops.slice(0, atFirst), pops.slice(atFirst)] : [pops],
  )
  return [first, ...parts].filter((pops) => pops.length > 0)
}

const nothing: Effect = { adds: 0, changes: 0, takesAway: 0 }
const noSites: ReadonlyMap<SpeakerId, DesiredSite> = new Map()
const takingAway = 2

/** 0 adds, 1 changes; a POP that loses anything takes away, whatever else it gets. */
function kindOf({ adds, takesAway }: Effect = nothing): number {
  if (takesAway > 0) return takingAway
  return adds > 0 ? 0 : 1
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
