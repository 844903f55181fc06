/**
 * How much a subject loses by itself, so that noise does not become a verdict. A line that drops 1 % of all probes has
 * three failures in a row once in a million probes, which at 30,000 probes a second is every half minute somewhere. So the
 * share of *isolated* failures is estimated per detector, and the run that counts as failed grows until chance would
 * make one less than once in about 3 × 10⁸ probes. A subject without isolated failures falls after exactly `fall`.
 *
 * Sums over a window are asked a like question: that many lost packets must be no accident (Chernoff's bound on the
 * Poisson tail).
 */
/** A share of isolated failures up to this is not held against `fall` as written. */
const quietRatio = 0.0015
/** A window never takes a loss for a failure that a path with this loss would show by chance. */
const usualLossRatio = 0.01
/** The estimate looks back about a thousand probes; a single failure among them changes nothing. */
const weight = 1 / 1024
/** exp(−18) ≈ 1.5 × 10⁻⁸. */
const surprise = 18

/** The estimate after a good probe that ended `lost` isolated failures (0: none). */
export function noiseAfter(noise: number, lost: number): number {
  if (lost === 0) return noise - noise * weight
  return Math.min(0.5, noise * (1 - weight) ** (lost + 1) + lost * weight)
}

/** Failures in a row that count as failed: `fall`, and more where the subject is noisy; at most three times as many. */
export function neededFall(fall: number, noise: number): number {
  if (noise <= quietRatio) return fall
  const improbable = Math.ceil((3 * Math.log(quietRatio)) / Math.log(noise))
  return Math.max(fall, Math.min(3 * fall, improbable))
}

/**
 * True where `lost` of `sent` packets are more than chance makes of a usual path. Not of this one: what a window looks for
 * is a loss that lasts, and an estimate would soon have learned it.
 */
export function isSignificant(lost: number, sent: number): boolean {
  const expected = sent * usualLossRatio
  return lost > expected && lost * Math.log(lost / expected) - lost + expected >= surprise
}
