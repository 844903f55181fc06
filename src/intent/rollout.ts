/**
 * A staged change (G5): an overlay on Prefix documents that are new already. It holds what each of them said before, and
 * how many of its stages are out; at POPs whose stage is not out, what was said before counts. The last stage has whatever
 * no stage names. Advancing, finishing and rolling back are changes of documents like any other.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { Announcement, PopId } from './model.ts'

export interface Rollout {
  readonly id: string
  /** What each changed prefix was; undefined: it had no document. */
  readonly before: ReadonlyMap<Prefix, Announcement | undefined>
  /** POPs that each stage adds, the canary first. */
  readonly stages: readonly (readonly PopId[])[]
  /** How many stages are out: 1 to all of them. */
  readonly stage: number
  /** How long each stage is watched and must stay well before the next. */
  readonly settleMs: number
  /** How long a stage may take before all of it is rolled back. */
  readonly giveUpMs: number
  /** What was unwell before the change (keys of health/rollout-signs): no fault of it, and no proof for it. */
  readonly unwell: ReadonlySet<string>
  /** A person let it go on where no check watches. */
  readonly ungated: boolean
  /** A person accepted that the change as a whole breaks floors (G1) or takes much away (G4). */
  readonly forced: boolean
  readonly startedAtMs: number
  /** When its latest stage went out. */
  readonly stageAtMs: number
  readonly author: string
  readonly reason: string
}

/** POPs whose stage is out. */
export function outPops({ stages, stage }: Pick<Rollout, 'stages' | 'stage'>): ReadonlySet<PopId> {
  return new Set(stages.slice(0, stage).flat())
}

/** All stages are out: nothing of what was before counts anywhere. */
export function isAllOut({ stages, stage }: Pick<Rollout, 'stages' | 'stage'>): boolean {
  return stage >= stages.length
}

/** `stage 2 of 3 of Rollout/x`, for the stage that a POP waits for; undefined: what is new counts there. */
export function waitsForStage(rollout: Rollout, pop: PopId): string | undefined {
  const { id, stages, stage } = rollout
  if (isAllOut(rollout) || outPops(rollout).has(pop)) return undefined
  const named = stages.findIndex((pops) => pops.includes(pop))
  return `stage ${named < 0 ? stages.length : named + 1} of ${stages.length} of Rollout/${id}, ${stage} of which ${stage === 1 ? 'is' : 'are'} out`
}
