/**
 * Automation: one engine beside the planner, under the same lease. Samples become verdicts as they come; a verdict that
 * changed is decided about at once, and what was decided is committed as a revision like anybody's, reviewed by guards
 * that nothing can force. Every half second it looks at what time and silence have changed.
 *
 * A new leader knows no verdicts: it hears the samples of the last seconds again, and until it knows better everything is
 * unknown, which moves no route.
 */
import type { Logger } from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { alertVerdicts, currentAlerts } from '../../health/alert.ts'
import type { Alarms } from '../../health/alarm.ts'
import { decideFailover } from '../../health/failover.ts'
import { type FailoverDecision, type FailoverMemory, noMemory } from '../../health/failover-input.ts'
import { VerdictBook } from '../../health/verdict-book.ts'
import { type Verdict, type Verdicts, joinedVerdicts } from '../../health/verdict.ts'
import { watchedTasks } from '../../health/watches.ts'
import type { Intent } from '../../intent/model.ts'
import type { StoredAlerts } from '../../store/alarm-traffic.ts'
import type { Lease, Store, StoredBatch } from '../../store/store.ts'
import type { Doorbell } from '../doorbell.ts'
import type { PlannerView } from '../planner.ts'
import { AgentRoll } from './agent-roll.ts'
import { keepAlarms } from './alarms.ts'
import { commitFailover } from './commit.ts'
import { failoverInput } from './input.ts'
import { Measuring } from './measuring.ts'
import type { HealthObserver } from './observer.ts'
import { Practising } from './practising.ts'
import { Rollouts } from './rollouts.ts'
import { SessionWatch } from './sessions.ts'
import { VerdictTeller } from './tell.ts'
import { Witnesses } from './witnesses.ts'

export interface HealthDeps extends HealthObserver {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly logger: Logger
  readonly clock: () => number
}

/** What the engine asks the planner beside it. */
export interface PlannerSide {
  /** Undefined: nothing is loaded, or this Redis is not the one that is known; then nothing is decided. */
  view(): PlannerView | undefined
  look(): Promise<void>
}

const lookEveryMs = 500
/** While anything is sick or laid on, RIBs and people's words are looked at this often; otherwise seldom. */
const busyEveryMs = 1000
const idleEveryMs = 5000

export class HealthEngine {
  readonly #deps: HealthDeps
  readonly #lease: Lease
  readonly #planner: PlannerSide
  readonly #book = new VerdictBook()
  readonly #teller: VerdictTeller
  readonly #sessions: SessionWatch
  readonly #practising: Practising
  readonly #roll: AgentRoll
  readonly #rollouts: Rollouts
  readonly #witnesses: Witnesses
  readonly #measuring: Measuring
  #intent: Intent | undefined
  #memory: FailoverMemory = noMemory
  /** By other systems. */
  #told: readonly Verdict[] = []
  #remembered = ''
  #nextAtMs = 0
  #refused = ''
  #deciding: Promise<void> | undefined
  #again = false

  constructor(deps: HealthDeps, lease: Lease, planner: PlannerSide) {
    this.#deps = deps
    this.#lease = lease
    this.#planner = planner
    this.#teller = new VerdictTeller(deps.store.health, lease.fence)
    this.#sessions = new SessionWatch(deps.store, deps.clock, () => planner.view()?.intent)
    this.#practising = new Practising(deps.store)
    this.#roll = new AgentRoll(deps.store, deps)
    this.#rollouts = new Rollouts(deps, lease)
    this.#witnesses = new Witnesses(deps, lease.fence, () => planner.view())
    this.#measuring = new Measuring(deps, lease.fence)
  }

  /** Until the signal aborts. Throws when Redis fails; the leader begins anew then. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController()
    const until = AbortSignal.any([signal, ended.signal])
    this.#memory = await this.#deps.store.health.memory()
    await this.#rollouts.load(this.#deps.clock())
    try {
      const sessions = this.#sessions.run(until, () => this.#decideSoon())
      await Promise.race([
        this.#listen(until),
        this.#watchTime(until),
        sessions,
        this.#witnesses.run(until, () => this.#decideSoon()),
      ])
    } finally {
      ended.abort()
      await this.#deciding?.catch(() => undefined)
      this.#deps.observeEnd()
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    for await (const batch of this.#deps.store.samples.follow(signal)) {
      this.#follow()
      this.#witnesses.take(batch)
      this.#measuring.take(batch.samples, batch.atMs)
      if (this.#take(batch) || batch.alerts === true) await this.#decideSoon()
    }
  }

  async #watchTime(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const followed = this.#follow()
      const nowMs = this.#deps.clock()
      const changed = this.#book.advance(nowMs)
      this.#teller.change(changed)
      this.#deps.observeVerdicts([...this.#book.all.values(), ...this.#told])
      const called = this.#intent !== undefined && (await this.#roll.call(this.#intent, nowMs))
      if (this.#intent !== undefined)
        await this.#measuring.look(this.#intent, this.#sessions.standing(this.#intent), nowMs)
      if (followed || called || changed.length > 0 || nowMs >= this.#nextAtMs) await this.#decideSoon()
      await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** Watches what the documents say now; true where that is something else. */
  #follow(): boolean {
    const intent = this.#planner.view()?.intent
    if (intent === undefined || intent === this.#intent) return false
    this.#intent = intent
    this.#book.configure(watchedTasks(intent), this.#deps.clock())
    this.#teller.replace(this.#book.all)
    return true
  }

