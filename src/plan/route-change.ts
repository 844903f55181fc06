/**
 * What a change of documents does to the routes of a prefix, once every drain's grace time is over: the POPs that it
 * takes away and adds, or only the attributes that it changes. What others are then to see of it is judged by that.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import type { DesiredPrefix } from '../intent/desired.ts'
import type { Intent, PopId } from '../intent/model.ts'
import { afterGrace } from './after-grace.ts'
import { popsOf } from './loss.ts'

export interface RouteChange {
  readonly prefix: Prefix
  /** POPs that announced it and shall not any more, and the other way round, in order of name. */
  readonly left: readonly PopId[]
  readonly joined: readonly PopId[]
  /** POPs that announce it in the end. */
  readonly after: ReadonlySet<PopId>
}

/** Of these prefixes, those whose routes the change concerns. */
export function routeChanges(
  before: Intent,
  after: Intent,
  prefixes: Iterable<Prefix>,
  moment: Moment,
): readonly RouteChange[] {
  const [was, will] = [afterGrace(before, moment.nowMs), afterGrace(after, moment.nowMs)]
  return [...prefixes].flatMap((prefix) => {
    const [from, to] = [compilePrefix(was, prefix, moment), compilePrefix(will, prefix, moment)]
    if (sameRoutes(from, to)) return []
    const [popsBefore, popsAfter] = [popsOf(from), popsOf(to)]
    const left = [...popsBefore.difference(popsAfter)].sort()
    const joined = [...popsAfter.difference(popsBefore)].sort()
    return [{ prefix, left, joined, after: popsAfter }]
  })
}

function sameRoutes(before: DesiredPrefix | undefined, after: DesiredPrefix | undefined): boolean {
  const [was, will] = [before?.sites, after?.sites]
  if (was === will) return true
  if ((was?.size ?? 0) !== (will?.size ?? 0)) return false
  return [...(was ?? [])].every(([speaker, { attributes }]) => will?.get(speaker)?.attributes === attributes)
}
