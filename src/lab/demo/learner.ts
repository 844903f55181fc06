/**
 * The backbone path that a POP uses toward the origin gets slow. Agents probe both paths all the time; the path learner
 * moves the POP's packets to the other one by LOCAL_PREF, and says why in a sentence.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LearnerDecisionView, LearnerView } from '../../api/wire/learner.ts'
import { milliseconds, verdict, wrapped } from './screen.ts'
import type { Stage } from './stage.ts'

const slowerMs = 20
const withinMs = 30_000
const lookEveryMs = 200
/** Round trips before and after are medians of the packets of so long. */
const glanceMs = 600
const settleMs = 700

export interface SlowPath {
  readonly pop: string
  readonly group: string
  /** The two paths, each with the POP's end of the link that it begins with. */
  readonly links: Readonly<Record<string, string>>
  /** Node that answers at the other end. */
  readonly origin: string
}

export async function pathGetsSlow(stage: Stage, path: SlowPath): Promise<boolean> {
  const { screen, lab, traffic, herald } = stage
  const { pop, links, origin } = path
  const from = (await learned(stage, path)).places[0]?.chosen ?? ''
  const to = Object.keys(links).find((name) => name !== from) ?? ''
  const endpoint = links[from]
  if (endpoint === undefined) return told(stage, false, `no agent has measured the paths of ${pop} yet`)
  const sender = await traffic.send(pop, origin)
  screen.line(
    `     ${screen.command(`herald lab impair ${endpoint} --delay ${slowerMs}ms`)}   ${screen.dim(`${pop} sends 200 packets a second to the origin by ${from}`)}`,
  )
  try {
    const impairedAtMs = Date.now()
    await lab.impair(endpoint, { delayMs: slowerMs })
    await sleep(glanceMs)
    const fromMs = Date.now()
    const move = await moveAfter(stage, path, to, impairedAtMs)
    if (move === undefined) return told(stage, false, `the path learner did not move ${pop} to ${to}`)
    for (const line of wrapped(move.sentence, 95)) screen.line(`     ${line}`)
    const proof = await herald.proof(move.revision ?? 0)
    await sleep(settleMs)
    const toMs = Date.now()
    await traffic.settled(toMs)
    const flows = traffic.report(fromMs, toMs).filter(({ client, flow }) => client === pop && flow.startsWith('udp'))
    const lost = flows.reduce((sum, one) => sum + one.lost, 0)
    const sent = flows.reduce((sum, one) => sum + one.sent, 0)
    const [slowMs, quickMs] = [fromMs, toMs - glanceMs].map((atMs) => medianMs(stage, pop, atMs))
    const quicker = slowMs !== undefined && quickMs !== undefined && quickMs < slowMs - slowerMs
    const decided = milliseconds(Date.parse(move.at) - impairedAtMs)
    return told(
      stage,
      proof.state === 'done' && quicker && sent > 0 && lost === 0,
      `decided after ${decided}, in the RIB ${milliseconds(proof.doneMs)} later; ${tenths(quickMs)} instead of ${tenths(slowMs)}; ${lost} of ${sent.toLocaleString('en')} packets lost`,
    )
  } finally {
    await lab.impair(endpoint, undefined)
    await sender.end()
  }
}

function learned({ herald }: Stage, { pop, group }: SlowPath): Promise<LearnerView> {
  return herald.get(`/v1/learner?place=${encodeURIComponent(`${pop}/${group}`)}`)
}

/** The move that the learner made since. */
async function moveAfter(
  stage: Stage,
  path: SlowPath,
  to: string,
  sinceMs: number,
): Promise<LearnerDecisionView | undefined> {
  const giveUpAtMs = Date.now() + withinMs
  while (Date.now() < giveUpAtMs) {
    const { decisions } = await learned(stage, path)
    const move = decisions.find(({ kind, applied, at }) => kind === 'move' && applied && Date.parse(at) >= sinceMs)
    if (move?.to === to) return move
    await sleep(lookEveryMs)
  }
  return undefined
}

/** Round trip of IPv4 packets that were sent from a moment on, for a glance. */
function medianMs({ traffic }: Stage, client: string, fromMs: number): number | undefined {
  const log = traffic.logs.find((one) => one.client === client && one.flow === 'udp4')
  const rtts = (log?.between(fromMs, fromMs + glanceMs) ?? []).flatMap(({ rttMs }) => rttMs ?? [])
  return rtts.toSorted((a, b) => a - b)[rtts.length >> 1]
}

function tenths(ms: number | undefined): string {
  return ms === undefined ? '–' : `${ms.toFixed(1)} ms`
}

function told({ screen }: Stage, proved: boolean, words: string): boolean {
  screen.line(`     ${verdict(screen, proved)}: ${words}`)
  return proved
}