  /** True where a verdict turned. */
  #take({ samples, atMs }: StoredBatch): boolean {
    const newest = samples.at(-1)
    if (newest !== undefined) this.#deps.observeSamples(samples.length, (atMs - newest.atMs) / 1000)
    const changed = this.#book.ingest(samples, atMs)
    this.#teller.change(changed)
    return changed.length > 0
  }

  /** One decision at a time; what comes meanwhile is decided right after, together. */
  #decideSoon(): Promise<void> {
    if (this.#deciding !== undefined) {
      this.#again = true
      return this.#deciding
    }
    const decide = async (): Promise<void> => {
      do {
        this.#again = false
        await this.#decide()
      } while (this.#again && this.#lease.held())
    }
    this.#deciding = decide().finally(() => (this.#deciding = undefined))
    return this.#deciding
  }

  async #decide(): Promise<void> {
    const view = this.#planner.view()
    if (view === undefined || !this.#lease.held()) return
    const { store, clock } = this.#deps
    const nowMs = clock()
    const alerts = await store.alerts.get()
    const practised = await this.#practising.now(view.intent, nowMs)
    const told = this.#joined(alerts, view.intent, nowMs)
    // First: what a change has broken is mended by taking it back, and then there may be nothing left to fail over.
    if (await this.#rollouts.follow(view, told, nowMs)) {
      this.#again = true
      return this.#planner.look()
    }
    const verdicts = joinedVerdicts(told, practised.verdicts)
    const down = this.#sessions.down(view.intent)
    const input = await failoverInput(store.health, view, verdicts, this.#memory, down, nowMs)
    const decision = decideFailover(input)
    const busy =
      this.#rollouts.runs(view) ||
      verdicts.sick.size > 0 ||
      decision.overlays.length > 0 ||
      decision.conditions.length > 0
    this.#nextAtMs = Math.min(decision.changesAtMs ?? Infinity, nowMs + (busy ? busyEveryMs : idleEveryMs))
    const refusal = await this.#carryOut(view, decision, verdicts, nowMs)
    const roll = [...this.#roll.conditions(nowMs), ...this.#rollouts.conditions(nowMs)]
    const found = [...decision.conditions, ...practised.conditions, ...roll]
    const conditions = refusal === undefined ? found : [...found, refusal]
    const hasUnnamedSessions = this.#sessions.hasUnnamed(view.intent)
    const sessions = (alarms: Alarms) => [
      ...this.#sessions.conditions(view.intent, alarms),
      ...this.#witnesses.conditions(view, { alarms, hasUnnamedSessions }, nowMs),
    ]
    const said = { book: this.#book, told: this.#told, alerts, conditions, sessions }
    await keepAlarms(store.health, { ...said, intent: view.intent, nowMs: clock() })
    await this.#teller.tell()
    await this.#tellRefusals(decision)
  }

  /** With what alerts of other systems say. */
  #joined(alerts: StoredAlerts, intent: Intent, nowMs: number): Verdicts {
    const told = alertVerdicts(currentAlerts(alerts.states, intent, nowMs))
    this.#teller.follow(told)
    this.#told = told
    return joinedVerdicts(this.#book, told)
  }

  /** Commits what is new in the decision. Answers what is wrong where guards refuse it. */
  async #carryOut(view: PlannerView, decision: FailoverDecision, verdicts: Verdicts, nowMs: number) {
    const outcome = await commitFailover(this.#deps, view, decision, verdicts, nowMs)
    this.#deps.observeDecision(decision, outcome.kind)
    if (outcome.kind === 'refused') return outcome.condition
    if (outcome.kind === 'stale') {
      this.#again = true
      await this.#planner.look()
      return undefined
    }
    const { memory } = outcome.kind === 'committed' ? outcome : decision
    this.#memory = memory
    const text = JSON.stringify(memory)
    if (text !== this.#remembered) await this.#deps.store.health.remember(this.#lease.fence, memory)
    this.#remembered = text
    if (outcome.kind !== 'committed') return undefined
    await this.#planner.look()
    return outcome.condition
  }

  async #tellRefusals({ refused }: FailoverDecision): Promise<void> {
    const text = JSON.stringify(refused)
    if (text === this.#refused) return
    await this.#deps.store.health.tellRefusals(this.#lease.fence, refused)
    this.#refused = text
  }
}
