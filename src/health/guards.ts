/**
 * The guards of automation, by name. All are always on: no setting, document or flag turns one off. They are an argument
 * only so that a test can run a scenario with one guard missing and see the accident that it prevents.
 */
export const healthGuardNames = [
  /** G1: automation leaves a prefix at its floor. */
  'floor',
  /** G2: at most one POP, or 5 % of all announcements, in five minutes; then a freeze. */
  'breaker',
  /** G3: POPs that fail together make the observer suspect. */
  'correlation',
  /** G3 in the small: an agent that sees everything fail is suspected itself. */
  'agent',
  /** G5: a staged change goes on only where probes are good, and goes back where they are not. */
  'rollout',
  /** G9: an agent that hears no controller changes nothing unless the prefix's lease says so. */
  'lease',
  /** G9: what is unknown moves no route, in either direction. */
  'unknown',
  /** G11: a freeze stops automation. */
  'freeze',
  /** G15: complete withdraw cycles and attribute changes have a budget. */
  'flap',
  /** Traffic comes back only after it was well for long enough. */
  'holdDown',
  /** The POPs that stay can carry what moves. */
  'capacity',
  /** A less-specific that is the last resort of others stays. */
  'cover',
] as const

export type HealthGuardName = (typeof healthGuardNames)[number]
export type HealthGuards = Readonly<Record<HealthGuardName, boolean>>

export const allHealthGuards: HealthGuards = {
  floor: true,
  breaker: true,
  correlation: true,
  agent: true,
  rollout: true,
  lease: true,
  unknown: true,
  freeze: true,
  flap: true,
  holdDown: true,
  capacity: true,
  cover: true,
}
