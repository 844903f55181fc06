/**
 * The proof of one change as a table: Herald's own stages a POP, and beside them what the POP's upstream routers have,
 * all in milliseconds after the change was accepted.
 */
import type { ProofView } from '../../api/wire/revision.ts'
import type { Lab, LabPop } from '../lab.ts'
import { type Screen, milliseconds, verdict } from './screen.ts'
import type { Sighting } from './sighting.ts'

export interface ProvedChange {
  readonly proof: ProofView
  readonly arrivals: readonly Sighting[]
  readonly departures: readonly Sighting[]
}

export interface Verdict {
  readonly proved: boolean
  /** The last upstream router, ms after the change was accepted. */
  readonly maxMs: number
}

/** Prints the table and answers whether every stage of every POP concerned is proved. */
export function printProof(screen: Screen, lab: Lab, change: ProvedChange): Verdict {
  const { proof, arrivals, departures } = change
  const acceptedAtMs = Date.parse(proof.acceptedAt)
  const sightings = [...arrivals, ...departures]
  const [transit] = lab.upstreams
  screen.line(
    screen.dim(
      row(['POP', '', 'planned', 'pushed', 'in RIB', 'adj-out', `AS${transit?.asn} transit`, 'peer']).trimEnd(),
    ),
  )
  let proved = proof.state === 'done'
  for (const pop of lab.pops) {
    const own = sightings.filter(({ upstream }) => upstream.pop === pop.id)
    if (own.length === 0) continue
    const complete = isComplete(proof, pop, own)
    proved &&= complete
    const arrives = arrivals.some(({ upstream }) => upstream.pop === pop.id)
    const cells = [
      pop.id,
      arrives ? 'announce' : 'withdraw',
      ...stages(proof, pop),
      ...own.map((one) => cell(one, acceptedAtMs)),
    ]
    screen.line(`${row(cells)} ${complete ? screen.good('✓') : screen.bad('✗')}`)
  }
  for (const sentence of proof.held) screen.line(`       held: ${sentence}`)
  const maxMs = Math.max(...sightings.map(({ atMs }) => (atMs ?? Number.POSITIVE_INFINITY) - acceptedAtMs))
  const leadMs = Math.min(...departures.map(reached)) - Math.max(...arrivals.map(reached))
  if (arrivals.length > 0 && departures.length > 0) proved &&= leadMs > 0
  conclude(screen, change, proved, { maxMs, leadMs })
  return { proved, maxMs }
}

function reached({ atMs }: Sighting): number {
  return atMs ?? Number.POSITIVE_INFINITY
}

function conclude(
  screen: Screen,
  { proof, arrivals, departures }: ProvedChange,
  proved: boolean,
  { maxMs, leadMs }: { readonly maxMs: number; readonly leadMs: number },
): void {
  const all = [...arrivals, ...departures]
  const right = all.filter(({ atMs }) => atMs !== undefined).length
  if (departures.some(({ markedAtMs }) => markedAtMs !== undefined))
    screen.line(screen.dim('     a → b: marked GRACEFUL_SHUTDOWN (RFC 8326) after a, gone after b'))
  const made = arrivals.length > 0 && departures.length > 0
  screen.line(
    `     ${verdict(screen, proved)}: accepted ${proof.acceptedAt.slice(11, 23)}, in ${right} of ${all.length} upstream RIBs, the last after ${milliseconds(maxMs)}`,
  )
  if (made)
    screen.line(
      `             the new POPs were in every RIB ${milliseconds(leadMs)} before the first of the old ones went`,
    )
}

function stages(proof: ProofView, pop: LabPop): readonly string[] {
  const part = proof.speakers.find(({ speaker }) => speaker === pop.speaker)
  return [proof.plannedMs, part?.pushedMs, part?.ribMs, part?.adjOutMs].map(milliseconds)
}

/** Every stage has its time, adj-out was read for every session of the POP, and every router agrees. */
function isComplete(proof: ProofView, pop: LabPop, own: readonly Sighting[]): boolean {
  const part = proof.speakers.find(({ speaker }) => speaker === pop.speaker)
  const sessions = pop.upstreams.reduce((sum, { links }) => sum + links.length, 0)
  return (
    part?.pushedMs !== undefined &&
    part.ribMs !== undefined &&
    part.adjOutMs !== undefined &&
    part.problem === undefined &&
    part.neighbors === sessions &&
    own.length === pop.upstreams.length &&
    own.every(({ atMs }) => atMs !== undefined)
  )
}

function cell({ upstream, atMs, markedAtMs }: Sighting, acceptedAtMs: number): string {
  const at = milliseconds(atMs === undefined ? undefined : atMs - acceptedAtMs)
  const time = markedAtMs === undefined ? at : `${markedAtMs - acceptedAtMs} → ${at}`
  return upstream.kind === 'transit' ? time : `${time}  AS${upstream.asn}`
}

const widths = [3, 8, 8, 8, 8, 8, 16, 25]

/** Names to the left, figures to the right. */
function row(cells: readonly string[]): string {
  const padded = cells.map((text, place) =>
    place < 2 ? text.padEnd(widths[place] ?? 0) : text.padStart(widths[place] ?? 0),
  )
  return `     ${padded.join(' ')}`
}
