/**
 * Staged changes on their way (G5), looked at with every decision of automation: one step is committed at a time, and what
 * each waits for is told. Everything that decides is in documents, verdicts and what was read back; a new leader goes on
 * from there, and watches the stage that is out from the beginning.
 */
import type { Alarms } from '../../health/alarm.ts'
import type { Condition } from '../../health/failover-input.ts'
import {
  type Progress,
  type RolloutLook,
  type RolloutStep,
  decideRollout,
  followProgress,
} from '../../health/rollout.ts'
import { signsOf } from '../../health/rollout-signs.ts'
import type { Verdicts } from '../../health/verdict.ts'
import { frozenUntilMs } from '../../intent/compile.ts'
import { type Rollout, outPops } from '../../intent/rollout.ts'
import { inOrder } from '../../intent/select.ts'
import { rolloutAuthor } from '../../plan/review-rollout.ts'
import type { RolloutState } from '../../store/rollouts.ts'
import type { Lease } from '../../store/store.ts'
import type { PlannerView } from '../planner.ts'
import type { HealthDeps } from './engine.ts'
import { type Step, commitStep } from './rollout-commit.ts'

/** How long an alarm tells of a change that was rolled back. */
const toldForMs = 3_600_000
const revisionsRead = 100

interface RolledBack {
  readonly id: string
  readonly atMs: number
  readonly reason: string
  readonly prefixes: readonly string[]
}

export class Rollouts {
  readonly #deps: HealthDeps
  readonly #lease: Lease
  readonly #progress = new Map<string, Progress>()
  /** Steps that review refused when they were last wanted, by rollout. */
  readonly #refused = new Map<string, Condition>()
  #rolledBack: RolledBack[] = []
  #told = '[]'

  constructor(deps: HealthDeps, lease: Lease) {
    this.#deps = deps
    this.#lease = lease
  }

  /** What an earlier leader rolled back, and what it told of what runs. */
  async load(nowMs: number): Promise<void> {
    const { revisions, health } = this.#deps.store
    this.#told = JSON.stringify(await health.rollouts())
    const latest = await revisions.list({ limit: revisionsRead })
    for (const { author, command, reason, atMs, changes } of latest.toReversed()) {
      const id = /^rollout roll back (.+)$/.exec(command)?.[1]
      if (author !== rolloutAuthor || id === undefined || nowMs - atMs >= toldForMs) continue
      const prefixes = changes.flatMap(({ key }) => (key.startsWith('Prefix/') ? [key.slice('Prefix/'.length)] : []))
      this.#rolledBack.push({ id, atMs, reason, prefixes })
    }
  }

  /** True where any runs: then it is looked at as often as what is sick. */
  runs({ intent }: Pick<PlannerView, 'intent'>): boolean {
    return intent.rollouts.size > 0
  }

