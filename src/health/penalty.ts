/**
 * Flap damping of verdicts, after RFC 2439 §4.2: every turn to sick adds to a penalty that decays with a half-life.
 * Above the suppress limit a subject is damped: its traffic does not come back, however well it looks, until the
 * penalty has decayed below the reuse limit. Damping never keeps traffic at a sick place; it only delays the return.
 * A ceiling bounds the longest suppression (RFC 2439 §4.8.2).
 */

export interface DampingRules {
  /** Added by every turn from healthy to sick. */
  readonly perFlap: number
  readonly halfLifeMs: number
  /** A penalty of at least this much suppresses. */
  readonly suppress: number
  /** Below this the suppression ends. */
  readonly reuse: number
  /** Longest suppression after the last flap. */
  readonly maxSuppressMs: number
}

export const defaultDamping: DampingRules = {
  perFlap: 1000,
  halfLifeMs: 300_000,
  suppress: 2500,
  reuse: 1000,
  maxSuppressMs: 1_200_000,
}

/** A penalty as it was at `atMs`; it decays from there. */
export interface Penalty {
  readonly value: number
  readonly atMs: number
  /** Damped until then, ms since the epoch; absent: not damped. May lie in the past. */
  readonly suppressedUntilMs?: number
}

export const noPenalty: Penalty = { value: 0, atMs: 0 }

/** What is left of it, at least 0. A clock that steps back does not make it grow. */
export function penaltyAt(penalty: Penalty, nowMs: number, { halfLifeMs }: DampingRules = defaultDamping): number {
  return penalty.value * 2 ** (-Math.max(0, nowMs - penalty.atMs) / halfLifeMs)
}

export function isDamped(penalty: Penalty, nowMs: number): boolean {
  return penalty.suppressedUntilMs !== undefined && nowMs < penalty.suppressedUntilMs
}

/** The penalty after one more flap. */
export function flapped(penalty: Penalty, nowMs: number, rules: DampingRules = defaultDamping): Penalty {
  const ceiling = rules.reuse * 2 ** (rules.maxSuppressMs / rules.halfLifeMs)
  const value = Math.min(ceiling, penaltyAt(penalty, nowMs, rules) + rules.perFlap)
  if (value < rules.suppress && !isDamped(penalty, nowMs)) return { value, atMs: nowMs }
  const decayMs = Math.max(0, rules.halfLifeMs * Math.log2(value / rules.reuse))
  return { value, atMs: nowMs, suppressedUntilMs: nowMs + Math.ceil(decayMs) }
}
