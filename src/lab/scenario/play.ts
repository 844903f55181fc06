/**
 * Plays a scenario on a running lab, under traffic. Each line is told as it is done, with what was measured. The first
 * line that is not so ends it; what failed or was impaired is healed in any case.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProofView, RevisionView } from '../../api/wire/revision.ts'
import { contains, parsePrefix } from '../../bgp/prefix.ts'
import { fleetTrouble, herald, readRevision } from '../controller.ts'
import { type NodeAddresses, readNodeAddresses } from '../node-addresses.ts'
import type { Failure, Output, RunningLab } from '../running-lab.ts'
import { type RouteWatch, watchRoutes } from '../traffic/route-watch.ts'
import { type Traffic, startTraffic } from '../traffic/traffic.ts'
import type { Expectation } from './expectation.ts'
import { type Measured, type Verdict, judge } from './judge.ts'
import type { Scenario, Step } from './script.ts'

export interface Stage {
  readonly lab: RunningLab
  readonly traffic: Traffic
  readonly routes: RouteWatch
  readonly addresses: NodeAddresses
  close(): Promise<void>
}

/** One line of a scenario, done. */
export interface Played {
  readonly line: number
  readonly text: string
  readonly ok: boolean
  readonly measured: string
  /** How long the line took. */
  readonly tookMs: number
}

/** Before and after what is done in a block, so that it is measured whole. */
const leadMs = 300
const tailMs = 800
const pollMs = 100
/** What `expect catchment` looks at: [now - 400, now - 100); answers are here by then. */
const lookBackMs = 400
const notYetMs = 100

export async function openStage(lab: RunningLab): Promise<Stage> {
  const addresses = await readNodeAddresses(lab)
  const routes = watchRoutes(lab, addresses)
  const traffic = await startTraffic(lab)
  return {
    lab,
    traffic,
    routes,
    addresses,
    async close() {
      await Promise.all([routes.stop(), traffic.stop()])
    },
  }
}

/** Resolves with whether every line was so. */
export async function play(stage: Stage, scenario: Scenario, onPlayed: (played: Played) => void): Promise<boolean> {
  const player = new Player(stage, scenario.name, onPlayed)
  try {
    return await player.all(scenario.steps)
  } finally {
    await player.healAll()
  }
}

class Player {
  readonly #stage: Stage
  readonly #name: string
  readonly #onPlayed: (played: Played) => void
  readonly #failed: Failure[] = []
  readonly #impaired = new Set<string>()
  #tried: Output = { stdout: '', stderr: '', code: 0 }
  /** While a block is judged. */
  #measured: Measured | undefined

  constructor(stage: Stage, name: string, onPlayed: (played: Played) => void) {
    this.#stage = stage
    this.#name = name
    this.#onPlayed = onPlayed
  }

  async all(steps: readonly Step[]): Promise<boolean> {
    for (const step of steps) {
      if (step.kind === 'during') {
        if (!(await this.#during(step))) return false
        continue
      }
      const startedAt = performance.now()
      const { ok, measured } = await this.#do(step)
      const tookMs = performance.now() - startedAt
      this.#onPlayed({ line: step.line, text: step.text, ok, measured, tookMs })
      if (!ok) return false
    }
    return true
  }

  async healAll(): Promise<void> {
    for (const endpoint of this.#impaired) await this.#stage.lab.impair(endpoint, undefined)
    for (const failure of this.#failed.toReversed()) await this.#stage.lab.heal(failure)
  }

  async #during({ line, text, steps }: Extract<Step, { readonly kind: 'during' }>): Promise<boolean> {
    const { traffic, routes } = this.#stage
    const before = await this.#headRevision()
    this.#onPlayed({ line, text, ok: true, measured: '', tookMs: 0 })
    const fromMs = Date.now()
    await sleep(leadMs)
    if (!(await this.all(steps.filter(({ kind }) => kind !== 'judge')))) return false
    await sleep(tailMs)
    const toMs = Date.now()
    await traffic.settled(toMs)
    this.#measured = {
      flows: traffic.report(fromMs, toMs),
      routeChanges: routes.changes.filter(({ atMs, prefix }) => atMs >= fromMs && atMs < toMs && this.#serves(prefix)),
      proofs: await this.#proofsSince(before),
    }
    // Every line is judged, so that a failure shows all that was measured.
    let ok = true
    for (const step of steps) if (step.kind === 'judge') ok = (await this.all([step])) && ok
    this.#measured = undefined
    return ok
  }

  /** Of the service, and not of the lab's own links. */
  #serves(text: string): boolean {
    const prefix = parsePrefix(text)
    if (!prefix.ok) return false
    return this.#stage.traffic.addresses.some((address) => {
      const host = parsePrefix(`${address}/${address.includes(':') ? 128 : 32}`)
      return host.ok && contains(prefix.value, host.value)
    })
  }

