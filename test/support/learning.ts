/** Batches and runs of the path learner, for tests: say only what the case is about. */
import type { NeighborKind } from '../../src/bgp/neighbor.ts'
import type { PopId } from '../../src/intent/model.ts'
import type { ArmBatch, Batch, BudgetLeft, Capacity } from '../../src/learning/batch.ts'
import type { Decision } from '../../src/learning/decision.ts'
import { stepLearner } from '../../src/learning/learner.ts'
import type { Priors } from '../../src/learning/prior.ts'
import { type LearnerSettings, defaultSettings } from '../../src/learning/settings.ts'
import { type LearnerState, newLearner } from '../../src/learning/state.ts'

/** RTT in ms; `lost`: nobody answered; `unknown`: the prober could not measure. */
export type Measured = number | 'lost' | 'unknown'

export interface BatchOptions {
  readonly bgpChoice?: string
  readonly kinds?: Readonly<Record<string, NeighborKind>>
  readonly capacity?: Readonly<Record<string, Capacity>>
  readonly demandBps?: number
  readonly frozen?: boolean
  readonly waiting?: string
  readonly applied?: boolean
  readonly budget?: BudgetLeft
  /** Probes in a batch. */
  readonly probes?: number
}

export function armBatch(path: string, measured: Measured, options: BatchOptions = {}): ArmBatch {
  const probes = options.probes ?? 3
  const capacity = options.capacity?.[path]
  return {
    candidate: { path, kind: options.kinds?.[path] ?? 'transit', ...(capacity !== undefined && { capacity }) },
    sent: measured === 'unknown' ? 0 : probes,
    rttsMs: typeof measured === 'number' ? Array.from({ length: probes }, () => measured) : [],
  }
}

export function batch(atMs: number, paths: Readonly<Record<string, Measured>>, options: BatchOptions = {}): Batch {
  const names = Object.keys(paths)
  return {
    atMs,
    bgpChoice: options.bgpChoice ?? (names[0] as string),
    arms: names.map((path) => armBatch(path, paths[path] as Measured, options)),
    ...(options.demandBps !== undefined && { demandBps: options.demandBps }),
    frozen: options.frozen ?? false,
    ...(options.waiting !== undefined && { waiting: options.waiting }),
    applied: options.applied ?? true,
    budget: options.budget ?? { pop: 2, fleet: 10 },
  }
}

export const subject = { pop: 'fra' as PopId, destination: 'origin-eu' }
export const minuteMs = 60_000

/** One learner under test, its clock, and what it decided. */
export class LearnerRun {
  state: LearnerState = newLearner(subject)
  atMs = 1_700_000_000_000
  readonly decisions: Decision[] = []
  readonly settings: LearnerSettings
  readonly priors: Priors | undefined

  constructor(settings: Partial<LearnerSettings> = {}, priors?: Priors) {
    this.settings = { ...defaultSettings, ...settings }
    this.priors = priors
  }

  /** One batch, `everyMs` after the one before. */
  step(paths: Readonly<Record<string, Measured>>, options: BatchOptions = {}, everyMs = 4 * minuteMs): Decision {
    this.atMs += everyMs
    const { state, decision } = stepLearner(this.state, batch(this.atMs, paths, options), this.settings, this.priors)
    this.state = state
    if (decision.kind !== 'stay') this.decisions.push(decision)
    return decision
  }

  /** The same batch `times` over; ends early at a move. Returns how many batches it took, or `undefined` where none moved. */
  untilMove(
    paths: Readonly<Record<string, Measured>>,
    times: number,
    options: BatchOptions = {},
    everyMs = 4 * minuteMs,
  ): number | undefined {
    for (let i = 1; i <= times; i++) if (this.step(paths, options, everyMs).kind === 'move') return i
    return undefined
  }

  /** A quiet start: every path measured, nothing to gain. */
  settle(paths: Readonly<Record<string, Measured>>, batches = 30, everyMs = 4 * minuteMs): this {
    for (let i = 0; i < batches; i++) this.step(paths, {}, everyMs)
    return this
  }
}
