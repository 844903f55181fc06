/**
 * A tiny pure fleet: speakers with RIBs, a worker that pushes targets and reads back, a watcher that notices. It keeps
 * the promises that Redis, workers and watchers keep, and nothing more, so that the planner meets every order of events.
 */
import type { Address } from '../../src/bgp/address.ts'
import { ownerEpoch, steeredEpoch } from '../../src/bgp/mark.ts'
import { type AttributesKey, attributesKey, attributesOf } from '../../src/bgp/path.ts'
import type { Prefix } from '../../src/bgp/prefix.ts'
import type { SpeakerId } from '../../src/intent/model.ts'
import type { SpeakerTable } from '../../src/plan/drained.ts'
import type { FleetState } from '../../src/plan/fleet-state.ts'
import type { ObservedRoute, Offer, SpeakerReach, Target } from '../../src/plan/observed.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { asn, epoch } from './builders.ts'

interface Standing {
  readonly target: Target
  readonly generation: number
}

interface PretendSpeaker {
  reach: SpeakerReach
  decided: number
  applied: number
  readonly targets: Map<Prefix, Standing>
  readonly rib: Map<Prefix, AttributesKey>
  readonly observed: Map<Prefix, ObservedRoute>
  readonly refuses: Map<Prefix, string>
  readonly refused: Map<Prefix, string>
}

export const foreignPath = attributesKey({
  origin: 'igp',
  asPath: [],
  nextHop: '0.0.0.0' as never,
  communities: [],
  largeCommunities: [],
})

export class PretendFleet implements FleetState {
  readonly adoptable = new Set<string>()
  /** `speaker prefix` → what a neighbor's adj-out says instead. */
  readonly disagreeing = new Map<string, string>()
  /** `speaker prefix` → what neighbors offer. */
  readonly offered = new Map<string, readonly Offer[]>()
  /** Sessions that Herald shut down and that are not established again. */
  readonly shut = new Map<SpeakerId, readonly Address[]>()
  /** Speakers that no watcher has read yet. */
  readonly neverRead = new Set<SpeakerId>()
  /** Names the store; paths of another one are `other-epoch`. */
  epoch = epoch
  readonly #speakers = new Map<SpeakerId, PretendSpeaker>()

  constructor(speakers: Iterable<SpeakerId>) {
    for (const id of speakers) this.#at(id)
  }

  speaker(id: SpeakerId): { readonly reach: SpeakerReach; readonly applied: number } | undefined {
    return this.neverRead.has(id) ? undefined : this.#speakers.get(id)
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
    return this.disagreeing.get(`${speaker} ${prefix}`)
  }

  offers(speaker: SpeakerId, prefix: Prefix): readonly Offer[] {
    return this.offered.get(`${speaker} ${prefix}`) ?? []
  }

  shutSessions(speaker: SpeakerId): readonly Address[] {
    return this.shut.get(speaker) ?? []
  }

  /** All that is decided and was read; undefined where it cannot be reached. */
  table(id: SpeakerId): SpeakerTable | undefined {
    const speaker = this.#speakers.get(id)
    if (speaker?.reach !== 'up' || this.neverRead.has(id)) return undefined
    const unproved = new Map(
      [...this.disagreeing].flatMap(([place, words]) => {
        const [at, prefix] = place.split(' ')
        return at === id ? [[prefix as Prefix, words] as const] : []
      }),
    )
    return { ...speaker, unproved }
  }

  siteSpeakers(prefix: Prefix): Iterable<SpeakerId> {
    return this.speakers().filter((id) => this.target(id, prefix) !== undefined || this.observed(id, prefix))
  }

  adopting(prefix: Prefix, speaker: SpeakerId): boolean {
    return this.adoptable.has(`${speaker} ${prefix}`)
  }

