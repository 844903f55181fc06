/**
 * No move fills a path beyond 80 % of its capacity: a better path that is full is a worse one. Traffic that would move and
 * that nobody told is at most all that the path in use carries. What is not known at all is not taken for little: only a
 * dead path is left for one whose load is unknown.
 */
import type { Batch, Candidate } from './batch.ts'

export type LoadAfterMove =
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'unknown'; readonly what: 'load' | 'demand' }
  /** Share of the capacity; `whole`: with all that the path in use carries. */
  | { readonly kind: 'share'; readonly share: number; readonly demand: 'told' | 'whole' | 'unknown' }

export function loadAfterMove(candidate: Candidate, incumbent: string, batch: Batch): LoadAfterMove {
  const { capacity } = candidate
  if (capacity === undefined || capacity.limitBps <= 0) return { kind: 'unlimited' }
  const { limitBps, loadBps } = capacity
  if (loadBps === undefined) return { kind: 'unknown', what: 'load' }
  const whole = batch.arms.find((arm) => arm.candidate.path === incumbent)?.candidate.capacity?.loadBps
  const demandBps = batch.demandBps ?? whole
  if (demandBps === undefined) return { kind: 'share', share: loadBps / limitBps, demand: 'unknown' }
  const demand = batch.demandBps === undefined ? 'whole' : 'told'
  return { kind: 'share', share: (loadBps + demandBps) / limitBps, demand }
}

/** Why a move to it must not be made, in words; undefined where it may. */
export function loadProblem(
  candidate: Candidate,
  incumbent: string,
  batch: Batch,
  { limit, emergency }: { readonly limit: number; readonly emergency: boolean },
): string | undefined {
  const after = loadAfterMove(candidate, incumbent, batch)
  const { path } = candidate
  switch (after.kind) {
    case 'unlimited':
      return undefined
    case 'unknown':
      return emergency
        ? undefined
        : `the capacity of ${path} is written and its load is not known: tell it (POST /v1/traffic)`
    case 'share': {
      const { share, demand } = after
      if (share <= limit) {
        if (demand !== 'unknown' || emergency) return undefined
        return `the capacity of ${path} is written, and how much would move is not known: tell the load of ${incumbent} or of the group`
      }
      const would = demand === 'unknown' ? 'is' : 'would be'
      const bound = demand === 'whole' ? `, with all that ${incumbent} carries` : ''
      return `${path} ${would} at ${Math.round(share * 100)} % of its capacity${bound}, above ${Math.round(limit * 100)} %`
    }
  }
}
