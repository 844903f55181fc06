/**
 * Lost probes of one path: those in a row, those among the last 20, and how many it loses as a rule. The last tells how
 * many in a row cannot be chance.
 */
export interface LossRun {
  readonly streak: number
  /** The last 20 probes, newest in bit 0; 1 is lost. */
  readonly recent: number
  readonly seen: number
  /** What the path loses as a rule: a slow mean in which outages do not count. */
  readonly ratio: number
}

export const lossWindow = 20
const memoryProbes = 2000
/** Nobody is believed to lose less than this: three in a row are then no chance. */
const leastLossRatio = 0.002
const believable = 1.3e-7

export const noLoss: LossRun = { streak: 0, recent: 0, seen: 0, ratio: leastLossRatio }

export function addProbes(run: LossRun, sent: number, answered: number): LossRun {
  if (sent <= 0) return run
  if (answered >= sent && run.recent === 0 && run.seen >= lossWindow)
    return run.ratio <= leastLossRatio ? run : { ...run, ratio: forget(run.ratio, sent, 0) }
  const lost = Math.max(0, sent - answered)
  let recent = run.recent
  for (let i = 0; i < sent; i++) recent = ((recent << 1) | (i < lost ? 1 : 0)) & 0xfffff
  const seen = Math.min(lossWindow, run.seen + sent)
  if (answered <= 0) return { streak: run.streak + sent, recent, seen, ratio: run.ratio }
  const chance = run.streak < deadlyStreak(run.ratio) ? run.streak : 0
  return { streak: 0, recent, seen, ratio: forget(run.ratio, sent + chance, lost + chance) }
}

function forget(ratio: number, sent: number, lost: number): number {
  return Math.max(leastLossRatio, ratio + (lost - sent * ratio) / memoryProbes)
}

/** Lost among the last 20, 0 to 1; of fewer than 20, as if the others had been answered. */
export function recentLossRatio(run: LossRun): number {
  let lost = 0
  for (let bits = run.recent; bits !== 0; bits &= bits - 1) lost++
  return lost / lossWindow
}

/** Losses in a row that are no chance on a path that loses `ratio` as a rule: 3 to 5. */
export function deadlyStreak(ratio: number): number {
  const p = Math.max(leastLossRatio, ratio)
  if (p * p * p <= believable) return 3
  return p * p * p * p <= believable ? 4 : 5
}
