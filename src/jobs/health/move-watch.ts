/** One revision's move of catchments while it is watched (health/catchment-move): who looks, what they heard, what is told of it. */
import type { Address } from '../../bgp/address.ts'
import type { Prefix } from '../../bgp/prefix.ts'
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
import { prefixOf, vantageTasks } from '../../health/vantage-tasks.ts'
import { affectedPrefixes } from '../../intent/compile.ts'
import type { Intent } from '../../intent/model.ts'
import { routeChanges } from '../../plan/route-change.ts'
import type { Proof } from '../../store/proof.ts'
import type { Step } from './revision-walk.ts'

export interface MoveNews {
  readonly move: CatchmentMove
  readonly seen: 'tell' | 'keep'
}

/** More than these are not watched one by one. */
const prefixesAtMost = 50
const vantagesAtMost = 500
/** So many prefixes that nobody looks at are asked whether their routes change at all. */
const unseenAtMost = 100

export class MoveWatch {
  readonly revision: number
  /** Since when nothing of it is watched for any more, ms since the epoch. */
  endedAtMs: number | undefined
  readonly #intents: readonly Intent[]
  #move: CatchmentMove
  #doneAtMs: number | undefined
  #isSettled = false
  /** As JSON, as last told. */
  #told: string
  #toldSeen: boolean

  private constructor(revision: number, intents: readonly Intent[], move: CatchmentMove, told: string) {
    this.revision = revision
    this.#intents = intents
    this.#move = move
    this.#told = told
    this.#toldSeen = moveState(move) === 'moved'
  }

  /** @param stored what an earlier leader saw of it  @returns undefined where no route changed */
  static of({ revision, before, after }: Step, epoch: number, stored?: CatchmentMove): MoveWatch | undefined {
    const intents = [before, after]
    const make = (move: CatchmentMove, told: string) => new MoveWatch(revision.revision, intents, move, told)
    if (stored !== undefined) return make(stored, JSON.stringify(stored))
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
    return make({ acceptedAtMs: revision.atMs, prefixes, vantages: [] }, '')
  }

  get isSettled(): boolean {
    return this.#isSettled
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

  hear({ agent, target }: Pick<Line, 'agent' | 'target'>, answer: Answer): void {
    const { acceptedAtMs, vantages } = this.#move
    const at = vantages.findIndex((one) => one.agent === agent && one.target === target)
    const [vantage, prefix] = [vantages[at], this.#prefixOf(target)]
    if (vantage === undefined || prefix === undefined) return
    const now = followAnswer(vantage, prefix, acceptedAtMs, answer)
    if (now !== vantage) this.#move = { ...this.#move, vantages: vantages.with(at, now) }
  }

  settle({ state, doneAtMs }: Pick<Proof, 'state' | 'doneAtMs'>): void {
    this.#doneAtMs = doneAtMs
    this.#isSettled = state === 'done' || state === 'superseded'
    if (state === 'superseded') this.#supersede(() => true)
  }

  yieldTo(later: MoveWatch): void {
    const taken = new Set(later.#move.prefixes.map(({ prefix }) => prefix))
    this.#supersede((prefix) => taken.has(prefix))
  }

  judge(hearingOf: (vantage: VantageMove) => Hearing | undefined, nowMs: number): void {
    this.#move = judgeMove(this.#move, hearingOf, this.#doneAtMs, nowMs)
    if (moveState(this.#move) === 'watching') this.endedAtMs = undefined
    else this.endedAtMs ??= nowMs
  }

  /** What is to be stored; undefined where that is stored already. */
  news(): MoveNews | undefined {
    const text = JSON.stringify(this.#move)
    if (text === this.#told) return undefined
    this.#told = text
    const isSeen = moveState(this.#move) === 'moved'
    const seen = isSeen && !this.#toldSeen ? 'tell' : 'keep'
    this.#toldSeen ||= isSeen
    return { move: this.#move, seen }
  }

  #prefixOf(target: Address): PrefixMove | undefined {
    const at = prefixesAt(this.#intents, target)
    return this.#move.prefixes.find(({ prefix }) => at.includes(prefix))
  }

  /** What has not moved by now is watched for no more. */
  #supersede(isTaken: (prefix: Prefix) => boolean): void {
    const prefixes = this.#move.prefixes.map((one): PrefixMove => {
      return one.state === 'watching' && isTaken(one.prefix) ? { ...one, state: 'superseded' } : one
    })
    this.#move = { ...this.#move, prefixes }
  }
}

/** The prefixes that an address belongs to, before and after. */
function prefixesAt(intents: readonly Intent[], target: Address): readonly Prefix[] {
  return intents.flatMap(({ prefixes }) => prefixOf(prefixes, target) ?? [])
}
