/** No move fills a path beyond 80 % of its capacity: a better path that is full is a worse one. */
import type { Candidate } from './batch.ts'

/** Share of the capacity that would be used, or undefined where no capacity is known. */
export function loadAfterMove(candidate: Candidate, demandBps: number): number | undefined {
  if (candidate.capacity === undefined || candidate.capacity.limitBps <= 0) return undefined
  return (candidate.capacity.loadBps + demandBps) / candidate.capacity.limitBps
}
