/**
 * Agents and a controller that pretend: agents probe by a script of what works, one round of all probes an interval; the
 * verdict book, the failover decision, its review, alarms and compile are the real ones. What review lets pass stands at
 * once, and is read back at once.
 */
import type { Prefix } from '../../src/bgp/prefix.ts'
import { type AlertStates, type ExternalAlert, alertVerdicts, followAlerts } from '../../src/health/alert.ts'
import { type AlarmChange, type Alarms, followConditions, verdictConditions } from '../../src/health/alarm.ts'
import { decideFailover } from '../../src/health/failover.ts'
import {
  type Condition,
  type FailoverDecision,
  type FailoverMemory,
  type Traffic,
  noMemory,
} from '../../src/health/failover-input.ts'
import { countAnnouncements, failoverPrefixes } from '../../src/health/failover-prefixes.ts'
import { type HealthGuards, allHealthGuards } from '../../src/health/guards.ts'
import { decideLease } from '../../src/health/lease.ts'
import { defaultDamping } from '../../src/health/penalty.ts'
import type { Sample } from '../../src/health/sample.ts'
import { subjectKey } from '../../src/health/subject.ts'
import { type Verdicts, joinedVerdicts } from '../../src/health/verdict.ts'
import { VerdictBook } from '../../src/health/verdict-book.ts'
import type { WatchedTask } from '../../src/health/watch.ts'
import { watchedTasks } from '../../src/health/watches.ts'
import { compilePrefix, frozenUntilMs } from '../../src/intent/compile.ts'
import type { Intent, NeighborId, PopId } from '../../src/intent/model.ts'
import { epoch } from './builders.ts'
import { PretendAudit } from './pretend-audit.ts'
import { PretendRollouts } from './pretend-rollouts.ts'

export type Outcome = Sample['outcome'] | 'silent'

export class PretendMonitoring {
  intent: Intent
  nowMs: number
  guards: HealthGuards
  /** `off`: what the guards of the decision alone let happen. */
  review: 'on' | 'off' = 'on'
  book: VerdictBook
  memory: FailoverMemory = noMemory
  alarms: Alarms = new Map()
  alerts: AlertStates = new Map()
  traffic = new Map<PopId, Traffic>()
  goAtMs: number | undefined
  /** Since when no controller is heard of; undefined: one is. */
  goneSinceMs: number | undefined
  /** `prefix POP` of routes that agents took back because no controller was heard of. */
  readonly takenBack = new Set<string>()
  /** POPs whose speakers cannot be read. */
  readonly unread = new Set<PopId>()
  /** Lines whose session is down. */
  readonly down = new Set<NeighborId>()
  /** As last decided, carried out or not. */
  decision: FailoverDecision = { overlays: [], refused: [], conditions: [], memory: noMemory }
  /** What an agent's probe of a subject gives: the first of `agent subject`, `agent`, `subject` that is there. */
  readonly script = new Map<string, Outcome>()
  /** Error of agents' clocks, ms. */
  readonly clockErrors = new Map<string, number>()
  #watched: readonly WatchedTask[] = []
  readonly #sequences = new Map<string, number>()
  readonly #rollouts = new PretendRollouts()
  readonly #audit: PretendAudit
  /** What staged changes did since it was last asked for. */
  readonly told: string[] = []

  constructor(intent: Intent, nowMs = 0, guards: HealthGuards = allHealthGuards) {
    this.intent = intent
    this.nowMs = nowMs
    this.guards = guards
    this.book = new VerdictBook(defaultDamping, guards)
    this.#audit = new PretendAudit(intent)
    this.configure()
  }

