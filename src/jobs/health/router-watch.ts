/** One revision as vantage routers see it while it is watched (health/router-move). */
import type { Prefix } from '../../bgp/prefix.ts'
import { moveRules } from '../../health/catchment-move.ts'
import { type PrefixSight, type RouterMove, followRouter, judgeRouters, sightState } from '../../health/router-move.ts'
import { originsOf } from '../../health/visibility-alarm.ts'
import type { CollectorView } from '../../health/visibility.ts'
import { affectedPrefixes } from '../../intent/compile.ts'
import type { Intent } from '../../intent/model.ts'
import { routeChanges } from '../../plan/route-change.ts'
import { ProofWatch } from './proof-watch.ts'
import type { Step } from './revision-walk.ts'

/** More than these are not watched one by one. */
const prefixesAtMost = 50
/** So many are asked whether their routes change at all. */
const candidatesAtMost = 2000

export class RouterWatch extends ProofWatch {
  readonly witness = 'routers'
  readonly #intent: Intent
  readonly #collectors: () => readonly CollectorView[]
  #move: RouterMove

  private constructor(
    revision: number,
    intent: Intent,
    collectors: () => readonly CollectorView[],
    move: RouterMove,
    stored?: RouterMove,
  ) {
    super(revision, stored, stored !== undefined && isAsWanted(stored))
    this.#intent = intent
    this.#collectors = collectors
    this.#move = move
  }

  /** @param stored what an earlier leader saw of it  @returns undefined where no route changed */
  static of(
    { revision, before, after }: Step,
    epoch: number,
    collectors: () => readonly CollectorView[],
    stored?: RouterMove,
  ): RouterWatch | undefined {
    const make = (move: RouterMove) => new RouterWatch(revision.revision, after, collectors, move, stored)
    if (stored !== undefined) return make(stored)
    const affected = affectedPrefixes(before, after, revision.changes)
    const candidates =
      affected === 'all' ? [...new Set([...before.prefixes.keys(), ...after.prefixes.keys()])] : affected
    const moment = { epoch, nowMs: revision.atMs }
    const changes = routeChanges(before, after, [...candidates].slice(0, candidatesAtMost), moment)
    if (changes.length === 0) return undefined
    const prefixes = changes.slice(0, prefixesAtMost).map(({ prefix, after: pops }): PrefixSight => {
      return { prefix, wanted: pops.size > 0, state: 'watching' }
    })
    return make({ acceptedAtMs: revision.atMs, prefixes, routers: [] })
  }

  prefixes(): readonly Prefix[] {
    return this.#move.prefixes.map(({ prefix }) => prefix)
  }

  protected judged(nowMs: number): 'open' | 'over' {
    const collectors = this.#collectors()
    const origins = originsOf(this.#intent)
    const { acceptedAtMs, prefixes } = this.#move
    const known = new Map(this.#move.routers.map((one) => [`${one.prefix} ${one.collector}`, one]))
    const routers = prefixes.flatMap(({ prefix }) =>
      collectors.map((one) =>
        followRouter(known.get(`${prefix} ${one.id}`), prefix, one, origins(prefix), acceptedAtMs),
      ),
    )
    const patienceMs = Math.max(moveRules.waitMs, ...collectors.map(({ seenWithinMs }) => seenWithinMs))
    const endMs = this.doneAtMs === undefined ? acceptedAtMs + moveRules.proveWithinMs : this.doneAtMs + patienceMs
    this.#move = judgeRouters({ ...this.#move, routers }, collectors, this.doneAtMs, nowMs, endMs)
    return sightState(this.#move) === 'watching' ? 'open' : 'over'
  }

  protected witnessed(): RouterMove {
    return this.#move
  }

  protected isAsWanted(): boolean {
    return isAsWanted(this.#move)
  }

  protected supersede(isTaken: (prefix: Prefix) => boolean, by: number | undefined): void {
    const prefixes = this.#move.prefixes.map((one): PrefixSight => {
      if (one.state !== 'watching' || !isTaken(one.prefix)) return one
      return { ...one, state: 'superseded', ...(by !== undefined && { supersededBy: by }) }
    })
    this.#move = { ...this.#move, prefixes }
  }
}

function isAsWanted(move: RouterMove): boolean {
  return ['seen', 'gone'].includes(sightState(move))
}
