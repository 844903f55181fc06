/**
 * Staged changes on pretended monitoring: effects, stages, signs and every decision are the real ones; documents are model
 * values here, and what is out is read back at once where the speaker can be read.
 */
import type { Alarms } from '../../src/health/alarm.ts'
import type { HealthGuards } from '../../src/health/guards.ts'
import { type Progress, type RolloutStep, decideRollout, followProgress } from '../../src/health/rollout.ts'
import { signsOf, unwatchedPops, unwellBefore } from '../../src/health/rollout-signs.ts'
import { effectsOf, planStages } from '../../src/health/rollout-stages.ts'
import type { Verdicts } from '../../src/health/verdict.ts'
import { frozenUntilMs } from '../../src/intent/compile.ts'
import type { Announcement, Intent, PopId } from '../../src/intent/model.ts'
import { type Rollout, isAllOut, outPops } from '../../src/intent/rollout.ts'
import { epoch, rollout } from './builders.ts'

export interface RolloutWorld {
  intent: Intent
  readonly nowMs: number
  readonly verdicts: Verdicts
  readonly alarms: Alarms
  readonly unread: ReadonlySet<PopId>
  readonly guards: HealthGuards
}

export type RolloutOptions = Pick<Rollout, 'settleMs' | 'giveUpMs'> & { readonly canary: readonly PopId[] }

/** The intent with the announcement new, and the Rollout that holds what it was; its first stage is out. */
export function beginRollout(
  { intent, nowMs, verdicts, alarms }: Pick<RolloutWorld, 'intent' | 'nowMs' | 'verdicts' | 'alarms'>,
  announcement: Announcement,
  { canary, ...times }: RolloutOptions,
): { readonly intent: Intent; readonly rollout: Rollout; readonly unwatched: readonly PopId[] } {
  const moment = { epoch, nowMs }
  const { prefix } = announcement
  const before = new Map([[prefix, intent.prefixes.get(prefix)]])
  const whole = { ...intent, prefixes: new Map(intent.prefixes).set(prefix, announcement) }
  const effects = effectsOf(intent, whole, [prefix], moment)
  const sick = unwellBefore(intent, whole, { before, pops: effects.keys() }, { verdicts, alarms }, moment)
  const stages = planStages(effects, { canary, sick: new Set(sick.map(({ pop }) => pop)), loads: new Map() })
  const unwell = new Set(sick.map(({ key }) => key))
  const begun = rollout(intent.prefixes.get(prefix), stages, { prefix, ...times, unwell, startedAtMs: nowMs })
  const unwatched = unwatchedPops(whole, { before, stages }, moment)
  return { intent: withRollout(whole, begun), rollout: begun, unwatched }
}

/** What a step makes of the documents. */
export function takeStep(intent: Intent, rollout: Rollout, step: RolloutStep, nowMs: number): Intent {
  if (step.kind === 'wait') return intent
  if (step.kind === 'rollback') {
    const prefixes = new Map(intent.prefixes)
    for (const [prefix, was] of rollout.before) {
      if (was === undefined) prefixes.delete(prefix)
      else prefixes.set(prefix, was)
    }
    return { ...without(intent, rollout), prefixes }
  }
  return isAllOut(rollout)
    ? without(intent, rollout)
    : withRollout(intent, { ...rollout, stage: rollout.stage + 1, stageAtMs: nowMs })
}

/** Follows the one staged change of a world; what it says is collected. */
export class PretendRollouts {
  #progress: Progress | undefined
  #waits = ''

  /** Forgets what only a leader knows. */
  restart(): void {
    this.#progress = undefined
  }

  follow(world: RolloutWorld): readonly string[] {
    const [rollout] = world.intent.rollouts.values()
    if (rollout === undefined) return []
    const { intent, nowMs, verdicts, alarms, guards } = world
    const unread = [...outPops(rollout)].find((pop) => world.unread.has(pop))
    const standing = {
      frozen: frozenUntilMs(intent, nowMs) !== undefined,
      ...(unread !== undefined && { unproved: `${unread} cannot be read` }),
    }
    this.#progress = followProgress(this.#progress, rollout, standing, nowMs)
    const signs = signsOf(intent, rollout, { verdicts, alarms }, { epoch, nowMs })
    const step = decideRollout(rollout, { progress: this.#progress, signs, ...standing }, nowMs, guards)
    world.intent = takeStep(intent, rollout, step, nowMs)
    if (step.kind === 'wait') {
      if (step.reason === this.#waits) return []
      this.#waits = step.reason
      return [`rollout: waits, ${step.reason}`]
    }
    this.#waits = ''
    const after = world.intent.rollouts.get(rollout.id)
    if (after === undefined) this.#progress = undefined
    return [`rollout: ${step.kind}, ${step.reason}`, ...(after === undefined ? [] : [outText(after)])]
  }
}

export function outText({ stage, stages }: Rollout): string {
  return `rollout: stage ${stage} of ${stages.length} is out at ${stages[stage - 1]?.join(', ')}`
}

function withRollout(intent: Intent, rollout: Rollout): Intent {
  return { ...intent, rollouts: new Map(intent.rollouts).set(rollout.id, rollout), revision: intent.revision + 1 }
}

function without(intent: Intent, { id }: Rollout): Intent {
  const rollouts = new Map(intent.rollouts)
  rollouts.delete(id)
  return { ...intent, rollouts, revision: intent.revision + 1 }
}
