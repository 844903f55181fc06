/**
 * What a person can do about a refusal of automation: the name by which a guard is known in documents and code, and one
 * sentence that begins with what to look at. Commands in it can be typed as they are but for what stands in capitals.
 */
import type { Refusal } from './failover-input.ts'
import type { HealthGuardName } from './guards.ts'

const titles: Readonly<Record<HealthGuardName, string>> = {
  floor: 'G1 floor',
  breaker: 'G2 breaker',
  correlation: 'G3 correlation',
  agent: 'G3 agent',
  rollout: 'G5 staged change',
  lease: 'G9 lease',
  unknown: 'G9 unknown',
  freeze: 'G11 freeze',
  flap: 'G15 flap budget',
  holdDown: 'hold-down',
  capacity: 'capacity',
  cover: 'last resort',
}

/** `G1 floor`, `capacity`. */
export function guardTitle(guard: HealthGuardName): string {
  return titles[guard]
}

const goOn = 'herald go --reason "WHY"'

/** One sentence. */
export function wayOut({
  guard,
  wanted,
  prefix,
  place,
}: Pick<Refusal, 'guard' | 'wanted' | 'prefix' | 'place'>): string {
  switch (guard) {
    case 'floor':
    case 'cover':
      return `mend the place, or bring back another POP of ${prefix}; if it must go all the same: ${byHand(prefix, place)} --force --reason "WHY"`
    case 'breaker':
    case 'correlation':
      return `ask the POPs themselves, not the probes; if they are really down: ${goOn}`
    case 'capacity':
      return `make room: fresh loads by POST /v1/traffic, or spec.capacity of the other POPs where the figure is wrong; if it must go all the same: ${byHand(prefix, place)} --reason "WHY"`
    case 'freeze':
      return 'herald unfreeze --reason "WHY", when what it was for is over'
    case 'agent':
    case 'unknown':
      return 'make the agents speak again: herald agents'
    case 'lease':
    case 'rollout':
      return 'wait for probes that are good, or change it by hand'
    case 'flap':
    case 'holdDown':
      return wanted === 'back' ? 'nothing to do: it comes back by itself if it stays well' : 'nothing to do but to wait'
  }
}

function byHand(prefix: string, place: Refusal['place']): string {
  return place.kind === 'pop'
    ? `herald withdraw ${prefix} --at ${place.pop}`
    : `herald publish ${prefix} --neighbor ${place.neighbor} --withhold`
}
