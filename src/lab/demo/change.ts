/** A step of the demo: an operator's command line, proved by Herald, by the kernels of the routers and by packets. */
import type { ProofView } from '../../api/wire/revision.ts'
import { type FlowMove, type Timeline, timelineOf } from '../traffic/timeline.ts'
import { milliseconds, verdict, wrapped } from './screen.ts'
import { type Catchments, type Stage, answeredBy, caught, flowsBetween, lostOf } from './stage.ts'

export interface Move {
  readonly prefix: string
  /** The words after `herald`. */
  readonly words: readonly string[]
  readonly flow: 'udp4' | 'udp6'
  /** Where packets go afterwards. */
  readonly catchments: Catchments
  /** Nothing may be lost: a planned move. */
  readonly lossless: boolean
}

export interface Verdict {
  readonly proved: boolean
  /** When the last router forwarded to a POP that it had not before, and away from one that it had, ms after it was accepted. */
  readonly towardMs: number
  readonly awayMs: number
}

const packetsWithinMs = 15_000
/** Until a change has settled. */
const afterMs = 700

export async function change(stage: Stage, move: Move): Promise<Verdict> {
  const { screen, herald, routes } = stage
  screen.line(`     ${screen.command(commandLine(move.words))}`)
  const startedAtMs = Date.now()
  const { revision } = await herald.change(move.words)
  const proof = await herald.proof(revision)
  const right = await caught(stage, move.flow, move.catchments, packetsWithinMs)
  const acceptedAtMs = Date.parse(proof.acceptedAt)
  const toMs = Date.now() + afterMs
  const flows = await flowsBetween(stage, move.flow, startedAtMs, toMs)
  const timeline = timelineOf(
    proof,
    routes.changes.filter(({ prefix }) => prefix === move.prefix),
    flows,
    toMs,
  )
  printSpeakers(stage, proof, timeline)
  if (move.lossless) printPackets(stage, timeline.moves)
  const lost = lostOf(flows)
  const sent = flows.reduce((sum, one) => sum + one.sent, 0)
  const proved = proof.state === 'done' && right && (!move.lossless || lost === 0)
  // Before a prefix is announced and after it is withdrawn nobody answers, which is no loss.
  const loss = move.lossless ? `; ${lost} of ${sent.toLocaleString('en')} packets lost` : ''
  const accepted = `accepted ${proof.acceptedAt.slice(11, 23)}, done after ${milliseconds(proof.doneMs)}`
  screen.line(`     ${verdict(screen, proved)}: ${accepted}; ${catchmentsText(move.catchments)}${loss}`)
  if (!right) screen.line(`       answered: ${catchmentsText(answeredNow(stage, move))}`)
  for (const sentence of proof.held) screen.line(`       held: ${sentence}`)
  return { proved, ...changesOfMind(stage, move.prefix, acceptedAtMs, toMs) }
}

function answeredNow(stage: Stage, { flow, catchments }: Pick<Move, 'flow' | 'catchments'>): Catchments {
  return Object.fromEntries(Object.keys(catchments).map((client) => [client, answeredBy(stage, client, flow)]))
}

/** A command that must be refused, with every packet going where it went. */
export async function refusal(
  stage: Stage,
  { words, flow, catchments }: Pick<Move, 'words' | 'flow' | 'catchments'>,
): Promise<boolean> {
  const { screen, herald } = stage
  screen.line(`     ${screen.command(commandLine(words))}`)
  const refusals = await herald.refused(words)
  for (const line of refusals.flatMap((sentence) => wrapped(sentence.trim(), 95))) screen.line(`     ${line}`)
  const proved = await caught(stage, flow, catchments, packetsWithinMs)
  const told = proved ? 'every client is answered as before' : catchmentsText(answeredNow(stage, { flow, catchments }))
  screen.line(`     ${verdict(screen, proved)}: ${told}`)
  return proved
}

export function commandLine(words: readonly string[]): string {
  return `herald ${words.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}`
}

/** Herald's own stages a POP, and beside them the routers that forward to it, or no longer do. */
function printSpeakers({ screen }: Stage, { plannedMs, speakers }: ProofView, { routers }: Timeline): void {
  screen.line(screen.dim(row(['POP', '', 'planned', 'pushed', 'in RIB', 'adj-out']) + '  routers that forward to it'))
  for (const { pop, speaker, announce, withdraw, pushedMs, ribMs, adjOutMs } of speakers) {
    const name = pop ?? speaker
    const cells = [
      name,
      withdraw > 0 ? 'withdraw' : 'announce',
      ...[plannedMs, pushedMs, ribMs, adjOutMs].map(milliseconds),
    ]
    const to = routers.filter(({ via }) => via.length === 1 && via[0] === name && announce > 0 && withdraw === 0)
    const told = to.map(({ node, atMs }) => `${node} ${milliseconds(atMs)}`).join(', ')
    screen.line(`${row(cells)}  ${told}`.trimEnd())
  }
}

function printPackets({ screen }: Stage, moves: readonly FlowMove[]): void {
  for (const { client, from, to, firstAtNewMs, lastAtOldMs, lost } of moves)
    screen.line(
      `     ${client}: ${from} → ${to}, first packet answered by ${to} ${milliseconds(firstAtNewMs)}, last by ${from} ${milliseconds(lastAtOldMs)}, ${lost} lost`,
    )
}

function catchmentsText(catchments: Catchments): string {
  const pops = Object.values(catchments)
  if (pops.every((pop) => pop === undefined)) return 'no client is answered'
  return `clients ${Object.entries(catchments)
    .map(([client, pop]) => `${client.replace('client', '')}→${pop ?? 'nobody'}`)
    .join(' ')}`
}

/** The last router to turn to a POP, and the last to turn away from one. */
function changesOfMind(
  { lab, routes }: Stage,
  prefix: string,
  fromMs: number,
  toMs: number,
): Pick<Verdict, 'towardMs' | 'awayMs'> {
  const pops = new Set(lab.nodes.filter(({ image }) => image === 'pop').map(({ name }) => name))
  const isDirect = (via: readonly string[]): boolean => via.some((hop) => pops.has(hop))
  const direct = new Map<string, boolean>()
  let towardMs = Number.NaN
  let awayMs = Number.NaN
  for (const { node, atMs, via, prefix: of } of routes.changes) {
    if (of !== prefix || atMs >= toMs) continue
    const was = direct.get(node) ?? false
    const is = isDirect(via)
    direct.set(node, is)
    if (atMs < fromMs || was === is) continue
    if (is) towardMs = atMs - fromMs
    else awayMs = atMs - fromMs
  }
  return { towardMs, awayMs }
}

const widths = [3, 8, 8, 8, 8, 8]

/** Names to the left, figures to the right. */
function row(cells: readonly string[]): string {
  const padded = cells.map((text, place) =>
    place < 2 ? text.padEnd(widths[place] ?? 0) : text.padStart(widths[place] ?? 0),
  )
  return `     ${padded.join(' ')}`
}
