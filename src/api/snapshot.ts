/**
 * The fleet as Redis has it at this moment, read for one question: a preview, a plan, an explanation. The planner keeps
 * its own memory; this is a copy for people.
 */
import type { Address } from '../bgp/address.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { Intent, SpeakerId } from '../intent/model.ts'
import type { ObservedRoute, Offer, SpeakerReach, Target } from '../plan/observed.ts'
import type { Established } from '../plan/audience.ts'
import type { FleetState } from '../plan/fleet-state.ts'
import type { SpeakerStatus, Store } from '../store/store.ts'

interface Standing {
  readonly target: Target
  readonly generation: number
}

/** A fleet that also tells which prefixes it knows, and who is connected. */
export interface FleetSnapshot extends FleetState {
  readonly prefixes: readonly Prefix[]
  readonly established: Established
}

interface SpeakerView {
  readonly reach: SpeakerReach
  readonly applied: number
  /** Its RIB was read at least once. */
  readonly read: boolean
  readonly trouble: string | undefined
  /** Undefined: not known now. */
  readonly established: ReadonlySet<Address> | undefined
  readonly targets: ReadonlyMap<Prefix, Standing>
  readonly observed: ReadonlyMap<Prefix, ObservedRoute>
  readonly refused: ReadonlyMap<Prefix, string>
  readonly unproved: ReadonlyMap<Prefix, string>
  readonly offers: ReadonlyMap<Prefix, readonly Offer[]>
  readonly shut: readonly Address[]
}

/**
 * @param prefixes what the question is about; `all` reads every table of every speaker
 * @param announcements standing announcements in all, where only some prefixes are read
 */
export async function readFleet(
  store: Store,
  intent: Intent,
  prefixes: readonly Prefix[] | 'all',
  announcements?: number,
): Promise<FleetSnapshot> {
  const states = await store.speakers.states()
  const ids = [...new Set([...states.keys(), ...intent.speakers.keys()])]
  const views = new Map(
    await Promise.all(
      ids.map(async (id): Promise<[SpeakerId, SpeakerView]> => {
        const [targets, observed, refused, unproved, offers] = await Promise.all([
          prefixes === 'all' ? store.targets.all(id) : store.targets.of(id, prefixes),
          prefixes === 'all' ? store.observations.all(id) : store.observations.of(id, prefixes),
          store.observations.refused(id),
          store.observations.unproved(id),
          store.observations.offers(id),
        ])
        const state = states.get(id)
        return [
          id,
          {
            reach: state?.status?.reach ?? 'unknown',
            applied: state?.applied ?? 0,
            read: state?.status?.readAtMs !== undefined,
            trouble: state?.trouble,
            established: establishedOf(state?.status),
            targets: new Map(targets.map(({ prefix, target, generation }) => [prefix, { target, generation }])),
            observed,
            refused,
            unproved,
            offers,
            shut: Object.keys(state?.shut ?? {}) as Address[],
          },
        ]
      }),
    ),
  )
  return fleetOf(views, intent, announcements)
}

function fleetOf(
  views: ReadonlyMap<SpeakerId, SpeakerView>,
  intent: Intent,
  announcements: number | undefined,
): FleetSnapshot {
  const sites = new Map<Prefix, Set<SpeakerId>>()
  let standing = 0
  for (const [id, { targets, observed }] of views) {
    for (const [prefix, { target }] of targets) {
      if (target.kind === 'announce' && target.via === undefined) standing++
      mapSet(sites, prefix).add(id)
    }
    for (const prefix of observed.keys()) mapSet(sites, prefix).add(id)
  }
  return {
    speaker: (id) => (views.get(id)?.read === true ? views.get(id) : undefined),
    target: (speaker, prefix) => views.get(speaker)?.targets.get(prefix),
    observed: (speaker, prefix) => views.get(speaker)?.observed.get(prefix),
    refused: (speaker, prefix) => views.get(speaker)?.refused.get(prefix),
    unproved: (speaker, prefix) => views.get(speaker)?.unproved.get(prefix),
    offers: (speaker, prefix) => views.get(speaker)?.offers.get(prefix) ?? [],
    shutSessions: (speaker) => views.get(speaker)?.shut ?? [],
    siteSpeakers: (prefix) => sites.get(prefix) ?? [],
    announcements: announcements ?? standing,
    prefixes: [...sites.keys()],
    established: (id) => views.get(id)?.established,
    adopting: (prefix, speaker) => intent.prefixes.get(prefix)?.adopt.has(speaker) ?? false,
  }
}

/** Of a speaker that answers; what an unknown one's sessions do is not known. */
function establishedOf(status: SpeakerStatus | undefined): ReadonlySet<Address> | undefined {
  if (status?.reach !== 'up' || status.neighbors === undefined) return undefined
  return new Set(status.neighbors.filter(({ state }) => state === 'established').map(({ address }) => address))
}

function mapSet(sites: Map<Prefix, Set<SpeakerId>>, prefix: Prefix): Set<SpeakerId> {
  let found = sites.get(prefix)
  if (found === undefined) sites.set(prefix, (found = new Set()))
  return found
}
