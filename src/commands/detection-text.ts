/** The time line of a revision that automation made, from the sample that completed the verdict to the neighbors and beyond. */
import type { ProofView } from '../api/wire/revision.ts'

/** One line; undefined for a revision that people made. */
export function detectionText(proof: ProofView): string | undefined {
  const { detection } = proof
  if (detection === undefined) return undefined
  const { alarm, sentMs, receivedMs, decidedMs } = detection
  const last = (of: (part: ProofView['speakers'][number]) => number | undefined): number | undefined => {
    const known = proof.speakers.map(of).filter((value) => value !== undefined)
    return known.length === 0 ? undefined : Math.max(...known)
  }
  const stages: readonly (readonly [string, number | undefined])[] = [
    ['taken', receivedMs],
    ['decided', decidedMs],
    ['accepted', 0],
    ['planned', proof.plannedMs],
    ['pushed', last(({ pushedMs }) => pushedMs)],
    ['RIB', last(({ ribMs }) => ribMs)],
    ['adj-out', last(({ adjOutMs }) => adjOutMs)],
  ]
  const { catchment } = proof
  const movedMs = catchment?.movedMs
  const moved = catchment?.state === 'moved' && movedMs !== undefined ? ` → catchment moved ${movedMs - sentMs} ms` : ''
  const routersMs = proof.routers?.state === 'seen' || proof.routers?.state === 'gone' ? proof.routers.atMs : undefined
  const seen = routersMs === undefined ? '' : ` → vantage routers ${routersMs - sentMs} ms`
  const told = stages.map(([name, atMs]) => (atMs === undefined ? `${name} -` : `${name} ${atMs - sentMs} ms`))
  return `${alarm}: last needed sample sent, then ${told.join(' → ')}${seen}${moved}`
}
