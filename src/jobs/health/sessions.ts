/**
 * Feeds the session book: what watchers told of every speaker's neighbors is read every two seconds, and each change of a
 * session comes as an event at once, so that one that is lost and back within two seconds is counted too.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Alarms } from '../../health/alarm.ts'
import type { Condition } from '../../health/failover-input.ts'
import { type PlaceOfSession, SessionBook } from '../../health/session.ts'
import type { Intent, NeighborId, SpeakerId } from '../../intent/model.ts'
import type { Store } from '../../store/store.ts'

const readEveryMs = 2000

export class SessionWatch {
  readonly #store: Store
  readonly #clock: () => number
  readonly #book = new SessionBook()

  constructor(store: Store, clock: () => number) {
    this.#store = store
    this.#clock = clock
  }

  /** Until the signal aborts; `turned` is told whenever a session is lost or comes back. */
  async run(signal: AbortSignal, turned: () => Promise<void>): Promise<void> {
    await Promise.race([this.#readAll(signal, turned), this.#listen(signal, turned)])
  }

  conditions(intent: Intent, alarms: Alarms): readonly Condition[] {
    return this.#book.conditions(placeOfSession(intent), alarms, this.#clock())
  }

  async #readAll(signal: AbortSignal, turned: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const states = await this.#store.speakers.states()
      this.#book.keep(states)
      let any = false
      for (const [speaker, { status }] of states)
        if (status?.reach === 'up' && status.neighbors !== undefined)
          any = this.#book.read(speaker, status.neighbors, this.#clock()) || any
      if (any) await turned()
      await sleep(readEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  async #listen(signal: AbortSignal, turned: () => Promise<void>): Promise<void> {
    for await (const { event } of this.#store.events.follow('$', signal))
      if (event.type === 'neighbor')
        if (this.#book.hear(event.speaker as SpeakerId, event.address, event.state, this.#clock())) await turned()
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
