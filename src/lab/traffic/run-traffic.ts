/**
 * `herald lab traffic`: runs traffic for a while or until told to stop, shows a live table where lines can be redrawn, and
 * the timeline of every change that settles meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Terminal, paint } from '../../commands/terminal.ts'
import { followRevisions, readRevision } from '../controller.ts'
import { readNodeAddresses } from '../node-addresses.ts'
import type { RunningLab } from '../running-lab.ts'
import type { FlowReport } from './flow-report.ts'
import { type RouteWatch, watchRoutes } from './route-watch.ts'
import { type Timeline, timelineOf } from './timeline.ts'
import { timelineText, trafficTable } from './traffic-table.ts'
import { type Traffic, startTraffic } from './traffic.ts'

export interface RunTrafficOptions {
  /** Default: until the signal. */
  readonly forMs?: number
  readonly signal: AbortSignal
  readonly terminal: Terminal
  readonly output: 'table' | 'json'
}

export interface TrafficResult {
  readonly lab: string
  readonly addresses: readonly string[]
  /** Milliseconds since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  readonly flows: readonly FlowReport[]
  readonly changes: readonly Timeline[]
  readonly problems: readonly string[]
}

const redrawMs = 500
/** What the live table looks back on. The fate of the last second is not known yet. */
const windowMs = 5000
const unknownMs = 1300
/** Longer runs forget their oldest packets. */
const keepMs = 600_000
/** Around a change: packets before it was accepted, and after it was proved. */
const beforeMs = 500
const afterMs = 1500

export async function runTraffic(lab: RunningLab, options: RunTrafficOptions): Promise<TrafficResult> {
  const { forMs, signal, terminal, output } = options
  const routes = watchRoutes(lab, await readNodeAddresses(lab))
  const traffic = await startTraffic(lab)
  const changes: Timeline[] = []
  const recording: Promise<void>[] = []
  const follower = followRevisions(lab, (revision) => {
    recording.push(
      record(lab, traffic, routes, revision).then((found) => {
        if (found === undefined) return
        changes.push(found.timeline)
        if (output === 'table') screen.print(`\n${timelineText(terminal, found.timeline, found.title)}`)
      }),
    )
  })
  const fromMs = Date.now()
  const screen = openScreen(terminal)
  try {
    const endMs = fromMs + (forMs ?? Number.POSITIVE_INFINITY)
    while (!signal.aborted && Date.now() < endMs) {
      await sleep(Math.min(redrawMs, Math.max(1, endMs - Date.now())), undefined, { signal }).catch(() => undefined)
      if (output === 'table' && terminal.redraws) screen.draw(liveText(terminal, lab, traffic))
      for (const log of traffic.logs) log.forget(Date.now() - keepMs)
    }
    const toMs = Date.now()
    await traffic.settled(toMs)
    await Promise.all(recording)
    screen.draw('')
    const flows = traffic.report(fromMs, toMs)
    if (output === 'table') terminal.out(trafficTable(terminal, flows))
    for (const problem of traffic.problems) terminal.err(problem)
    return { lab: lab.name, addresses: traffic.addresses, fromMs, toMs, flows, changes, problems: traffic.problems }
  } finally {
    await Promise.all([follower.end(0), routes.stop(), traffic.stop()])
  }
}

async function record(
  lab: RunningLab,
  traffic: Traffic,
  routes: RouteWatch,
  number: number,
): Promise<{ readonly timeline: Timeline; readonly title: string } | undefined> {
  const settledAtMs = Date.now() + afterMs
  await traffic.settled(settledAtMs)
  const revision = await readRevision(lab, number)
  if (revision?.proof === undefined) return undefined
  const acceptedAtMs = Date.parse(revision.proof.acceptedAt)
  const flows = traffic.report(acceptedAtMs - beforeMs, settledAtMs)
  const timeline = timelineOf(revision.proof, routes.changes, flows, settledAtMs)
  return { timeline, title: `${revision.command} (${revision.reason})` }
}

function liveText(terminal: Terminal, lab: RunningLab, { report, addresses, problems }: Traffic): string {
  const toMs = Date.now() - unknownMs
  const head = `${paint(terminal, 'bold', lab.name)}: ${addresses.join(', ')}, the last ${windowMs / 1000} s; Ctrl-C ends it`
  const troubles = problems.slice(-3).map((problem) => paint(terminal, 'red', problem))
  return [head, trafficTable(terminal, report(toMs - windowMs, toMs)), ...troubles].join('\n')
}

interface Screen {
  /** Replaces what was drawn last. */
  draw(text: string): void
  /** Lines that stay, above what is drawn. */
  print(text: string): void
}

function openScreen(terminal: Terminal): Screen {
  let drawn = ''
  const clear = (): string => (drawn === '' ? '' : `\u001b[${drawn.split('\n').length}A\u001b[J`)
  return {
    draw(text) {
      if (clear() + text !== '') terminal.out(`${clear()}${text}${text === '' ? '\u001b[1A' : ''}`)
      drawn = text
    },
    print(text) {
      const below = drawn === '' ? '' : `\n${drawn}`
      terminal.out(`${clear()}${text}${below}`)
    },
  }
}
