import { describe, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import {
  type Catchment,
  type MedOutcome,
  type MedState,
  medPlan,
  medProposal,
  stepMed,
} from '../../../src/learning/med.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { newLearner } from '../../../src/learning/state.ts'
import { type Measured, batch, subject } from '../../support/learning.ts'

const second = 1000
const start: MedState = {
  prefix: '203.0.113.0/24' as Prefix,
  neighborAsn: 64496 as Asn,
  learner: newLearner(subject),
  phase: { kind: 'settled' },
}

class MedRun {
  state = start
  atMs = 0
  readonly outcomes: MedOutcome[] = []

  steps(times: number, costs: Readonly<Record<string, Measured>>, seen: Catchment, everyMs = 30 * second) {
    for (let i = 0; i < times; i++) {
      this.atMs += everyMs
      const step = stepMed(this.state, batch(this.atMs, costs), seen, defaultSettings)
      this.state = step.state
      if (step.outcome.kind !== 'none') this.outcomes.push(step.outcome)
    }
    return this
  }
}

const better = { fra: 60, ams: 30 }
/** Long enough to decide that `ams` is the better entry. */
const decided = () => {
  const run = new MedRun().steps(30, { fra: 40, ams: 40 }, { entersAt: 'fra', costMs: 40 })
  while (run.outcomes.length === 0) run.steps(1, better, { entersAt: 'fra', costMs: 60 })
  return run
}

describe('MED', () => {
  test('is set at every POP where the AS is attached, because a missing one is the best', () => {
    expect(medPlan('ams', ['fra', 'ams', 'lon'])).toEqual({ fra: 100, ams: 0, lon: 100 })
    expect(decided().outcomes).toMatchObject([{ kind: 'set', meds: { fra: 100, ams: 0 } }])
  })

  test('is confirmed when catchment probes see the AS enter there, and at less cost', () => {
    const run = decided()
    run.steps(2, better, { entersAt: 'ams', costMs: 31 }, 10 * second)
    expect(run.outcomes[1]).toMatchObject({ kind: 'confirmed', tookMs: 10_000 })
    expect(run.state.phase).toEqual({ kind: 'settled' })
    expect(run.outcomes).toHaveLength(2)
  })

  test('is rolled back when it made things worse', () => {
    const run = decided().steps(1, better, { entersAt: 'ams', costMs: 90 }, 10 * second)
    expect(run.outcomes[1]).toMatchObject({ kind: 'rolled-back', reason: 'worse', meds: { fra: 0, ams: 100 } })
    expect(run.state.learner.chosen).toBe('fra')
  })

  test('that moved nothing within 120 s is rolled back, and the neighbor is not asked again', () => {
    const run = decided().steps(11, better, { entersAt: 'fra', costMs: 60 }, 10 * second)
    expect(run.outcomes).toHaveLength(1)
    run.steps(1, better, { entersAt: 'fra', costMs: 60 }, 10 * second)
    expect(run.outcomes[1]).toMatchObject({ kind: 'rolled-back', reason: 'ignored', meds: { fra: 0, ams: 100 } })
    run.steps(200, better, { entersAt: 'fra', costMs: 60 })
    expect(run.outcomes).toHaveLength(2)
    expect(run.state.phase.kind).toBe('ignored')
  })

  test('can do nothing between different ASes, says so, and proposes what an operator can', () => {
    const at = (asn: number, pop: string) => ({ asn: asn as Asn, pop })
    expect(medProposal(start.prefix, at(64496, 'fra'), at(64497, 'ams'))).toMatch(
      /same AS only.*prepend once toward AS64496/,
    )
    expect(medProposal(start.prefix, at(64496, 'fra'), at(64496, 'ams'))).toBeUndefined()
  })
})
