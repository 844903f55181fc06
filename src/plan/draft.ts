/**
 * A plan while it is made: collects what the rules decide, keeps what adds before what takes away, and applies the one
 * guard that looks at the plan as a whole (G4, mass withdrawal) when it is finished.
 */
import type { Address } from '../bgp/address.ts'
import { type AttributesKey, attributesOf } from '../bgp/path.ts'
import { inBand, serviceBand } from '../bgp/neighbor.ts'
import type { Prefix } from '../bgp/prefix.ts'
import { frozenUntilMs } from '../intent/compile.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { Action, ActionKind, Held, HeldReason, Warning } from './action.ts'
import type { Guards } from './guards.ts'
import type { AnnounceTarget, Target, TargetChanges } from './observed.ts'
import type { Plan, PlanInput } from './plan.ts'
import type { SiteView } from './site-view.ts'

/**
 * What became of one site in this look: `proved` (right, and read back), `moving` (something is on its way and the site
 * will be looked at again by itself) or `held` (stays as it is until somebody or something else acts).
 */
export type Standing = 'proved' | 'moving' | 'held'

interface Departure {
  readonly action: Action
  readonly target: Target
  /** False where an overlay names the site: that is a word, and G4 is about what goes without one. */
  readonly counted: boolean
  readonly standing: Standing
}

/** A departure and what asked for it: documents that no longer name the site, or an overlay that names it. */
export interface Cause {
  readonly by: 'intent' | 'overlay'
  readonly because: string
}

/** A steering route and the neighbor whose offer it follows. */
export interface Steered {
  readonly to: AttributesKey
  readonly via: Address
  readonly because: string
}

export class Draft {
  readonly input: PlanInput
  readonly guards: Guards
  readonly #frozenUntilMs: number | undefined
  readonly #arrivals: Action[] = []
  readonly #departures: Departure[] = []
  readonly #corrections: Action[] = []
  readonly #forgotten: Action[] = []
  readonly #held: Held[] = []
  readonly #warnings: Warning[] = []
  readonly #targets = new Map<SpeakerId, { set: Map<Prefix, Target>; forget: Prefix[] }>()
  readonly #changesAt = new Map<Prefix, number>()
  readonly #standing = new Map<Prefix, Standing>()
  readonly #announceTargets = new Map<AttributesKey, AnnounceTarget>()
  readonly #bandProblems = new Map<AttributesKey, string | undefined>()

  constructor(input: PlanInput, guards: Guards) {
    this.input = input
    this.guards = guards
    this.#frozenUntilMs = guards.freeze ? frozenUntilMs(input.intent, input.moment.nowMs) : undefined
  }

  announce(
    kind: Exclude<ActionKind, 'drain' | 'withdraw' | 'forget'>,
    prefix: Prefix,
    site: SiteView,
    to: AttributesKey,
    because: string,
  ): void {
    this.#arrivals.push({ kind, prefix, ...at(site), to, because })
    this.#set(site.speaker, prefix, this.#announceTarget(prefix, to))
  }

  /** The decision as it stands, once more: the RIB differs. */
  restore(prefix: Prefix, site: SiteView, target: AnnounceTarget, because: string): void {
    this.#arrivals.push({ kind: 'repair', prefix, ...at(site), to: target.attributes, because })
    this.#set(site.speaker, prefix, target)
  }

