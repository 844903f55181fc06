/**
 * A pretend Herald around the real planner: an intent, a clock and a pretend fleet. Small verbs for tests and scenarios;
 * every decision is the planner's.
 */
import type { Prefix } from '../../src/bgp/prefix.ts'
import { steeredDestinations } from '../../src/intent/compile/steering.ts'
import type { Intent, SpeakerId } from '../../src/intent/model.ts'
import type { Guards } from '../../src/plan/guards.ts'
import { type Plan, type PlanInput, planPrefixes } from '../../src/plan/plan.ts'
import { PretendFleet } from './pretend-fleet.ts'

export class PretendHerald {
  readonly fleet: PretendFleet
  intent: Intent
  nowMs: number
  /** Withdrawals that reviewed revisions allow; generous, because most cases are not about G4. */
  allowance = 1000
  guards: Guards | undefined

  constructor(intent: Intent, nowMs = 1_000_000) {
    this.intent = intent
    this.nowMs = nowMs
    this.fleet = new PretendFleet(intent.speakers.keys())
  }

  get input(): PlanInput {
    const moment = { epoch: this.fleet.epoch, nowMs: this.nowMs }
    return { intent: this.intent, moment, fleet: this.fleet, allowance: this.allowance }
  }

  prefixes(): readonly Prefix[] {
    const all = new Set([...this.intent.prefixes.keys(), ...steeredDestinations(this.intent)])
    for (const speaker of this.fleet.speakers()) {
      for (const prefix of this.fleet.rib(speaker).keys()) all.add(prefix)
      for (const prefix of this.fleet.decidedPrefixes(speaker)) all.add(prefix)
    }
    return [...all]
  }

  /** What the planner would decide now. */
  plan(prefixes: Iterable<Prefix> = this.prefixes()): Plan {
    return planPrefixes(this.input, prefixes, this.guards)
  }

  /** One look of the planner: decides, and writes targets. */
  look(): Plan {
    const plan = this.plan()
    this.fleet.take(plan)
    return plan
  }

  applyAll(): void {
    for (const speaker of this.fleet.speakers()) this.fleet.apply(speaker)
  }

  /**
   * Left alone: looks, applies and lets time pass to the next moment that matters, until nothing moves. Throws where it
   * does not come to rest, because that would be a planner that never finishes.
   */
  rest(rounds = 50): Plan {
    for (let round = 0; round < rounds; round++) {
      this.applyAll()
      const plan = this.look()
      if (plan.targets.size > 0) continue
      const next = Math.min(...plan.changesAt.values())
      const pending = [...plan.settled.values()].includes('pending')
      if (!pending || next === Infinity) return plan
      this.nowMs = Math.max(next, this.nowMs + 1)
    }
    throw new Error(`assertion: not at rest after ${rounds} looks`)
  }

  /** Speakers whose RIB truly holds the prefix. */
  announcedAt(prefix: Prefix): readonly SpeakerId[] {
    return this.fleet.speakers().filter((speaker) => this.fleet.rib(speaker).has(prefix))
  }
}
