/**
 * Feeds the session book: what watchers told of every speaker's neighbors is read every two seconds, and each change of a
 * session comes as an event at once, so that one that is lost and back within two seconds is counted too. A speaker that
 * cannot be read tells nothing of its sessions, and is an alarm itself.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Alarms } from '../../health/alarm.ts'
import type { Condition } from '../../health/failover-input.ts'
import { type SpeakerReachReport, reachConditions } from '../../health/reach.ts'
import {
  type IsPlanned,
  type PlaceOfSession,
  SessionBook,
  type SessionStanding,
  linesDown,
} from '../../health/session.ts'
import { wantedShutdowns } from '../../intent/compile/shutdowns.ts'
import type { Intent, NeighborId, SpeakerId } from '../../intent/model.ts'
import type { SpeakerState, Store } from '../../store/store.ts'

const readEveryMs = 2000

export class SessionWatch {
  readonly #store: Store
  readonly #clock: () => number
  readonly #intent: () => Intent | undefined
  readonly #book = new SessionBook()
  readonly #reach = new Map<SpeakerId, SpeakerReachReport>()
  /** Addresses of sessions that Herald has shut, as last read. */
  #shut = new Map<SpeakerId, ReadonlySet<string>>()
  readonly #isPlanned: IsPlanned = (speaker, address) =>
    this.#shut.get(speaker)?.has(address) === true || this.#isToBeShut(speaker, address)

  constructor(store: Store, clock: () => number, intent: () => Intent | undefined) {
    this.#store = store
    this.#clock = clock
    this.#intent = intent
  }

  /** Until the signal aborts; `turned` is told whenever a session is lost or comes back. */
  async run(signal: AbortSignal, turned: () => Promise<void>): Promise<void> {
    await Promise.race([this.#readAll(signal, turned), this.#listen(signal, turned)])
  }

  conditions(intent: Intent, alarms: Alarms): readonly Condition[] {
    const nowMs = this.#clock()
    return [
      ...reachConditions(intent.speakers, this.#reach, nowMs),
      ...this.#book.conditions(placeOfSession(intent), this.#isPlanned, alarms, nowMs),
    ]
  }

  /** Sessions of speakers that documents name. */
  standing(intent: Intent): readonly SessionStanding[] {
    return this.#book.standing(placeOfSession(intent), this.#clock())
  }

  /** Neighbors whose session was read, and is not established. */
  down(intent: Intent): ReadonlySet<NeighborId> {
    return linesDown(intent, (speaker, address) => this.#book.isEstablished(speaker, address))
  }

  /** Some neighbor of a speaker is in no document. */
  hasUnnamed(intent: Intent): boolean {
    return this.standing(intent).some(({ place }) => place.neighbor === undefined)
  }

  async #readAll(signal: AbortSignal, turned: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const states = await this.#store.speakers.states()
      this.#book.keep(states)
      this.#followReach(states)
      this.#shut = new Map(Array.from(states, ([id, { shut }]) => [id, new Set(Object.keys(shut))]))
      let any = false
      for (const [speaker, { status }] of states)
        if (status?.reach === 'up' && status.neighbors !== undefined)
          any = this.#book.read(speaker, status.neighbors, this.#clock(), this.#isPlanned) || any
      if (any) await turned()
      await sleep(readEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** It is heard of before it is read that Herald did it: what documents say comes first. */
  #isToBeShut(speaker: SpeakerId, address: string): boolean {
    const intent = this.#intent()
    if (intent === undefined) return false
    const neighbor = placeOfSession(intent)(speaker, address)?.neighbor
    return neighbor !== undefined && wantedShutdowns(intent, speaker, this.#clock()).has(neighbor)
  }

  /** Another problem than before is no new beginning. */
  #followReach(states: ReadonlyMap<SpeakerId, Pick<SpeakerState, 'status'>>): void {
    for (const speaker of this.#reach.keys()) if (!states.has(speaker)) this.#reach.delete(speaker)
    for (const [speaker, { status }] of states) {
      if (status === undefined) continue
      const before = this.#reach.get(speaker)
      const sinceMs = before?.reach === status.reach ? before.sinceMs : status.sinceMs
      this.#reach.set(speaker, { ...status, sinceMs })
    }
  }

  async #listen(signal: AbortSignal, turned: () => Promise<void>): Promise<void> {
    for await (const { event } of this.#store.events.follow('$', signal))
      if (event.type === 'neighbor')
        if (this.#book.hear(event.speaker as SpeakerId, event.address, event.state, this.#clock(), this.#isPlanned))
          await turned()
  }
}

/** Addresses of neighbors that documents name, by speaker; made anew only when documents changed. */
const named = new WeakMap<Intent, ReadonlyMap<string, NeighborId>>()

function placeOfSession(intent: Intent): PlaceOfSession {
  let names = named.get(intent)
  if (names === undefined) {
    names = new Map([...intent.neighbors.values()].map(({ id, speaker, address }) => [`${speaker} ${address}`, id]))
    named.set(intent, names)
  }
  const known = names
  return (speaker, address) => {
    const pop = intent.speakers.get(speaker)?.pop
    if (pop === undefined) return undefined
    const neighbor = known.get(`${speaker} ${address}`)
    return { pop, ...(neighbor !== undefined && { neighbor }) }
  }
}
