/** Judges what was measured during a block of a scenario. Pure. */
import type { ProofView } from '../../api/wire/revision.ts'
import type { FlowReport } from '../traffic/flow-report.ts'
import type { RouteChange } from '../traffic/route-watch.ts'
import type { Judgement } from './expectation.ts'
import { type Bound, holds } from './words.ts'

export interface Measured {
  readonly flows: readonly FlowReport[]
  readonly routeChanges: readonly RouteChange[]
  /** Of the revisions that were made meanwhile. */
  readonly proofs: readonly ProofView[]
}

export interface Verdict {
  readonly ok: boolean
  /** What was measured, in words. */
  readonly measured: string
}

export function judge(judgement: Judgement, measured: Measured): Verdict {
  const { flows, routeChanges, proofs } = measured
  switch (judgement.kind) {
    case 'lost': {
      const found = flowsOf(flows, 'udp', judgement.client)
      return counted(found, judgement.bound, 'packets')
    }
    case 'requests-lost': {
      const found = flowsOf(flows, 'http', judgement.client)
      return counted(found, judgement.bound, 'requests')
    }
    case 'gap':
      return longest(flowsOf(flows, 'udp', judgement.client), judgement.bound)
    case 'moves': {
      const found = flowsOf(flows, 'udp', judgement.client)
      const seen = found.map(({ flow, catchment }) => `${flow}: ${catchment.map(({ pop }) => pop).join(' -> ')}`)
      const wanted = judgement.pops.join(' -> ')
      return { ok: found.length > 0 && seen.every((text) => text.endsWith(`: ${wanted}`)), measured: seen.join(', ') }
    }
    case 'no-route-changes':
      return {
        ok: routeChanges.length === 0,
        measured: routeChanges.length === 0 ? 'none' : routeChanges.slice(0, 4).map(changeText).join(', '),
      }
    case 'make-before-break':
      return makeBeforeBreak(proofs)
  }
}

function flowsOf(flows: readonly FlowReport[], protocol: 'udp' | 'http', client: string | undefined): FlowReport[] {
  return flows.filter((one) => one.flow.startsWith(protocol) && (client === undefined || one.client === client))
}

/** No flow at all is no proof of anything. */
function counted(flows: readonly FlowReport[], bound: Bound, noun: string): Verdict {
  const lost = flows.reduce((sum, one) => sum + one.lost, 0)
  const sent = flows.reduce((sum, one) => sum + one.sent, 0)
  const where = flows.filter((one) => one.lost > 0).map((one) => `${one.client} ${one.flow} ${one.lost}`)
  const detail = where.length === 0 ? '' : ` (${where.join(', ')})`
  return { ok: sent > 0 && holds(bound, lost), measured: `${lost} of ${sent} ${noun}${detail}` }
}

function longest(flows: readonly FlowReport[], bound: Bound): Verdict {
  const [worst] = [...flows].sort((one, other) => other.gapMs - one.gapMs)
  if (worst === undefined || worst.sent === 0) return { ok: false, measured: 'nothing was sent' }
  const gapMs = Math.round(worst.gapMs)
  return { ok: holds(bound, gapMs), measured: gapMs === 0 ? '0 ms' : `${gapMs} ms (${worst.client} ${worst.flow})` }
}

function changeText({ node, prefix, via }: RouteChange): string {
  return via.length === 0 ? `${node} lost ${prefix}` : `${node}: ${prefix} by ${via.join(' and ')}`
}

function makeBeforeBreak(proofs: readonly ProofView[]): Verdict {
  const moves = proofs.filter(
    ({ speakers }) => speakers.some(({ announce }) => announce > 0) && speakers.some(({ withdraw }) => withdraw > 0),
  )
  if (moves.length === 0) return { ok: false, measured: 'no revision both announced and withdrew' }
  const told = moves.map(({ revision, speakers }) => {
    // Who withdraws announces before: the same path, marked GRACEFUL_SHUTDOWN.
    const made = Math.max(...speakers.filter((one) => one.withdraw === 0).map((one) => one.adjOutMs ?? Infinity))
    const broken = Math.min(...speakers.filter((one) => one.withdraw > 0).map((one) => one.pushedMs ?? -Infinity))
    return { ok: made <= broken, text: `revision ${revision}: made after ${made} ms, broken after ${broken} ms` }
  })
  return { ok: told.every(({ ok }) => ok), measured: told.map(({ text }) => text).join(', ') }
}
