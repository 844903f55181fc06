/**
 * The planner's memory of the fleet: standing targets, observed routes and reach of every speaker, as Redis last said.
 * Loaded whole when a leader starts, then kept by the dirty marks of observations and by the leader's own decisions.
 */
import type { Address } from '../bgp/address.ts'
import type { Prefix } from '../bgp/prefix.ts'
import { OperationError } from '../bgp/operation-error.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { SpeakerTable } from '../plan/drained.ts'
import type { ObservedRoute, Offer, SpeakerReach, Target, TargetChanges } from '../plan/observed.ts'
import type { FleetState } from '../plan/plan.ts'
import type { SpeakerState, Store } from '../store/store.ts'

interface Standing {
  readonly target: Target
  readonly generation: number
}

type KnownState = Pick<SpeakerState, 'decided' | 'applied' | 'status' | 'trouble' | 'shut'>

export interface FleetNews {
  /** Speakers that are new: their tables must be loaded. */
  readonly fresh: readonly SpeakerId[]
  /** Prefixes with a decision that was applied since. */
  readonly applied: Set<Prefix>
  /** Speakers that are reached again, lost, in other trouble than before, or with other sessions shut down. */
  readonly turned: ReadonlySet<SpeakerId>
  /** Some speaker was read for the first time. */
  readonly firstRead: boolean
}

interface SpeakerMemory {
  reach: SpeakerReach
  /** Generation of the latest decision this planner wrote. */
  decided: number
  applied: number
  /** Its RIB was read at least once. */
  read: boolean
  trouble: string | undefined
  readonly targets: Map<Prefix, Standing>
  readonly observed: Map<Prefix, ObservedRoute>
  /** Prefixes decided above the applied generation. */
  readonly unapplied: Set<Prefix>
  refused: ReadonlyMap<Prefix, string>
  unproved: ReadonlyMap<Prefix, string>
  offers: ReadonlyMap<Prefix, readonly Offer[]>
  /** Addresses. */
  shut: readonly Address[]
}

export class Fleet implements FleetState {
  readonly #speakers = new Map<SpeakerId, SpeakerMemory>()
  readonly #sites = new Map<Prefix, Set<SpeakerId>>()
  readonly #adopting: (prefix: Prefix, speaker: SpeakerId) => boolean
  announcements = 0

  constructor(adopting: (prefix: Prefix, speaker: SpeakerId) => boolean) {
    this.#adopting = adopting
  }

  speaker(id: SpeakerId): ReturnType<FleetState['speaker']> {
    const memory = this.#speakers.get(id)
    return memory?.read === true ? memory : undefined
  }

  target(speaker: SpeakerId, prefix: Prefix): Standing | undefined {
    return this.#speakers.get(speaker)?.targets.get(prefix)
  }

  observed(speaker: SpeakerId, prefix: Prefix): ObservedRoute | undefined {
    return this.#speakers.get(speaker)?.observed.get(prefix)
  }

  refused(speaker: SpeakerId, prefix: Prefix): string | undefined {
    return this.#speakers.get(speaker)?.refused.get(prefix)
  }

  unproved(speaker: SpeakerId, prefix: Prefix): string | undefined {
    return this.#speakers.get(speaker)?.unproved.get(prefix)
  }

  offers(speaker: SpeakerId, prefix: Prefix): readonly Offer[] {
    return this.#speakers.get(speaker)?.offers.get(prefix) ?? []
  }

  shutSessions(speaker: SpeakerId): readonly Address[] {
    return this.#speakers.get(speaker)?.shut ?? []
  }

  /** All that is decided and was read of a speaker; undefined where it was never read, or cannot be reached. */
  table(speaker: SpeakerId): SpeakerTable | undefined {
    const memory = this.#speakers.get(speaker)
    return memory?.read === true && memory.reach === 'up' ? memory : undefined
  }

