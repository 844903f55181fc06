/**
 * A failover decision while it is made: begins with what stands, lays measures on and lifts them, and keeps account of what
 * each prefix has left. Rules read it and write it in a fixed order, so that the same input gives the same decision.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { FailoverOverlay } from '../intent/edit/failover.ts'
import type { NeighborId, PopId } from '../intent/model.ts'
import type { Failover, FailoverPlace } from '../intent/monitoring.ts'
import { type Suspicion, correlate, suspicionEndsAtMs } from './correlation.ts'
import type { Condition, FailoverDecision, FailoverInput, LedgerEntry, PrefixState, Refusal } from './failover-input.ts'
import { breaker } from './failover-limits.ts'
import type { HealthGuards } from './guards.ts'
import { placeText } from './verdict.ts'

/** Older entries are of no use to any guard. */
const ledgerMs = 3_600_000

export class FailoverDraft {
  readonly input: FailoverInput
  readonly guards: HealthGuards
  readonly suspicion: Suspicion | undefined
  readonly states: ReadonlyMap<Prefix, PrefixState>
  /** Entries still young enough to matter, oldest first; new ones are appended. */
  readonly ledger: LedgerEntry[]
  /** G2: what automation alone took away within the breaker's window. */
  readonly lately = { pops: new Set<PopId>(), weight: 0 }
  breakerOpenedAtMs: number | undefined
  /** By prefix and place, when each thing was last done there. */
  readonly #last = new Map<string, Partial<Record<LedgerEntry['what'], number>>>()
  readonly #counts = new Map<ReadonlySet<PopId>, { readonly announced: ReadonlySet<PopId>; readonly count: number }>()
  readonly #overlays = new Map<Prefix, Map<string, FailoverOverlay>>()
  readonly #standing = new Map<FailoverOverlay, Failover>()
  readonly #refused: Refusal[] = []
  readonly #conditions: Condition[] = []
  #changesAtMs = Infinity

  constructor(input: FailoverInput, guards: HealthGuards) {
    this.input = input
    this.guards = guards
    this.ledger = input.memory.ledger.filter(({ atMs }) => input.nowMs - atMs <= ledgerMs)
    for (const entry of this.ledger) this.#index(entry)
    this.breakerOpenedAtMs = input.memory.breakerOpenedAtMs
    this.states = new Map(Array.from(input.prefixes, (state) => [state.prefix, state]))
    for (const failover of input.standing) this.#stand(failover)
    this.suspicion = guards.correlation ? this.#correlate() : undefined
    // Whether it is over shows in doubts as well, which are no verdicts: so it is looked at every second.
    if (this.suspicion !== undefined) this.changesAt(Math.min(input.nowMs + 1000, suspicionEndsAtMs(this.suspicion)))
  }

  overlaysOf(prefix: Prefix): Iterable<FailoverOverlay> {
    return this.#overlays.get(prefix)?.values() ?? []
  }

  at(prefix: Prefix, place: FailoverPlace): FailoverOverlay | undefined {
    return this.#overlays.get(prefix)?.get(placeText(place))
  }

  /** Since when an overlay stands; undefined where this decision made it. */
  startedAtMs(overlay: FailoverOverlay): number | undefined {
    return this.#standing.get(overlay)?.startedAtMs
  }

  lay(overlay: FailoverOverlay, entry: Omit<LedgerEntry, 'atMs' | 'prefix' | 'place'>): void {
    const overlays = this.#overlays.get(overlay.prefix) ?? new Map<string, FailoverOverlay>()
    this.#overlays.set(overlay.prefix, overlays.set(placeText(overlay.place), overlay))
    this.#record(overlay, entry)
  }

  lift(overlay: FailoverOverlay, entry: Omit<LedgerEntry, 'atMs' | 'prefix' | 'place'>): void {
    this.#overlays.get(overlay.prefix)?.delete(placeText(overlay.place))
    this.#record(overlay, entry)
  }

  /** When any of these was last done at a place; −Infinity: not in the last hour. */
  lastAtMs(prefix: Prefix, place: FailoverPlace, ...what: readonly LedgerEntry['what'][]): number {
    const last = this.#last.get(`${prefix} ${placeText(place)}`)
    return Math.max(...what.map((one) => last?.[one] ?? -Infinity))
  }

  refuse(refusal: Refusal): void {
    this.#refused.push(refusal)
    if (refusal.untilMs !== undefined) this.changesAt(refusal.untilMs)
  }

  tell(condition: Condition): void {
    this.#conditions.push(condition)
  }

  changesAt(atMs: number): void {
    if (atMs > this.input.nowMs) this.#changesAtMs = Math.min(this.#changesAtMs, atMs)
  }

  /** POPs where the prefix is gone by automation: withdrawn, drained, or withheld on every line that is not down. */
  lostPops({ prefix, lines }: PrefixState): ReadonlySet<PopId> {
    const lost = new Set<PopId>()
    const withheld = new Set<string>()
    for (const { place, action } of this.overlaysOf(prefix)) {
      if (place.kind === 'neighbor' && action === 'withhold') withheld.add(place.neighbor)
      if (place.kind === 'pop' && (action === 'withdraw' || action === 'drain')) lost.add(place.pop)
    }
    if (withheld.size > 0)
      for (const [pop, heard] of lines)
        if (heard.some((line) => withheld.has(line)) && heard.every((line) => withheld.has(line) || this.isDown(line)))
          lost.add(pop)
    return lost
  }