  get announcements(): number {
    let count = 0
    for (const { targets } of this.#speakers.values())
      for (const { target } of targets.values()) if (target.kind === 'announce' && target.via === undefined) count++
    return count
  }

  speakers(): readonly SpeakerId[] {
    return [...this.#speakers.keys()]
  }

  /** Prefixes with a standing decision. */
  decidedPrefixes(speaker: SpeakerId): Iterable<Prefix> {
    return this.#at(speaker).targets.keys()
  }

  /** What the RIB truly holds. */
  rib(speaker: SpeakerId): ReadonlyMap<Prefix, AttributesKey> {
    return this.#at(speaker).rib
  }

  /** Takes in what a plan decides, as Redis does: one new generation a speaker. */
  take({ targets }: Plan): void {
    for (const [id, { set, forget }] of targets) {
      const speaker = this.#at(id)
      speaker.decided++
      for (const [prefix, target] of set) speaker.targets.set(prefix, { target, generation: speaker.decided })
      for (const prefix of forget) speaker.targets.delete(prefix)
    }
  }

  /** One run of the worker: pushes what is pending, reads it back, raises the applied generation. */
  apply(id: SpeakerId): void {
    const speaker = this.#at(id)
    if (speaker.reach !== 'up') return
    for (const [prefix, { target, generation }] of speaker.targets)
      if (generation > speaker.applied) this.#push(speaker, prefix, target)
    speaker.applied = speaker.decided
  }

  /** A worker that is killed after its first `count` pushes: nothing read back, nothing noted. */
  applyAndDie(id: SpeakerId, count: number): void {
    const speaker = this.#at(id)
    if (speaker.reach !== 'up') return
    const pending = [...speaker.targets].filter(([, { generation }]) => generation > speaker.applied)
    for (const [prefix, { target }] of pending.slice(0, count)) this.#write(speaker, prefix, target)
  }

  refuse(id: SpeakerId, prefix: Prefix, words: string | undefined): void {
    if (words === undefined) this.#at(id).refuses.delete(prefix)
    else this.#at(id).refuses.set(prefix, words)
  }

  /** Nobody can reach the speaker; its daemon and its RIB live on. */
  lose(id: SpeakerId): void {
    this.#at(id).reach = 'unknown'
  }

  /** Reached again: the whole RIB is read. */
  find(id: SpeakerId): void {
    const speaker = this.#at(id)
    speaker.reach = 'up'
    this.look(id)
  }

  /** The daemon restarts empty, and Herald notices: all standing targets are to be applied again. */
  restart(id: SpeakerId): void {
    const speaker = this.#at(id)
    speaker.rib.clear()
    if (speaker.reach !== 'up') return
    speaker.applied = 0
    this.look(id)
  }

  /** Somebody edits the RIB by hand; `undefined` deletes. */
  edit(id: SpeakerId, prefix: Prefix, attributes: AttributesKey | undefined): void {
    const speaker = this.#at(id)
    if (attributes === undefined) speaker.rib.delete(prefix)
    else speaker.rib.set(prefix, attributes)
    if (speaker.reach === 'up') this.look(id)
  }

  /** The watcher reads the whole RIB. */
  look(id: SpeakerId): void {
    const speaker = this.#at(id)
    for (const prefix of new Set([...speaker.observed.keys(), ...speaker.rib.keys()])) this.#read(speaker, prefix)
  }

  /** Herald runs on another, empty Redis, and reads every RIB anew. */
  startEpoch(number: number): void {
    this.epoch = number
    this.loseTargets()
    for (const id of this.#speakers.keys()) this.look(id)
  }

  /** Redis lost every target and every generation. */
  loseTargets(): void {
    for (const speaker of this.#speakers.values()) {
      speaker.targets.clear()
      speaker.decided = 0
      speaker.applied = 0
    }
  }

  #push(speaker: PretendSpeaker, prefix: Prefix, target: Target): void {
    this.#write(speaker, prefix, target)
    this.#read(speaker, prefix)
  }

  #write(speaker: PretendSpeaker, prefix: Prefix, target: Target): void {
    speaker.refused.delete(prefix)
    if (target.kind === 'withdraw') speaker.rib.delete(prefix)
    else {
      const words = speaker.refuses.get(prefix)
      if (words === undefined) speaker.rib.set(prefix, target.attributes)
      else speaker.refused.set(prefix, words)
    }
  }

  #read(speaker: PretendSpeaker, prefix: Prefix): void {
    const attributes = speaker.rib.get(prefix)
    if (attributes === undefined) speaker.observed.delete(prefix)
    else speaker.observed.set(prefix, { attributes, identifier: 0, owner: this.#ownerOf(attributes) })
  }

  #at(id: SpeakerId): PretendSpeaker {
    let speaker = this.#speakers.get(id)
    if (speaker === undefined) {
      speaker = {
        reach: 'up',
        decided: 0,
        applied: 0,
        targets: new Map(),
        rib: new Map(),
        observed: new Map(),
        refuses: new Map(),
        refused: new Map(),
      }
      this.#speakers.set(id, speaker)
    }
    return speaker
  }

  #ownerOf(attributes: AttributesKey): ObservedRoute['owner'] {
    const { largeCommunities } = attributesOf(attributes)
    const found = ownerEpoch(asn, largeCommunities) ?? steeredEpoch(asn, largeCommunities)
    if (found === undefined) return 'foreign'
    return found === this.epoch ? 'ours' : 'other-epoch'
  }
}
