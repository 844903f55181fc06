/** One revision's move of catchments while it is watched (health/catchment-move): who looks, and what they heard. */
import type { Address } from '../../bgp/address.ts'
import { type Prefix, mostSpecific } from '../../bgp/prefix.ts'
import {
  type CatchmentMove,
  type Hearing,
  type PrefixMove,
  type VantageMove,
  followAnswer,
  judgeMove,
  moveState,
  vantageBefore,
} from '../../health/catchment-move.ts'
import type { Answer, Line } from '../../health/catchment.ts'
import { vantageTasks } from '../../health/vantage-tasks.ts'
import { affectedPrefixes } from '../../intent/compile.ts'
import type { Intent } from '../../intent/model.ts'
import { routeChanges } from '../../plan/route-change.ts'
import { ProofWatch } from './proof-watch.ts'
import type { Step } from './revision-walk.ts'

/** How a vantage point does now; undefined: nobody probes that any more. */
type HearingOf = (vantage: VantageMove) => Hearing | undefined

/** More than these are not watched one by one. */
const prefixesAtMost = 50
const vantagesAtMost = 500
/** So many prefixes that nobody looks at are asked whether their routes change at all. */
const unseenAtMost = 100

export class MoveWatch extends ProofWatch {
  readonly witness = 'catchment'
  readonly #intents: readonly Intent[]
  readonly #hearingOf: HearingOf
  /** What an earlier leader saw of it. */
  readonly #stored: CatchmentMove | undefined
  #move: CatchmentMove

  private constructor(
    revision: number,
    intents: readonly Intent[],
    hearingOf: HearingOf,
    move: CatchmentMove,
    stored?: CatchmentMove,
  ) {
    super(revision, stored, stored !== undefined && moveState(stored) === 'moved')
    this.#intents = intents
    this.#hearingOf = hearingOf
    this.#stored = stored
    this.#move = move
  }

  /** @param stored what an earlier leader saw of it  @returns undefined where no route changed */
  static of(
    { revision, before, after }: Step,
    epoch: number,
    hearingOf: HearingOf,
    stored?: CatchmentMove,
  ): MoveWatch | undefined {
    const intents = [before, after]
    const make = (move: CatchmentMove) => new MoveWatch(revision.revision, intents, hearingOf, move, stored)
    if (stored !== undefined) return make(stored)
    const affected = affectedPrefixes(before, after, revision.changes)
    const isAffected = (prefix: Prefix): boolean => affected === 'all' || affected.has(prefix)
    const looked = new Set(vantageTasks(after).flatMap(({ target }) => prefixesAt(intents, target).filter(isAffected)))
    const moment = { epoch, nowMs: revision.atMs }
    const changes = routeChanges(before, after, [...looked].slice(0, prefixesAtMost), moment)
    const prefixes = changes.map(({ prefix, left, joined }): PrefixMove => ({
      prefix,
      left,
      joined,
      state: 'watching',
    }))
    if (prefixes.length === 0) {
      const others = (affected === 'all' ? [...after.prefixes.keys()] : [...affected]).slice(0, unseenAtMost)
      if (routeChanges(before, after, others, moment).length === 0) return undefined
    }
    return make({ acceptedAtMs: revision.atMs, prefixes, vantages: [] })
  }

  /** A line that looks at one of its prefixes takes part, with what it heard lately. */
  join(line: Line): void {
    const { acceptedAtMs, vantages } = this.#move
    const known = vantages.find(({ agent, target }) => agent === line.agent && target === line.target)
    const prefix = this.#prefixOf(line.target)
    if (prefix === undefined || (known === undefined && vantages.length >= vantagesAtMost)) return
    if (known === undefined) {
      const before = line.popBefore(acceptedAtMs)
      const added = vantageBefore(prefix.prefix, line.agent, line.target, before)
      this.#move = { ...this.#move, vantages: [...vantages, added] }
    }
    for (const answer of line.recent) this.hear(line, answer)
  }

  hear(line: Line, answer: Answer): void {
    const { acceptedAtMs, vantages } = this.#move
    const at = vantages.findIndex((one) => one.agent === line.agent && one.target === line.target)
    const [vantage, prefix] = [vantages[at], this.#prefixOf(line.target)]
    if (vantage === undefined || prefix === undefined) return
    const known = this.#anew(vantage, prefix, line, answer)
    const now = followAnswer(known, prefix, acceptedAtMs, answer)
    if (now !== vantage) this.#move = { ...this.#move, vantages: vantages.with(at, now) }
  }

  /** A new leader opens a watch before it has heard all of the last seconds: who answered before turns out while it hears. */
  #anew(vantage: VantageMove, prefix: PrefixMove, line: Line, { atMs }: Answer): VantageMove {
    const { acceptedAtMs } = this.#move
    if (atMs >= acceptedAtMs) return vantage
    const isTold = this.#stored?.vantages.some(
      ({ agent, target, before }) => agent === line.agent && target === line.target && before !== undefined,
    )
    const before = line.popBefore(acceptedAtMs)
    if (isTold === true || before === undefined || before === vantage.before) return vantage
    const begun = vantageBefore(prefix.prefix, line.agent, line.target, before)
    return line.recent.reduce((one, heard) => followAnswer(one, prefix, acceptedAtMs, heard), begun)
  }

  prefixes(): readonly Prefix[] {
    return this.#move.prefixes.map(({ prefix }) => prefix)
  }

  protected judged(nowMs: number): 'open' | 'over' {
    this.#move = judgeMove(this.#move, this.#hearingOf, this.doneAtMs, nowMs)
    return moveState(this.#move) === 'watching' ? 'open' : 'over'
  }

  protected witnessed(): CatchmentMove {
    return this.#move
  }

  protected isAsWanted(): boolean {
    return moveState(this.#move) === 'moved'
  }

  /** What has not moved by now is watched for no more. */
  protected supersede(isTaken: (prefix: Prefix) => boolean, by: number | undefined): void {
    const prefixes = this.#move.prefixes.map((one): PrefixMove => {
      if (one.state !== 'watching' || !isTaken(one.prefix)) return one
      return { ...one, state: 'superseded', ...(by !== undefined && { supersededBy: by }) }
    })
    this.#move = { ...this.#move, prefixes }
  }

  #prefixOf(target: Address): PrefixMove | undefined {
    const at = prefixesAt(this.#intents, target)
    return this.#move.prefixes.find(({ prefix }) => at.includes(prefix))
  }
}

/** The prefixes that an address belongs to, before and after. */
function prefixesAt(intents: readonly Intent[], target: Address): readonly Prefix[] {
  return intents.flatMap(({ prefixes }) => mostSpecific(target, (prefix) => prefixes.has(prefix)) ?? [])
}
