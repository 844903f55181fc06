/**
 * What keeps an incident from happening again, and that it happens again without it: each guard, switched off alone, makes
 * its scenario print something else. All guards there are stand in one of these tables; a new one without a scenario is a
 * type error here, and an incident of DESIGN is a scenario by its name.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type HealthGuardName, type HealthGuards, allHealthGuards, healthGuardNames } from '../../src/health/guards.ts'
import { type GuardName, allGuards, guardNames } from '../../src/plan/guards.ts'
import { HealthScenario } from '../support/health-scenario.ts'
import { play } from '../support/play.ts'
import { Scenario, type Switches } from '../support/scenario.ts'

/** Guards of the planner (src/plan/guards.ts) → the scenario that each is there for. */
const ofPlan: Readonly<Record<GuardName, string>> = {
  floor: 'drain-floor',
  makeBeforeBreak: 'move',
  drainStage: 'move',
  massWithdrawal: 'mass-withdrawal',
  emptyIntent: 'cloudflare-2026-02-20-empty-intent',
  foreignPath: 'foreign-path',
  neverRead: 'never-read',
  stray: 'epoch',
  export: 'verizon-2019-leak',
  band: 'cloudflare-2020-07-17-local-pref',
  offered: 'steering',
  outranked: 'steering-outranked',
  steerUnknown: 'steering-unknown',
  adjOut: 'exabgp-1383-read-back',
  routesBeforeSessions: 'drain-shutdown',
  freeze: 'freeze',
}

/** Guards of automation (src/health/guards.ts). */
const ofHealth: Readonly<Record<HealthGuardName, string>> = {
  floor: 'health/facebook-2021-floor',
  breaker: 'health/cloudflare-2022-breaker',
  correlation: 'health/optus-2023-correlated',
  agent: 'health/line-of-an-agent',
  rollout: 'health/fastly-2021-staged-rollout',
  lease: 'health/lease',
  unknown: 'health/google-2019-fail-static',
  freeze: 'health/freeze',
  flap: 'health/rfc-7196-flap-budget',
  holdDown: 'health/return-in-stages',
  capacity: 'health/capacity',
  cover: 'health/cover',
}

/** One thing that is switched off; a guard of automation together with review, which knows some of them too. Review, the export policy and `restore` have no switch in Herald: a test takes them away. */
type Off =
  | { readonly plan: GuardName }
  | { readonly health: HealthGuardName }
  | { readonly missing: 'review' | 'exportPolicy' | 'restore' }

interface Incident {
  readonly guard: string
  /** As the first line of the scenario begins. */
  readonly taughtBy: string
  readonly scenario: string
  readonly without: readonly Off[]
}

