/**
 * The planner's memory of the fleet: standing targets, observed routes and reach of every speaker, as Redis last said.
 * Loaded whole when a leader starts, then kept by the dirty marks of observations and by the leader's own decisions.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { OperationError } from '../bgp/operation-error.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { ObservedRoute, SpeakerReach, Target, TargetChanges } from '../plan/observed.ts'
import type { FleetState } from '../plan/plan.ts'
import type { SpeakerState, Store } from '../store/store.ts'

interface Standing {
  readonly target: Target
  readonly generation: number
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
  refused: ReadonlyMap<Prefix, string>
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

  /** Takes in reach and applied generations; answers the speakers that are new, whose tables must be loaded. */
  refresh(
    states: ReadonlyMap<SpeakerId, Pick<SpeakerState, 'decided' | 'applied' | 'status' | 'trouble'>>,
  ): readonly SpeakerId[] {
    const fresh: SpeakerId[] = []
    for (const [id, state] of states) {
      // Redis lost what it had taken (a failover, a kill): what is in memory here is not what workers will see.
      if (state.decided < (this.#speakers.get(id)?.decided ?? 0))
        throw new OperationError('store-rolled-back', `Redis lost decisions about ${id}; everything is loaded again`)
      const reach = state.status?.reach ?? 'unknown'
      const memory = this.#speakers.get(id)
      const read = state.status?.readAtMs !== undefined
      if (memory === undefined) {
        this.#speakers.set(id, {
          reach,
          decided: 0,
          applied: state.applied,
          read,
          trouble: state.trouble,
          targets: new Map(),
          observed: new Map(),
          refused: new Map(),
        })
        fresh.push(id)
        continue
      }
      memory.reach = reach
      memory.applied = state.applied
      memory.read = read
      memory.trouble = state.trouble
    }
    return fresh
  }

  async load(store: Store, speaker: SpeakerId): Promise<void> {
    const [targets, observed, refused] = await Promise.all([
      store.targets.all(speaker),
      store.observations.all(speaker),
      store.observations.refused(speaker),
    ])
    for (const { prefix, target, generation } of targets) this.#stand(speaker, prefix, { target, generation })
    for (const [prefix, route] of observed) this.see(speaker, prefix, route)
    this.refuse(speaker, refused)
  }

  see(speaker: SpeakerId, prefix: Prefix, route: ObservedRoute | undefined): void {
    const memory = this.#memory(speaker)
    if (route === undefined) memory.observed.delete(prefix)
    else memory.observed.set(prefix, route)
    this.#index(speaker, prefix)
  }

  refuse(speaker: SpeakerId, refused: ReadonlyMap<Prefix, string>): void {
    this.#memory(speaker).refused = refused
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
    const { targets } = this.#memory(speaker)
    if (targets.get(prefix)?.target.kind === 'announce') this.announcements--
    if (standing?.target.kind === 'announce') this.announcements++
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
        refused: new Map(),
      }
      this.#speakers.set(speaker, memory)
    }
    return memory
  }
}
