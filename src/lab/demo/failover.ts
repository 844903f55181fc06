/**
 * A service dies while its POP announces: the agent beside it sees that, automation withdraws the route, and clients are
 * answered elsewhere. Then all that are left die at once, and automation refuses to take the last ones away.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AutomationView } from '../../api/wire/automation.ts'
import type { RouteListView } from '../../api/wire/speaker.ts'
import type { ProofView, RevisionView } from '../../api/wire/revision.ts'
import { automationAuthor } from '../controller.ts'
import type { Failure } from '../running-lab.ts'
import { fall, probeEveryMs } from './monitoring.ts'
import { milliseconds, verdict, wrapped } from './screen.ts'
import { type Catchments, type Stage, caught, flowsBetween, nearlyNone } from './stage.ts'

const withinMs = 30_000
/** Agents start on a machine that may be busy. */
const reportWithinMs = 60_000
const settleMs = 700
/** With 200 ms probes and fall 3. */
const budgetMs = 1500

export interface Death {
  readonly pop: string
  readonly flow: 'udp4' | 'udp6'
  readonly before: Catchments
  readonly after: Catchments
}

export async function serviceDies(stage: Stage, { pop, flow, before, after }: Death): Promise<boolean> {
  const { screen } = stage
  if (!(await watched(stage))) return told(stage, false, 'the agents did not report')
  const head = (await stage.herald.get<{ revisions: readonly RevisionView[] }>('/v1/revisions?limit=1')).revisions[0]
  screen.line(
    `     ${screen.command(`herald lab fail process svc-${pop} respond`)}   ${screen.dim(`kill -9; probed every ${probeEveryMs} ms, ${fall} failures count`)}`,
  )
  const diedAtMs = Date.now()
  await kill(stage, pop)
  const moved = await caught(stage, flow, after, withinMs)
  const flows = await flowsBetween(stage, flow, diedAtMs - 200, Date.now() + settleMs)
  const gapMs = Math.max(...flows.map((one) => one.gapMs))
  const revision = await failoverAfter(stage, head?.revision ?? 0)
  if (revision === undefined) return told(stage, false, 'automation decided nothing')
  printWaterfall(stage, diedAtMs, await stage.herald.proof(revision))
  const bystanders = Object.keys(before).filter((client) => before[client] === after[client])
  const hit = flows.filter(({ client, lost, sent }) => bystanders.includes(client) && !nearlyNone(lost, sent))
  if (!moved) return told(stage, false, `not every client of ${pop} came to be answered elsewhere`)
  if (hit.length > 0)
    return told(
      stage,
      false,
      `lost by others: ${hit.map((one) => `${one.client} ${one.lost} of ${one.sent}`).join(', ')}`,
    )
  const budget = `budget ${milliseconds(budgetMs)}${gapMs > budgetMs ? ', missed on this machine' : ''}`
  const words = `every client of ${pop} is answered elsewhere after at most ${milliseconds(gapMs)} (${budget}), the others as before`
  return told(stage, true, words)
}

/**
 * The rest dies as well: G1, G2 or G3 hold. Where one dies a moment before the others, it may still go, past no floor: of
 * five POPs three stay.
 */
export async function everythingDies(stage: Stage, prefix: string, pops: readonly string[]): Promise<boolean> {
  const { screen, herald } = stage
  for (const pop of pops) screen.line(`     ${screen.command(`herald lab fail process svc-${pop} respond`)}`)
  await Promise.all(pops.map((pop) => kill(stage, pop)))
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const { refusals } = await herald.get<AutomationView>('/v1/automation')
    const held = new Set(
      refusals.flatMap(({ wanted, place }) => (wanted === 'out' && place.kind === 'pop' ? [place.name] : [])),
    )
    const standing = (await announcing(stage, prefix)).filter((pop) => pops.includes(pop))
    if (standing.every((pop) => held.has(pop))) {
      const [first] = refusals
      for (const line of wrapped(`${first?.title}: ${first?.message}`, 95)) screen.line(`     ${line}`)
      const words = `${standing.join(', ')} still announce: a monitoring that is wrong takes nothing off the Internet`
      return told(stage, standing.length >= pops.length - 1, words)
    }
    if (performance.now() > giveUpAt) {
      const silent = standing.filter((pop) => !held.has(pop)).join(', ')
      return told(stage, false, `automation did not say that it holds ${silent}`)
    }
    await sleep(100)
  }
}

/** Services answer again. */
export async function revive({ lab }: Stage, pops: readonly string[]): Promise<void> {
  await Promise.all(pops.map((pop) => lab.heal(serviceOf(pop))))
}

async function announcing({ herald }: Stage, prefix: string): Promise<readonly string[]> {
  const { routes } = await herald.get<RouteListView>(`/v1/routes?prefix=${encodeURIComponent(prefix)}`)
  return [...new Set(routes.flatMap(({ pop, observed }) => (observed === undefined ? [] : [pop])))]
}

async function kill({ lab }: Stage, pop: string): Promise<void> {
  await lab.fail(serviceOf(pop))
}

function serviceOf(pop: string): Failure {
  return { kind: 'process', node: `svc-${pop}`, process: 'respond' }
}

/** Every agent has said that its service is well. */
async function watched({ herald }: Stage): Promise<boolean> {
  const giveUpAt = performance.now() + reportWithinMs
  while (performance.now() < giveUpAt) {
    const { checks } = await herald.get<{ checks: readonly { state: string }[] }>('/v1/checks')
    if (checks.length > 0 && checks.every(({ state }) => state === 'healthy')) return true
    await sleep(100)
  }
  return false
}

async function failoverAfter({ herald }: Stage, head: number): Promise<number | undefined> {
  const { revisions } = await herald.get<{ revisions: readonly RevisionView[] }>('/v1/revisions?limit=10')
  return revisions.toReversed().find(({ revision, author }) => revision > head && author === automationAuthor)?.revision
}

function printWaterfall({ screen }: Stage, diedAtMs: number, proof: ProofView): void {
  const acceptedMs = Date.parse(proof.acceptedAt) - diedAtMs
  const after = (ms: number | undefined) => (ms === undefined ? undefined : acceptedMs + ms)
  const last = (stage: 'pushedMs' | 'ribMs' | 'adjOutMs') =>
    Math.max(...proof.speakers.map((one) => one[stage] ?? Number.NaN))
  const { detection } = proof
  const stages: readonly (readonly [string, number | undefined])[] = [
    ['the probe that completed the verdict was sent', after(detection?.sentMs)],
    ['decided', after(detection?.decidedMs)],
    ['committed as a revision of herald:failover', acceptedMs],
    ['planned', after(proof.plannedMs)],
    ['pushed', after(last('pushedMs'))],
    ['out of the RIB', after(last('ribMs'))],
    ['out of every adj-out', after(last('adjOutMs'))],
  ]
  for (const [what, ms] of stages) screen.line(`     ${what.padEnd(60)} ${milliseconds(ms).padStart(10)}`)
}

function told({ screen }: Stage, proved: boolean, words: string): boolean {
  screen.line(`     ${verdict(screen, proved)}: ${words}`)
  return proved
}
