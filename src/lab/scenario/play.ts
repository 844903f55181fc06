/**
 * Plays a scenario on a running lab, under traffic. Each line is told as it is done, with what was measured. The first
 * line that is not so ends it; what failed or was impaired is healed in any case.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { herald, renewController } from '../controller.ts'
import type { Failure, Output } from '../running-lab.ts'
import type { Expectation } from './expectation.ts'
import { forwardingText, serviceRouteChanges } from './forwarding.ts'
import { type Measured, type Verdict, judge } from './judge.ts'
import { asksController, look } from './look.ts'
import { beginMeasurement } from './measure.ts'
import type { Scenario, Step } from './script.ts'
import type { Stage } from './stage.ts'

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
/** Where each look starts a command, which takes the processor from what is measured. */
const askPollMs = 250

/** Resolves with whether every line was so. */
export async function play(stage: Stage, scenario: Scenario, onPlayed: (played: Played) => void): Promise<boolean> {
  const player = new Player(stage, scenario, onPlayed)
  try {
    return await player.all(scenario.steps)
  } finally {
    await player.healAll()
  }
}

class Player {
  readonly #stage: Stage
  readonly #scenario: Scenario
  readonly #onPlayed: (played: Played) => void
  readonly #failed: Failure[] = []
  readonly #impaired = new Set<string>()
  readonly #senders: { end(): Promise<void> }[] = []
  #tried: Output = { stdout: '', stderr: '', code: 0 }
  /** While a block is judged. */
  #measured: Measured | undefined

  constructor(stage: Stage, scenario: Scenario, onPlayed: (played: Played) => void) {
    this.#stage = stage
    this.#scenario = scenario
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
    for (const sender of this.#senders) await sender.end()
    for (const endpoint of this.#impaired) await this.#stage.lab.impair(endpoint, undefined)
    for (const failure of this.#failed.toReversed()) await this.#stage.lab.heal(failure)
  }

  async #during({ line, text, steps }: Extract<Step, { readonly kind: 'during' }>): Promise<boolean> {
    const judged = steps.flatMap((step) => (step.kind === 'judge' ? [step.judgement] : []))
    const measurement = await beginMeasurement(this.#stage, judged)
    this.#onPlayed({ line, text, ok: true, measured: '', tookMs: 0 })
    await sleep(leadMs)
    if (!(await this.all(steps.filter(({ kind }) => kind !== 'judge')))) return false
    await sleep(tailMs)
    this.#measured = await measurement.end(Date.now())
    // Every line is judged, so that a failure shows all that was measured.
    let ok = true
    for (const step of steps) if (step.kind === 'judge') ok = (await this.all([step])) && ok
    this.#measured = undefined
    return ok
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
      case 'apply': {
        const input = await readFile(join(this.#scenario.folder, step.file), 'utf8')
        return this.#herald(['apply', '-f', '-', ...step.words], input)
      }
      case 'renew':
        await renewController(lab)
        return done
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
      case 'traffic':
        this.#senders.push(await this.#stage.traffic.send(step.from, step.to))
        return done
      case 'wait':
        await sleep(step.forMs)
        return done
      case 'expect': {
        const everyMs = asksController(step.expectation) ? askPollMs : pollMs
        const verdict = await until(step.withinMs, () => this.#look(step.expectation), everyMs)
        if (verdict.ok || step.expectation.kind !== 'catchment') return verdict
        const forwarding = forwardingText(serviceRouteChanges(this.#stage), Date.now())
        return { ok: false, measured: `${verdict.measured}\n${forwarding}` }
      }
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

  async #herald(words: readonly string[], input?: string): Promise<Verdict> {
    const options = input === undefined ? {} : { input }
    const { code, stdout, stderr } = await herald(this.#stage.lab, this.#withReason(words), options)
    if (code === 0) return { ok: true, measured: stdout.trim().split('\n').at(-1) ?? '' }
    return { ok: false, measured: `exit ${code}: ${(stderr.trim() || stdout.trim()).slice(0, 600)}` }
  }

  /** Every write has a reason; here it is the scenario. */
  #withReason(words: readonly string[]): readonly string[] {
    if (!writes.has(words[0] ?? '') || words.includes('--reason') || words.includes('--dry-run')) return words
    return [...words, '--reason', `scenario ${this.#scenario.name}`, '--yes']
  }

  async #look(expectation: Expectation): Promise<Verdict> {
    switch (expectation.kind) {
      case 'exit':
        return { ok: this.#tried.code === expectation.code, measured: `exit ${this.#tried.code}: ${said(this.#tried)}` }
      case 'output':
        return { ok: said(this.#tried).includes(expectation.text), measured: said(this.#tried) }
      default:
        return look(this.#stage, expectation)
    }
  }
}

const writes = new Set([
  'apply',
  'publish',
  'withdraw',
  'drain',
  'undrain',
  'override',
  'freeze',
  'unfreeze',
  'go',
  'undo',
  'restore',
  'prefer',
])
const done: Verdict = { ok: true, measured: '' }

function said({ stdout, stderr }: Output): string {
  return `${stdout}\n${stderr}`.trim()
}

/** Looks at least once, and again until it is so or the time is over. */
async function until(withinMs: number, glance: () => Promise<Verdict>, everyMs = pollMs): Promise<Verdict> {
  const startedAt = performance.now()
  for (;;) {
    const verdict = await glance()
    const spentMs = performance.now() - startedAt
    if (verdict.ok || spentMs > withinMs) return verdict
    await sleep(everyMs)
  }
}