  /** Commits the next step of the first that has one. @returns true where documents changed, here or by somebody else */
  async follow(view: PlannerView, verdicts: Verdicts, nowMs: number): Promise<boolean> {
    const { rollouts } = view.intent
    for (const id of this.#progress.keys()) if (!rollouts.has(id)) this.#forget(id)
    const alarms = rollouts.size > 0 ? await this.#deps.store.health.alarms() : new Map()
    const states: RolloutState[] = []
    let changed = false
    for (const rollout of inOrder(rollouts)) {
      const state = await this.#look(view, rollout, { verdicts, alarms }, nowMs)
      if (state === 'changed') {
        changed = true
        break
      }
      states.push(state)
    }
    this.#deps.observeRollouts(rollouts.size, slowestStage(rollouts.values(), nowMs))
    if (!changed) await this.#tell(states)
    return changed
  }

  conditions(nowMs: number): readonly Condition[] {
    this.#rolledBack = this.#rolledBack.filter(({ atMs }) => nowMs - atMs < toldForMs)
    return [...this.#refused.values(), ...this.#rolledBack.map(rolledBackCondition)]
  }

  async #look(
    view: PlannerView,
    rollout: Rollout,
    seen: { readonly verdicts: Verdicts; readonly alarms: Alarms },
    nowMs: number,
  ): Promise<RolloutState | 'changed'> {
    const { intent, epoch } = view
    const frozen = frozenUntilMs(intent, Math.max(nowMs, view.nowMs)) !== undefined
    const unproved = notReadBack(view, rollout)
    const standing = { frozen, ...(unproved !== undefined && { unproved }) }
    const progress = followProgress(this.#progress.get(rollout.id), rollout, standing, nowMs)
    this.#progress.set(rollout.id, progress)
    const signs = signsOf(intent, rollout, seen, { epoch, nowMs })
    const look: RolloutLook = { progress, signs, ...standing }
    const wait = await this.#carryOut(view, rollout, look, nowMs)
    if (wait === undefined) return 'changed'
    const { provedAtMs } = progress
    return {
      id: rollout.id,
      stage: rollout.stage,
      ...(provedAtMs !== undefined && { provedAtMs }),
      waitsFor: wait.reason,
      ...(wait.untilMs !== undefined && { untilMs: wait.untilMs }),
    }
  }

  /** Decides, and commits what was decided; a step that review refuses is waited for until it is given up. */
  async #carryOut(
    view: PlannerView,
    rollout: Rollout,
    look: RolloutLook,
    nowMs: number,
  ): Promise<Extract<RolloutStep, { readonly kind: 'wait' }> | undefined> {
    const wanted = decideRollout(rollout, look, nowMs)
    if (wanted.kind === 'wait') {
      this.#refused.delete(rollout.id)
      return wanted
    }
    const refused = await this.#take(view, rollout, wanted, nowMs)
    if (refused === undefined) return undefined
    const instead: RolloutStep =
      wanted.kind === 'rollback'
        ? { kind: 'wait', reason: `the way back is refused: ${refused}` }
        : decideRollout(rollout, { ...look, refused }, nowMs)
    if (instead.kind === 'wait') return instead
    const again = await this.#take(view, rollout, instead, nowMs)
    return again === undefined ? undefined : { kind: 'wait', reason: `the way back is refused: ${again}` }
  }

  /** @returns why review refused it; undefined: it is committed, or somebody else was faster */
  async #take(view: PlannerView, rollout: Rollout, step: Step, nowMs: number): Promise<string | undefined> {
    const { id } = rollout
    const outcome = await commitStep(this.#deps, view, rollout, step, nowMs)
    if (outcome.kind === 'refused') {
      this.#refused.set(id, refusedCondition(rollout, step, outcome.message))
      return outcome.message
    }
    this.#refused.delete(id)
    if (outcome.kind === 'stale') return undefined
    this.#deps.observeRolloutStep(step.kind)
    if (step.kind === 'rollback')
      this.#rolledBack.push({ id, atMs: nowMs, reason: step.reason, prefixes: [...rollout.before.keys()] })
    return undefined
  }

  #forget(id: string): void {
    this.#progress.delete(id)
    this.#refused.delete(id)
  }

  async #tell(states: readonly RolloutState[]): Promise<void> {
    const text = JSON.stringify(states)
    if (text === this.#told) return
    await this.#deps.store.health.tellRollouts(this.#lease.fence, states)
    this.#told = text
  }
}

/** Above 1 the stage is neither out nor back: a freeze holds it, its way back is refused, or a new leader watches it anew. */
function slowestStage(rollouts: Iterable<Rollout>, nowMs: number): number {
  return Math.max(0, ...Array.from(rollouts, ({ stageAtMs, giveUpMs }) => (nowMs - stageAtMs) / giveUpMs))
}

function notReadBack(view: PlannerView, rollout: Rollout): string | undefined {
  const pops = outPops(rollout)
  for (const prefix of rollout.before.keys()) {
    const problem = view.notReadBack(prefix, pops)
    if (problem !== undefined) return problem
  }
  return undefined
}

function rolledBackCondition({ id, reason, prefixes }: RolledBack): Condition {
  const [only] = prefixes
  return {
    kind: 'rollout-rolled-back',
    subject: `rollout/${id}`,
    severity: 'warning',
    message: `the staged change ${id} was rolled back: ${reason}`,
    labels: { rollout: id, ...(prefixes.length === 1 && only !== undefined && { prefix: only }) },
  }
}

function refusedCondition({ id }: Rollout, { kind }: Step, message: string): Condition {
  const what = { advance: 'its next stage', done: 'its end', rollback: 'its way back' }[kind]
  return {
    kind: 'rollout-refused',
    subject: `rollout/${id}`,
    severity: kind === 'rollback' ? 'critical' : 'warning',
    message: `the staged change ${id} does not get ${what}: ${message}`,
    labels: { rollout: id },
  }
}
