/**
 * Between an event stream and its consumer. The stream never waits: what the consumer has not taken yet is merged, a
 * prefix is named once and a neighbor has its latest state, so that the queue is bounded by the table, not by time.
 */
import type { Address } from '../bgp/address.ts'
import type { OperationError } from '../bgp/operation-error.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { SpeakerEvent, SpeakerNeighbor } from './speaker.ts'

export class EventQueue {
  #prefixes = new Set<Prefix>()
  #neighbors = new Map<Address, SpeakerNeighbor['state']>()
  #changed = Promise.withResolvers<void>()
  #ended: { readonly error: OperationError | undefined } | undefined

  route(prefix: Prefix): void {
    this.#prefixes.add(prefix)
    this.#changed.resolve()
  }

  neighbor(address: Address, state: SpeakerNeighbor['state']): void {
    this.#neighbors.set(address, state)
    this.#changed.resolve()
  }

  /** No more events: quietly, or with the error that `drain` throws after the last one. The first call counts. */
  end(error?: OperationError): void {
    this.#ended ??= { error }
    this.#changed.resolve()
  }

  /** Everything since the last time, as soon as there is something, until the end. */
  async *drain(): AsyncGenerator<readonly SpeakerEvent[]> {
    for (;;) {
      await this.#changed.promise
      this.#changed = Promise.withResolvers()
      const ended = this.#ended
      const events = this.#take()
      if (events.length > 0) yield events
      if (ended?.error !== undefined) throw ended.error
      if (ended !== undefined) return
    }
  }

  #take(): readonly SpeakerEvent[] {
    const events: SpeakerEvent[] = [...this.#neighbors].map(([address, state]) => ({
      kind: 'neighbor',
      address,
      state,
    }))
    if (this.#prefixes.size > 0) events.push({ kind: 'routes', prefixes: [...this.#prefixes] })
    this.#prefixes = new Set()
    this.#neighbors = new Map()
    return events
  }
}