  configure(): void {
    this.#watched = watchedTasks(this.intent)
    this.book.configure(this.#watched, this.nowMs)
  }

  /** The controller starts again: verdicts are gone, documents and memory are kept. */
  restart(): void {
    this.book = new VerdictBook(defaultDamping, this.guards)
    this.#rollouts.restart()
    this.configure()
  }

  get verdicts(): Verdicts {
    return joinedVerdicts(this.book, alertVerdicts(this.alerts))
  }

  /** Samples of one round, in the order of tasks and agents. */
  round(): readonly Sample[] {
    return this.#watched.flatMap(({ task, subject, agents }) =>
      agents.flatMap((agent) => {
        const key = subjectKey(subject)
        const outcome =
          this.script.get(`${agent} ${key}`) ?? this.script.get(agent) ?? this.script.get(key) ?? ('ok' as const)
        const sequence = (this.#sequences.get(`${agent} ${task}`) ?? 0) + 1
        this.#sequences.set(`${agent} ${task}`, sequence)
        if (outcome === 'silent') return []
        const atMs = this.nowMs - 20 + (this.clockErrors.get(agent) ?? 0)
        return [{ task, subject: key, agent, sequence, atMs, outcome }]
      }),
    )
  }

  /** One interval passes, and no controller decides anything: agents do what leases say (G9). @returns what they took back */
  tickAlone(ms = 1000): readonly string[] {
    this.nowMs += ms
    const before = new Set(this.takenBack)
    for (const { prefix, failover } of this.intent.prefixes.values()) {
      if (failover === undefined) continue
      for (const pop of this.announced(prefix))
        if (decideLease(failover.lease, this.goneSinceMs, this.nowMs, this.guards).decision === 'withdraw')
          this.takenBack.add(`${prefix} ${pop}`)
    }
    return [...this.takenBack].filter((route) => !before.has(route))
  }

  /** One interval passes. @returns what changed in alarms */
  tick(ms = 1000): readonly AlarmChange[] {
    this.nowMs += ms
    return this.hear(this.round())
  }

  /** Each sample comes alone, as it may, and is decided on at once where a verdict changes. */
  hear(samples: readonly Sample[]): readonly AlarmChange[] {
    const changes: AlarmChange[] = []
    for (const sample of samples) if (this.book.ingest([sample], this.nowMs).length > 0) changes.push(...this.decide())
    this.book.advance(this.nowMs)
    changes.push(...this.decide())
    return changes
  }

  alert(alert: ExternalAlert): readonly AlarmChange[] {
    this.alerts = followAlerts(this.alerts, [alert], this.intent, this.nowMs).states
    return this.decide()
  }

  /** Decides and carries out, staged changes first. */
  decide(): readonly AlarmChange[] {
    this.told.push(...this.#rollouts.follow(this))
    const moment = { epoch, nowMs: this.nowMs }
    const { verdicts, goAtMs } = this
    this.decision = decideFailover(
      {
        nowMs: this.nowMs,
        prefixes: failoverPrefixes(this.intent, moment, (prefix) => this.announced(prefix), this.down),
        verdicts,
        down: this.down,
        standing: this.intent.failovers.values(),
        memory: this.memory,
        frozen: frozenUntilMs(this.intent, this.nowMs) !== undefined,
        announcements: countAnnouncements(this.intent, moment),
        traffic: this.traffic,
        ...(goAtMs !== undefined && { goAtMs }),
      },
      this.guards,
    )
    const refusal = this.#carryOut()
    return this.#followAlarms(verdicts, refusal === undefined ? [] : [refusal])
  }

  /** POPs that announce it now, read back. */
  announced(prefix: Prefix): ReadonlySet<PopId> {
    const sites = compilePrefix(this.intent, prefix, { epoch, nowMs: this.nowMs })?.sites.values() ?? []
    const pops = new Set<PopId>()
    for (const { pop } of sites) if (!this.unread.has(pop) && !this.takenBack.has(`${prefix} ${pop}`)) pops.add(pop)
    return pops
  }

  /** @returns what is wrong where review refuses it; it is forgotten then, with its memory */
  #carryOut(): Condition | undefined {
    const outcome = this.#audit.commit(this.intent, this.decision, this.nowMs, this.review)
    if (outcome.kind === 'refused') return outcome.condition
    this.memory = outcome.kind === 'committed' ? outcome.memory : this.decision.memory
    if (outcome.kind !== 'committed') return undefined
    this.intent = outcome.intent
    return outcome.condition
  }

  #followAlarms(verdicts: Verdicts, refusals: readonly Condition[]): readonly AlarmChange[] {
    const severityOf = () => 'critical' as const
    const conditions = [
      ...verdictConditions({ all: verdicts.all.values() }, this.alarms, severityOf),
      ...this.book.suspectedAgents().map(({ agent, reason }) => {
        return { kind: 'agent-suspect', subject: agent, severity: 'warning' as const, message: reason }
      }),
      ...this.decision.conditions,
      ...refusals,
    ]
    const { alarms, changes } = followConditions(this.alarms, conditions, this.nowMs)
    this.alarms = alarms
    return changes
  }
}