  isDown(line: NeighborId): boolean {
    return this.input.down.has(line)
  }

  /** POPs that announce it and go on: people want it there, it is read back, and automation leaves it. */
  remaining(state: PrefixState): ReadonlySet<PopId> {
    const lost = this.lostPops(state)
    const backups = this.#activeBackups(state)
    const remaining = new Set<PopId>()
    for (const pop of state.announced)
      if (!lost.has(pop) && (state.desired.has(pop) || backups.has(pop))) remaining.add(pop)
    return remaining
  }

  /** How many would remain without `pop`: the same as counting them, at the cost of what is lost. */
  countWithout(state: PrefixState, pop: PopId): number {
    const { desired, announced } = state
    let count = this.#standingCount(desired, announced)
    const lost = this.lostPops(state)
    for (const one of lost) if (desired.has(one) && announced.has(one)) count--
    if (!lost.has(pop) && desired.has(pop) && announced.has(pop)) count--
    for (const one of this.#activeBackups(state))
      if (!desired.has(one) && announced.has(one) && !lost.has(one) && one !== pop) count++
    return count
  }

  /** Backups that automation has activated. */
  #activeBackups({ prefix, backup }: PrefixState): ReadonlySet<PopId> {
    const active = new Set<PopId>()
    if (backup.size === 0) return active
    for (const { place, action } of this.overlaysOf(prefix))
      if (place.kind === 'pop' && action === 'activate' && backup.has(place.pop)) active.add(place.pop)
    return active
  }

  /** Thousands of prefixes share these sets. */
  #standingCount(desired: ReadonlySet<PopId>, announced: ReadonlySet<PopId>): number {
    const known = this.#counts.get(desired)
    if (known?.announced === announced) return known.count
    const { size: count } = desired.intersection(announced)
    this.#counts.set(desired, { announced, count })
    return count
  }

  finish(): FailoverDecision {
    const { suspicion, breakerOpenedAtMs, ledger } = this
    return {
      overlays: [...this.#overlays.values()].flatMap((overlays) => [...overlays.values()]).sort(byPlace),
      refused: this.#refused,
      conditions: this.#conditions,
      memory: {
        ledger,
        ...(suspicion !== undefined && { suspicion }),
        ...(breakerOpenedAtMs !== undefined && { breakerOpenedAtMs }),
      },
      ...(this.#changesAtMs < Infinity && { changesAtMs: this.#changesAtMs }),
    }
  }

  #stand(failover: Failover): void {
    const { prefix, place, action, prepend, graceSeconds, subject, alarm, reason } = failover
    // A freeze keeps even what nobody wishes any more (G11): it says nothing without a policy, and goes afterwards.
    if (!this.states.has(prefix) && !(this.guards.freeze && this.input.frozen)) return
    const overlay: FailoverOverlay = {
      prefix,
      place,
      action,
      subject,
      alarm,
      reason,
      ...(action === 'prepend' && { prepend }),
      ...(action === 'drain' && { graceSeconds }),
    }
    this.#standing.set(overlay, failover)
    const overlays = this.#overlays.get(prefix) ?? new Map<string, FailoverOverlay>()
    this.#overlays.set(prefix, overlays.set(placeText(place), overlay))
  }

  #correlate(): Suspicion | undefined {
    const { verdicts, memory, nowMs, goAtMs } = this.input
    const out = new Map<PopId, number>()
    for (const { startedAtMs, place, action } of this.#standing.values())
      if (place.kind === 'pop' && action !== 'activate')
        out.set(place.pop, Math.min(startedAtMs, out.get(place.pop) ?? Infinity))
    return correlate(memory.suspicion, { verdicts, out, nowMs, ...(goAtMs !== undefined && { goAtMs }) })
  }

  #record({ prefix, place }: FailoverOverlay, entry: Omit<LedgerEntry, 'atMs' | 'prefix' | 'place'>): void {
    const whole: LedgerEntry = { atMs: this.input.nowMs, prefix, place, ...entry }
    this.ledger.push(whole)
    this.#index(whole)
  }

  #index(entry: LedgerEntry): void {
    const { prefix, place, pop, what, weight, approved, atMs } = entry
    const key = `${prefix} ${placeText(place)}`
    this.#last.set(key, { ...this.#last.get(key), [what]: atMs })
    if (what !== 'out' || approved === true || this.input.nowMs - atMs >= breaker.windowMs) return
    this.lately.pops.add(pop)
    this.lately.weight += weight
  }
}

function byPlace(a: FailoverOverlay, b: FailoverOverlay): number {
  const [left, right] = [`${a.prefix} ${placeText(a.place)}`, `${b.prefix} ${placeText(b.place)}`]
  return left < right ? -1 : left > right ? 1 : 0
}
