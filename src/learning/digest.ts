/**
 * A day of batches every three seconds is too much to keep, and more than a nightly replay needs: batches of four minutes
 * become one digest, with the median of what each path answered and every loss counted.
 */
import type { ArmBatch, Batch } from './batch.ts'
import { median } from './cost.ts'

export const digestMs = 240_000
/** A week, at one in four minutes. */
export const digestsKept = 2520

/** Plain data, small. */
export interface Digest {
  readonly atMs: number
  readonly bgpChoice: string
  readonly frozen: boolean
  readonly arms: readonly DigestArm[]
}

interface DigestArm extends Pick<ArmBatch, 'candidate' | 'jitterMs'> {
  readonly sent: number
  readonly answered: number
  /** Median of the batches' medians; absent: nobody answered. */
  readonly rttMs?: number
}

/** Batches of one place that will become a digest; not stored, so that a restart loses four minutes at most. */
export type Gathering = readonly Batch[]

/** @returns the digest where the batches so far are enough for one, and what goes on from there */
export function gather(batches: Gathering, batch: Batch): { readonly gathering: Gathering; readonly digest?: Digest } {
  const [first] = batches
  if (first === undefined || batch.atMs - first.atMs < digestMs) return { gathering: [...batches, batch] }
  return { gathering: [batch], digest: digestOf(batches) }
}

function digestOf(batches: Gathering): Digest {
  const last = batches.at(-1) as Batch
  return {
    atMs: last.atMs,
    bgpChoice: last.bgpChoice,
    frozen: last.frozen,
    arms: last.arms.map(({ candidate }) => digestArm(candidate, batches)),
  }
}

function digestArm(candidate: ArmBatch['candidate'], batches: Gathering): DigestArm {
  const arms = batches.flatMap((batch) => batch.arms.find((arm) => arm.candidate.path === candidate.path) ?? [])
  const medians = arms.flatMap(({ rttsMs }) => (rttsMs.length === 0 ? [] : [median(rttsMs)]))
  const jitters = arms.flatMap(({ jitterMs }) => jitterMs ?? [])
  return {
    candidate,
    sent: arms.reduce((sum, { sent }) => sum + sent, 0),
    answered: arms.reduce((sum, { sent, rttsMs }) => sum + Math.min(sent, rttsMs.length), 0),
    ...(medians.length > 0 && { rttMs: median(medians) }),
    ...(jitters.length > 0 && { jitterMs: jitters.reduce((sum, one) => sum + one, 0) / jitters.length }),
  }
}

/** As many as the learner looks back on for losses (loss.ts). */
const probesReplayed = 20

/**
 * As batches to be replayed, of 20 probes each: the losses of a path are kept in proportion, fractions carried on to its next
 * batch. Budgets are of the moment and do not count there.
 */
export function batchesOf(digests: readonly Digest[]): readonly Batch[] {
  const owed = new Map<string, number>()
  return digests.map(({ atMs, bgpChoice, frozen, arms }) => ({
    atMs,
    bgpChoice,
    frozen,
    applied: true,
    budget: { pop: 1, fleet: 1 },
    arms: arms.map((arm) => replayedArm(arm, owed)),
  }))
}

function replayedArm({ candidate, sent, answered, rttMs, jitterMs }: DigestArm, owed: Map<string, number>): ArmBatch {
  const probes = Math.min(sent, probesReplayed)
  if (probes === 0 || rttMs === undefined) return { candidate, sent: probes, rttsMs: [] }
  const lost = (owed.get(candidate.path) ?? 0) + (probes * (sent - answered)) / sent
  const whole = Math.min(probes - 1, Math.floor(lost))
  owed.set(candidate.path, lost - whole)
  const rttsMs = Array<number>(probes - whole).fill(rttMs)
  return { candidate, sent: probes, rttsMs, ...(jitterMs !== undefined && { jitterMs }) }
}