  async #do(step: Exclude<Step, { readonly kind: 'during' }>): Promise<Verdict> {
    const { lab } = this.#stage
    switch (step.kind) {
      case 'herald':
        return this.#herald(step.words)
      case 'try':
        this.#tried = await herald(lab, this.#withReason(step.words))
        return { ok: true, measured: `exit ${this.#tried.code}` }
      case 'eventually':
        return until(step.withinMs, () => this.#herald(step.words))
      case 'fail':
        this.#failed.push(step.failure)
        await lab.fail(step.failure)
        return done
      case 'heal':
        await lab.heal(step.failure)
        this.#forget(step.failure)
        return done
      case 'impair':
        this.#impaired.add(step.endpoint)
        await lab.impair(step.endpoint, step.impairment)
        return done
      case 'wait':
        await sleep(step.forMs)
        return done
      case 'expect':
        return until(step.withinMs, () => this.#look(step.expectation))
      case 'judge':
        if (this.#measured === undefined) throw new Error('a judgement outside a block')
        return judge(step.judgement, this.#measured)
    }
  }

  #forget(failure: Failure): void {
    const text = JSON.stringify(failure)
    const at = this.#failed.findIndex((one) => JSON.stringify(one) === text)
    if (at >= 0) this.#failed.splice(at, 1)
  }

  async #herald(words: readonly string[]): Promise<Verdict> {
    const { code, stdout, stderr } = await herald(this.#stage.lab, this.#withReason(words))
    if (code === 0) return { ok: true, measured: stdout.trim().split('\n').at(-1) ?? '' }
    return { ok: false, measured: `exit ${code}: ${(stderr.trim() || stdout.trim()).slice(0, 600)}` }
  }

  /** Every write has a reason; here it is the scenario. */
  #withReason(words: readonly string[]): readonly string[] {
    if (!writes.has(words[0] ?? '') || words.includes('--reason') || words.includes('--dry-run')) return words
    return [...words, '--reason', `scenario ${this.#name}`, '--yes']
  }

  async #look(expectation: Expectation): Promise<Verdict> {
    switch (expectation.kind) {
      case 'catchment':
        return lookAtCatchment(this.#stage.traffic, expectation.client, expectation.pop)
      case 'route':
        return lookAtRoute(this.#stage, expectation)
      case 'fleet-well': {
        const trouble = await fleetTrouble(this.#stage.lab)
        return { ok: trouble === undefined, measured: trouble ?? 'every speaker and session' }
      }
      case 'exit':
        return { ok: this.#tried.code === expectation.code, measured: `exit ${this.#tried.code}: ${said(this.#tried)}` }
      case 'output':
        return { ok: said(this.#tried).includes(expectation.text), measured: said(this.#tried) }
    }
  }

  /** Undefined where the controller does not answer. */
  async #headRevision(): Promise<number | undefined> {
    return (await this.#revisions(1))?.[0]?.revision
  }

  async #revisions(limit: number): Promise<readonly RevisionView[] | undefined> {
    const { code, stdout } = await herald(this.#stage.lab, ['history', '-n', String(limit), '-o', 'json'], 5000)
    return code === 0 ? (JSON.parse(stdout) as readonly RevisionView[]) : undefined
  }

  async #proofsSince(before: number | undefined): Promise<readonly ProofView[]> {
    if (before === undefined) return []
    const made = ((await this.#revisions(20)) ?? []).filter(({ revision }) => revision > before)
    const found = await Promise.all(made.map(({ revision }) => readRevision(this.#stage.lab, revision)))
    return found.flatMap((revision) => (revision?.proof === undefined ? [] : [revision.proof]))
  }
}

const writes = new Set(['publish', 'withdraw', 'drain', 'undrain', 'override', 'freeze', 'unfreeze', 'undo', 'restore'])
const done: Verdict = { ok: true, measured: '' }

function said({ stdout, stderr }: Output): string {
  return `${stdout}\n${stderr}`.trim()
}

/** Looks at least once, and again until it is so or the time is over. */
async function until(withinMs: number, look: () => Promise<Verdict>): Promise<Verdict> {
  const startedAt = performance.now()
  for (;;) {
    const verdict = await look()
    const spentMs = performance.now() - startedAt
    if (verdict.ok || spentMs > withinMs) return verdict
    await sleep(pollMs)
  }
}

async function lookAtCatchment(traffic: Traffic, client: string, pop: string | undefined): Promise<Verdict> {
  const nowMs = Date.now()
  const seen = traffic.logs
    .filter((log) => log.client === client && log.flow.startsWith('udp'))
    .map(({ flow, intervalMs, between }) => {
      const answered = between(nowMs - lookBackMs, nowMs - notYetMs).filter(({ rttMs }) => rttMs !== undefined)
      const by = [...new Set(answered.map((packet) => packet.pop ?? 'unnamed'))]
      const enough = answered.length >= (0.8 * (lookBackMs - notYetMs)) / intervalMs
      return { flow, by, ok: pop === undefined ? answered.length === 0 : enough && by.join() === pop }
    })
  const measured = seen.map(({ flow, by }) => `${flow} by ${by.join(' and ') || 'nobody'}`).join(', ')
  return { ok: seen.length > 0 && seen.every(({ ok }) => ok), measured }
}

interface KernelRoute {
  readonly gateway?: string
  readonly nexthops?: readonly { readonly gateway?: string }[]
}

async function lookAtRoute(
  { lab, addresses }: Stage,
  { node, prefix, via }: Extract<Expectation, { readonly kind: 'route' }>,
): Promise<Verdict> {
  const family = prefix.includes(':') ? '-6' : '-4'
  const { code, stdout, stderr } = await lab.exec(node, ['ip', family, '-j', 'route', 'show', prefix])
  if (code !== 0) return { ok: false, measured: stderr.trim() }
  const routes = JSON.parse(stdout === '' ? '[]' : stdout) as readonly KernelRoute[]
  const hops = routes
    .flatMap(({ gateway, nexthops = [] }) => [gateway, ...nexthops.map((hop) => hop.gateway)])
    .flatMap((hop) => (hop === undefined ? [] : [addresses.get(hop)?.node ?? hop]))
  return { ok: via === undefined ? routes.length === 0 : hops.join() === via, measured: hops.join(' and ') || 'none' }
}
