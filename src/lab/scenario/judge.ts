/** Judges what was measured during a block of a scenario. Pure. */
import type { AlarmDetailView, AlarmView } from '../../api/wire/alarm.ts'
import type { ProofView, RevisionView } from '../../api/wire/revision.ts'
import { automationAuthor } from '../controller.ts'
import type { FlowReport } from '../traffic/flow-report.ts'
import type { RouteChange } from '../traffic/route-watch.ts'
import { alarmsText, isOpen, matches } from './alarm-match.ts'
import type { Judgement } from './expectation.ts'
import { isComplete, waterfallOf, waterfallText } from './waterfall.ts'
import { type Bound, holds } from './words.ts'

export interface Measured {
  /** Milliseconds since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  readonly flows: readonly FlowReport[]
  readonly routeChanges: readonly RouteChange[]
  /** Those that were made meanwhile, newest first, and their proofs. Read only where they are judged. */
  readonly revisions: readonly RevisionView[]
  readonly proofs: readonly ProofView[]
  /** All that are known, of any time. Read only where they are judged. */
  readonly alarms: readonly AlarmView[]
  /** Those of which a waterfall is asked for. */
  readonly alarmDetails: readonly AlarmDetailView[]
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
    case 'route-changes':
      return routesChanged(
        routeChanges.filter(({ node }) => judgement.node === undefined || node === judgement.node),
        judgement.bound,
      )
    case 'make-before-break':
      return makeBeforeBreak(proofs)
    case 'failovers':
      return failovers(measured, judgement.bound)
    case 'alarmed':
      return alarmed(measured, judgement)
    case 'waterfall':
      return fell(measured, judgement)
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

function routesChanged(changes: readonly RouteChange[], bound: Bound): Verdict {
  const told = changes.slice(0, 4).map(changeText).join(', ')
  return { ok: holds(bound, changes.length), measured: changes.length === 0 ? 'none' : `${changes.length}: ${told}` }
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

function failovers({ revisions }: Measured, bound: Bound): Verdict {
  const made = revisions.filter(({ author }) => author === automationAuthor)
  const told = made.map(({ revision, command }) => `${revision}: ${command}`).join('\n')
  return { ok: holds(bound, made.length), measured: made.length === 0 ? 'none' : `${made.length}\n${told}` }
}

function alarmed(
  { alarms, fromMs, toMs }: Measured,
  { match, turn }: Extract<Judgement, { readonly kind: 'alarmed' }>,
): Verdict {
  const within = (time: string | undefined): boolean =>
    time !== undefined && Date.parse(time) >= fromMs && Date.parse(time) < toMs
  const own = alarms.filter((alarm) => matches(match, alarm))
  if (turn === 'resolved') {
    const over = own.filter(({ resolvedAt }) => within(resolvedAt))
    return { ok: over.length > 0 && !own.some(isOpen), measured: alarmsText(own) }
  }
  const fired = own.filter(({ firedAt }) => within(firedAt))
  return { ok: turn === 'none' ? fired.length === 0 : fired.length > 0, measured: alarmsText(fired) }
}

/** The first revision of an alarm's within the block: what came of it at once. */
function fell(
  { alarmDetails, fromMs }: Measured,
  { match, stage, bound }: Extract<Judgement, { readonly kind: 'waterfall' }>,
): Verdict {
  const own = alarmDetails.filter((alarm) => matches(match, alarm))
  const [first] = own
    .flatMap(({ revisions }) => revisions.filter(({ at }) => Date.parse(at) >= fromMs))
    .sort((one, other) => one.revision - other.revision)
  const waterfall = first?.proof && waterfallOf(first.proof)
  if (waterfall === undefined) return { ok: false, measured: `no route was changed because of it: ${alarmsText(own)}` }
  const ok = isComplete(waterfall) && holds(bound, waterfall[stage] ?? Infinity)
  return { ok, measured: waterfallText(waterfall) }
}