  drain(prefix: Prefix, site: SiteView, to: AttributesKey, { by, because }: Cause): void {
    const target = { ...this.#announceTarget(prefix, to), drainingSinceMs: this.input.moment.nowMs }
    const action: Action = { kind: 'drain', prefix, ...at(site), to, because }
    this.#departures.push({ action, target, counted: by === 'intent', standing: 'moving' })
  }

  /** @param standing `held` where the speaker cannot be told now */
  withdraw(prefix: Prefix, site: SiteView, { by, because }: Cause, standing: Standing = 'moving'): void {
    const action: Action = { kind: 'withdraw', prefix, ...at(site), because }
    this.#departures.push({ action, target: this.#withdrawTarget(prefix), counted: by === 'intent', standing })
  }

  /** A steering route: no announcement, and sent to nobody. */
  steer(
    kind: Exclude<ActionKind, 'drain' | 'withdraw' | 'forget'>,
    prefix: Prefix,
    site: SiteView,
    { to, via, because }: Steered,
  ): void {
    this.#arrivals.push({ kind, prefix, ...at(site), to, because })
    const target = { kind: 'announce', attributes: to, revision: this.#revisionOf(prefix), via } as const
    this.#set(site.speaker, prefix, target)
  }

  /** Takes a steering route away. What neighbors offer stands beneath it, so G4 neither counts nor holds it. */
  unsteer(prefix: Prefix, site: SiteView, because: string): void {
    this.#corrections.push({ kind: 'withdraw', prefix, ...at(site), because })
    this.#set(site.speaker, prefix, this.#withdrawTarget(prefix))
  }

  /** Withdraws once more what was withdrawn and is there again; no new decision, so G4 does not count it. */
  withdrawAgain(prefix: Prefix, site: SiteView, because: string): void {
    this.#corrections.push({ kind: 'repair', prefix, ...at(site), because })
    this.#set(site.speaker, prefix, this.#withdrawTarget(prefix))
  }

  forget(prefix: Prefix, site: SiteView, because: string): void {
    this.#forgotten.push({ kind: 'forget', prefix, ...at(site), because })
    this.#changes(site.speaker).forget.push(prefix)
  }

  hold(reason: HeldReason, prefix: Prefix, site: SiteView, wanted: Held['wanted'], detail: string): void {
    this.#held.push({ reason, prefix, speaker: site.speaker, pop: site.pop, wanted, detail })
  }

  /** G11: true where a freeze holds this repair. */
  holdFrozen(prefix: Prefix, site: SiteView, found: string): boolean {
    if (this.#frozenUntilMs === undefined) return false
    const detail = `A freeze is in force, and ${found} of ${site.speaker}; unfreeze to repair.`
    this.hold('frozen', prefix, site, 'repair', detail)
    this.lookAgainAt(prefix, this.#frozenUntilMs)
    return true
  }

  warn(warnings: readonly Warning[]): void {
    for (const warning of warnings) this.#warnings.push(warning)
  }

  lookAgainAt(prefix: Prefix, atMs: number): void {
    if (atMs < (this.#changesAt.get(prefix) ?? Infinity)) this.#changesAt.set(prefix, atMs)
  }

  /** Takes in what became of a site; a prefix stands as the least settled of its sites. */
  stand(prefix: Prefix, standing: Standing): void {
    if (standing === 'moving' || this.#standing.get(prefix) !== 'moving') {
      if (standing === 'proved' && this.#standing.has(prefix)) return
      this.#standing.set(prefix, standing)
    }
  }

  /** G8, remembered per attributes because thousands of paths share them. */
  bandProblem(attributes: AttributesKey): string | undefined {
    if (!this.#bandProblems.has(attributes)) this.#bandProblems.set(attributes, bandProblem(attributes))
    return this.#bandProblems.get(attributes)
  }

  finish(): Plan {
    const departures = this.#allowedDepartures()
    return {
      actions: [...this.#arrivals, ...departures.map(({ action }) => action), ...this.#corrections, ...this.#forgotten],
      held: this.#held,
      warnings: this.#warnings,
      targets: this.#targets satisfies TargetChanges,
      changesAt: this.#changesAt,
      settled: this.#settled(),
    }
  }

  /** G4: all departures of the plan or none of them. */
  #allowedDepartures(): readonly Departure[] {
    const { intent, fleet, allowance } = this.input
    const percent = intent.network?.shrinkPercent ?? 0
    const tolerated = allowance + Math.max(1, Math.floor((percent / 100) * fleet.announcements))
    const wanted = this.#departures.filter(({ counted }) => counted).length
    if (this.guards.massWithdrawal && wanted > tolerated) {
      const detail =
        `This plan would take away ${wanted} of ${fleet.announcements} announcements, more than the ${tolerated} that` +
        ` reviewed changes and ${percent} % allow; nothing is withdrawn until a revision says so.`
      for (const { action } of this.#departures) this.#holdMass(action, detail)
      this.#held.sort(byPlace)
      return []
    }
    for (const { action, target, standing } of this.#departures) {
      this.#set(action.speaker, action.prefix, target)
      this.stand(action.prefix, standing)
    }
    return this.#departures
  }

  #holdMass({ prefix, speaker, pop }: Action, detail: string): void {
    this.#held.push({ reason: 'mass-withdrawal', prefix, speaker, pop, wanted: 'withdraw', detail })
    this.stand(prefix, 'held')
  }

  #settled(): Plan['settled'] {
    const names = { proved: 'converged', moving: 'pending', held: 'held' } as const
    return new Map(Array.from(this.#standing, ([prefix, standing]) => [prefix, names[standing]]))
  }

  #announceTarget(prefix: Prefix, attributes: AttributesKey): AnnounceTarget {
    const revision = this.#revisionOf(prefix)
    let target = this.#announceTargets.get(attributes)
    if (target?.revision !== revision) {
      target = { kind: 'announce', attributes, revision }
      this.#announceTargets.set(attributes, target)
    }
    return target
  }

  #withdrawTarget(prefix: Prefix): Target {
    return { kind: 'withdraw', revision: this.#revisionOf(prefix) }
  }

  #revisionOf(prefix: Prefix): number {
    return this.input.revisionOf?.(prefix) ?? this.input.intent.revision
  }

  #set(speaker: SpeakerId, prefix: Prefix, target: Target): void {
    this.#changes(speaker).set.set(prefix, target)
  }

  #changes(speaker: SpeakerId): { set: Map<Prefix, Target>; forget: Prefix[] } {
    let changes = this.#targets.get(speaker)
    if (changes === undefined) {
      changes = { set: new Map(), forget: [] }
      this.#targets.set(speaker, changes)
    }
    return changes
  }
}

function at({ speaker, pop, observed }: SiteView): Pick<Action, 'speaker' | 'pop' | 'from'> {
  return observed === undefined ? { speaker, pop } : { speaker, pop, from: observed.attributes }
}

function bandProblem(attributes: AttributesKey): string | undefined {
  const { localPref } = attributesOf(attributes)
  if (localPref === undefined || inBand(serviceBand, localPref)) return undefined
  return (
    `LOCAL_PREF ${localPref} is outside the band of local services, ${serviceBand.min} to ${serviceBand.max}` +
    ' (G8): learned routes could win over the service; write one inside the band.'
  )
}

function byPlace(a: Held, b: Held): number {
  return a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : a.speaker < b.speaker ? -1 : a.speaker > b.speaker ? 1 : 0
}