  /** Speakers where some neighbor's adj-out disagrees: they are asked again. */
  *disagreeing(): Iterable<SpeakerId> {
    for (const [id, { unproved }] of this.#speakers) if (unproved.size > 0) yield id
  }

  /** True where Herald has a decision, or a path of its own, there. */
  holds(speaker: SpeakerId): boolean {
    const memory = this.#speakers.get(speaker)
    if (memory === undefined) return false
    return memory.targets.size > 0 || [...memory.observed.values()].some(({ owner }) => owner === 'ours')
  }

  /** Forgets a speaker; answers the prefixes it had a part in. */
  drop(speaker: SpeakerId): readonly Prefix[] {
    const memory = this.#speakers.get(speaker)
    if (memory === undefined) return []
    const prefixes = [...new Set([...memory.targets.keys(), ...memory.observed.keys()])]
    memory.observed.clear()
    for (const prefix of prefixes) this.#stand(speaker, prefix, undefined)
    this.#speakers.delete(speaker)
    return prefixes
  }

  siteSpeakers(prefix: Prefix): Iterable<SpeakerId> {
    return this.#sites.get(prefix) ?? []
  }

  adopting(prefix: Prefix, speaker: SpeakerId): boolean {
    return this.#adopting(prefix, speaker)
  }

  speakers(): Iterable<SpeakerId> {
    return this.#speakers.keys()
  }

  prefixes(): Iterable<Prefix> {
    return this.#sites.keys()
  }

  /** Takes in reach and applied generations; answers what is new. */
  refresh(states: ReadonlyMap<SpeakerId, KnownState>): FleetNews {
    const fresh: SpeakerId[] = []
    const applied = new Set<Prefix>()
    const turned = new Set<SpeakerId>()
    let firstRead = false
    for (const [id, state] of states) {
      // Redis lost what it had taken (a failover, a kill): what is in memory here is not what workers will see.
      if (state.decided < (this.#speakers.get(id)?.decided ?? 0))
        throw new OperationError('store-rolled-back', `Redis lost decisions about ${id}; everything is loaded again`)
      if (!this.#speakers.has(id)) fresh.push(id)
      const memory = this.#memory(id)
      const reach = state.status?.reach ?? 'unknown'
      const read = state.status?.readAtMs !== undefined
      const shut = Object.keys(state.shut) as Address[]
      if (reach !== memory.reach || state.trouble !== memory.trouble || shut.join() !== memory.shut.join())
        turned.add(id)
      if (read && !memory.read) firstRead = true
      memory.reach = reach
      memory.read = read
      memory.trouble = state.trouble
      memory.shut = shut
      takeApplied(memory, state.applied, applied)
    }
    return { fresh, applied, turned, firstRead }
  }

  async load(store: Store, speaker: SpeakerId): Promise<void> {
    const [targets, observed] = await Promise.all([store.targets.all(speaker), store.observations.all(speaker)])
    for (const { prefix, target, generation } of targets) this.#stand(speaker, prefix, { target, generation })
    for (const [prefix, route] of observed) this.see(speaker, prefix, route)
    await this.loadWords(store, speaker)
  }

  /** What the speaker refused, what its neighbors' adj-out says instead, and what they offer. */
  async loadWords(store: Store, speaker: SpeakerId): Promise<void> {
    const [refused, unproved, offers] = await Promise.all([
      store.observations.refused(speaker),
      store.observations.unproved(speaker),
      store.observations.offers(speaker),
    ])
    Object.assign(this.#memory(speaker), { refused, unproved, offers })
  }

  see(speaker: SpeakerId, prefix: Prefix, route: ObservedRoute | undefined): void {
    const memory = this.#memory(speaker)
    if (route === undefined) memory.observed.delete(prefix)
    else memory.observed.set(prefix, route)
    this.#index(speaker, prefix)
  }

  /** Takes in what the planner itself decided, under the generations that Redis gave. */
  decided(changes: TargetChanges, generations: ReadonlyMap<SpeakerId, number>): void {
    for (const [speaker, { set, forget }] of changes) {
      const generation = generations.get(speaker) ?? 0
      const memory = this.#memory(speaker)
      memory.decided = Math.max(memory.decided, generation)
      for (const [prefix, target] of set) this.#stand(speaker, prefix, { target, generation })
      for (const prefix of forget) this.#stand(speaker, prefix, undefined)
    }
  }

  #stand(speaker: SpeakerId, prefix: Prefix, standing: Standing | undefined): void {
    const { targets, unapplied, applied } = this.#memory(speaker)
    if (standing !== undefined && standing.generation > applied) unapplied.add(prefix)
    else unapplied.delete(prefix)
    if (isAnnouncement(targets.get(prefix)?.target)) this.announcements--
    if (isAnnouncement(standing?.target)) this.announcements++
    if (standing === undefined) targets.delete(prefix)
    else targets.set(prefix, standing)
    this.#index(speaker, prefix)
  }

  #index(speaker: SpeakerId, prefix: Prefix): void {
    const memory = this.#memory(speaker)
    const present = memory.targets.has(prefix) || memory.observed.has(prefix)
    const sites = this.#sites.get(prefix)
    if (present) {
      if (sites === undefined) this.#sites.set(prefix, new Set([speaker]))
      else sites.add(speaker)
    } else if (sites?.delete(speaker) === true && sites.size === 0) this.#sites.delete(prefix)
  }

  #memory(speaker: SpeakerId): SpeakerMemory {
    let memory = this.#speakers.get(speaker)
    if (memory === undefined) {
      memory = {
        reach: 'unknown',
        decided: 0,
        applied: 0,
        read: false,
        trouble: undefined,
        targets: new Map(),
        observed: new Map(),
        unapplied: new Set(),
        refused: new Map(),
        unproved: new Map(),
        offers: new Map(),
        shut: [],
      }
      this.#speakers.set(speaker, memory)
    }
    return memory
  }
}

function isAnnouncement(target: Target | undefined): boolean {
  return target?.kind === 'announce' && target.via === undefined
}

/** Raises or lowers (a restarted daemon) the applied generation; adds the prefixes that are applied by it. */
function takeApplied(memory: SpeakerMemory, generation: number, released: Set<Prefix>): void {
  if (generation < memory.applied) for (const prefix of memory.targets.keys()) memory.unapplied.add(prefix)
  if (generation === memory.applied) return
  memory.applied = generation
  for (const prefix of memory.unapplied)
    if ((memory.targets.get(prefix)?.generation ?? 0) <= generation) {
      memory.unapplied.delete(prefix)
      released.add(prefix)
    }
}