const incidents: readonly Incident[] = [
  {
    guard: 'G1 floor',
    taughtBy: 'Facebook, 4 October 2021',
    scenario: 'health/facebook-2021-floor',
    without: [{ health: 'floor' }],
  },
  {
    guard: 'G2 breaker',
    taughtBy: 'Cloudflare, 21 June 2022',
    scenario: 'health/cloudflare-2022-breaker',
    without: [{ health: 'breaker' }],
  },
  {
    guard: 'G3 correlation',
    taughtBy: 'Optus, 8 November 2023; Facebook 2021',
    scenario: 'health/optus-2023-correlated',
    without: [{ health: 'correlation' }],
  },
  {
    guard: 'G4 nothing is not delete all',
    taughtBy: 'Cloudflare, 20 February 2026',
    scenario: 'cloudflare-2026-02-20-delete-all',
    without: [{ missing: 'review' }, { plan: 'massWithdrawal' }, { plan: 'emptyIntent' }],
  },
  {
    guard: 'G5 staged change',
    taughtBy: 'Fastly, 8 June 2021; Cloudflare 2022',
    scenario: 'health/fastly-2021-staged-rollout',
    without: [{ health: 'rollout' }],
  },
  {
    guard: 'G7 export',
    taughtBy: 'Verizon and DQE, 24 June 2019',
    scenario: 'verizon-2019-leak',
    without: [{ missing: 'review' }, { plan: 'export' }, { missing: 'exportPolicy' }],
  },
  {
    guard: 'G7 export',
    taughtBy: 'Rogers, 8 July 2022',
    scenario: 'rogers-2022-filter',
    without: [{ missing: 'exportPolicy' }],
  },
  {
    guard: 'G7 export',
    taughtBy: 'Cloudflare, 22 January 2026',
    scenario: 'cloudflare-2026-01-22-route-leak',
    without: [{ missing: 'exportPolicy' }],
  },
  {
    guard: 'G8 bands',
    taughtBy: 'Cloudflare, 17 July 2020',
    scenario: 'cloudflare-2020-07-17-local-pref',
    without: [{ missing: 'review' }, { plan: 'band' }],
  },
  {
    guard: 'G9 fail static',
    taughtBy: 'Google, 2 June 2019',
    scenario: 'health/google-2019-fail-static',
    without: [{ health: 'unknown' }],
  },
  {
    guard: 'G10 read back',
    taughtBy: 'exabgp issue 1383',
    scenario: 'exabgp-1383-read-back',
    without: [{ plan: 'adjOut' }],
  },
  {
    guard: 'G10 read back',
    taughtBy: 'CenturyLink, 30 August 2020',
    scenario: 'centurylink-2020-still-announced',
    without: [{ plan: 'adjOut' }],
  },
  {
    guard: 'G13 inert edits',
    taughtBy: 'Cloudflare, 14 July 2025',
    scenario: 'cloudflare-2025-07-14-inert-reference',
    without: [{ missing: 'review' }],
  },
  {
    guard: 'G14 restore',
    taughtBy: 'Cloudflare, 20 February 2026',
    scenario: 'cloudflare-2026-02-20-restore',
    without: [{ missing: 'restore' }],
  },
  {
    guard: 'G15 flap budget',
    taughtBy: 'RFC 7196',
    scenario: 'health/rfc-7196-flap-budget',
    without: [{ health: 'flap' }],
  },
]

test('every guard has its scenario', () => {
  expect(Object.keys(ofPlan).toSorted()).toEqual([...guardNames].toSorted())
  expect(Object.keys(ofHealth).toSorted()).toEqual([...healthGuardNames].toSorted())
})

describe('without its guard the planner does something else:', () => {
  test.each(Object.entries(ofPlan))('%s', (guard, scenario) => {
    expect(played(scenario, { plan: guard as GuardName })).not.toBe(textOf(scenario))
  })
})

describe('without its guard automation does something else:', () => {
  test.each(Object.entries(ofHealth))('%s', (guard, scenario) => {
    expect(played(scenario, { health: guard as HealthGuardName })).not.toBe(textOf(scenario))
  })
})

describe.each(incidents)('$guard: $taughtBy', ({ taughtBy, scenario, without }) => {
  test('is a scenario by its name, and passes', () => {
    expect(textOf(scenario)).toMatch(new RegExp(`^# ${taughtBy}`))
    expect(played(scenario, undefined)).toBe(textOf(scenario))
  })

  test.each(without)('happens again without %o', (off) => {
    expect(played(scenario, off)).not.toBe(textOf(scenario))
  })
})

function textOf(scenario: string): string {
  return readFileSync(join(import.meta.dirname, `${scenario}.txt`), 'utf8')
}

/** What it prints; a planner that never comes to rest without a guard has failed as well. */
function played(scenario: string, off: Off | undefined): string {
  const runner = scenario.startsWith('health/')
    ? new HealthScenario(healthGuards(off), off === undefined ? 'on' : 'off')
    : new Scenario(switches(off))
  try {
    return play(textOf(scenario), (command) => runner.run(command))
  } catch (error) {
    if (off === undefined) throw error
    return String(error)
  }
}

function healthGuards(off: Off | undefined): HealthGuards {
  return off !== undefined && 'health' in off ? { ...allHealthGuards, [off.health]: false } : allHealthGuards
}

function switches(off: Off | undefined): Switches {
  if (off === undefined || 'health' in off) return {}
  return 'plan' in off ? { guards: { ...allGuards, [off.plan]: false } } : { [off.missing]: 'off' }
}
