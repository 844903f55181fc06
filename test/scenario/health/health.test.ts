/**
 * Runs every scenario beside this file and compares its output exactly. `HERALD_REWRITE=1` writes what came out instead;
 * read the difference before you commit it.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type HealthGuardName, type HealthGuards, allHealthGuards } from '../../../src/health/guards.ts'
import { HealthScenario } from '../../support/health-scenario.ts'
import { play } from '../../support/play.ts'

const folder = import.meta.dirname
const rewrite = process.env['HERALD_REWRITE'] === '1'

test.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', (name) => {
  const file = join(folder, name)
  const written = readFileSync(file, 'utf8')
  const played = playWith(written, allHealthGuards)
  if (rewrite) writeFileSync(file, played)
  else expect(played).toBe(written)
})

/** The scenario that a guard is there for. Leases are decided by agents alone: test/unit/health/guards. */
const scenarioOf: Readonly<Record<Exclude<HealthGuardName, 'lease'>, string>> = {
  floor: 'facebook-2021-floor',
  breaker: 'cloudflare-2022-breaker',
  correlation: 'optus-2023-correlated',
  agent: 'line-of-an-agent',
  rollout: 'staged-rollout',
  unknown: 'google-2019-fail-static',
  freeze: 'freeze',
  flap: 'flapping',
  holdDown: 'return-in-stages',
  capacity: 'capacity',
  cover: 'cover',
}

describe('without its guard, an incident happens again:', () => {
  test.each(Object.entries(scenarioOf))('%s', (guard, name) => {
    const written = readFileSync(join(folder, `${name}.txt`), 'utf8')
    expect(playWith(written, { ...allHealthGuards, [guard]: false })).not.toBe(written)
  })
})

function playWith(written: string, guards: HealthGuards): string {
  const scenario = new HealthScenario(guards)
  return play(written, (command) => scenario.run(command))
}
