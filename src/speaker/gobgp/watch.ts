/**
 * The event stream: best-path changes and neighbors' states. Reading never waits for the consumer, because gobgpd
 * buffers without bound for a reader that stalls; what the consumer has not taken yet is merged: a prefix is named once,
 * a neighbor has its latest state.
 */
import { Metadata } from '@grpc/grpc-js'
import type { Address } from '../../bgp/address.ts'
import { OperationError } from '../../bgp/operation-error.ts'
import type { Prefix } from '../../bgp/prefix.ts'
import type { SpeakerEvent, SpeakerNeighbor } from '../speaker.ts'
import { peerEvent, sessionStates } from './codec.ts'
import type { Daemon } from './connection.ts'
import { operationError } from './grpc-error.ts'
import { WireReader } from './wire.ts'

interface WatchOptions {
  readonly signal: AbortSignal
  readonly opened: () => void
  /** A daemon that has not begun to stream by then is taken for hung. */
  readonly opensWithinMs: number
}

export async function* watchEvents(
  { client, endpoint, codec, methods: { watchEvent: method } }: Daemon,
  { signal, opened, opensWithinMs }: WatchOptions,
): AsyncGenerator<readonly SpeakerEvent[]> {
  const merged = new MergedEvents()
  let changed = Promise.withResolvers<void>()
  let ended: { readonly error?: OperationError } | undefined
  const end = (error: unknown) => {
    ended ??= signal.aborted ? {} : { error: operationError(error, `gobgpd at ${endpoint}, WatchEvent`) }
    changed.resolve()
  }
  // Without init: a dump of the table would be 31 MB. The peers' dump is short, and its end says that the stream is on.
  const request = { peer: {}, table: { filters: [{ type: codec.watchBest, init: false }] } }
  const stream = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    new Metadata(),
  )
  const hung = setTimeout(() => {
    end(new OperationError('speaker-timeout', `gobgpd at ${endpoint}, WatchEvent: nothing within ${opensWithinMs} ms`))
  }, opensWithinMs)
  stream.on('data', (response: Buffer) => {
    if (readEvent(codec, response, merged)) {
      clearTimeout(hung)
      opened()
    }
    if (!merged.empty) changed.resolve()
  })
  stream.on('error', end)
  stream.on('end', () => end(new OperationError('speaker-unreachable', `gobgpd at ${endpoint} ended the event stream`)))
  const abort = () => stream.cancel()
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    for (;;) {
      await changed.promise
      changed = Promise.withResolvers()
      if (!merged.empty) yield merged.take()
      if (ended?.error !== undefined) throw ended.error
      if (ended !== undefined) return
      if (!merged.empty) changed.resolve()
    }
  } finally {
    clearTimeout(hung)
    signal.removeEventListener('abort', abort)
    stream.cancel()
  }
}

class MergedEvents {
  #prefixes = new Set<Prefix>()
  #neighbors = new Map<Address, SpeakerNeighbor['state']>()

  get empty(): boolean {
    return this.#prefixes.size === 0 && this.#neighbors.size === 0
  }

  route(prefix: Prefix): void {
    this.#prefixes.add(prefix)
  }

  neighbor(address: Address, state: SpeakerNeighbor['state']): void {
    this.#neighbors.set(address, state)
  }

  take(): readonly SpeakerEvent[] {
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

/** Field numbers, the same in both versions. */
const eventField = { peer: 2, table: 3 } as const
const tableEventPaths = 2
const pathNlri = 1
const peerEventField = { type: 1, peer: 2 } as const
const peerState = 5
const peerStateField = { neighborAddress: 4, sessionState: 13 } as const

/** Notes what the event names; true where it ends the dump of peers that a stream begins with. */
function readEvent(codec: Daemon['codec'], response: Buffer, into: MergedEvents): boolean {
  let endOfInit = false
  const event = new WireReader(response)
  while (event.next())
    if (event.field === eventField.table) readTable(codec, event.message(), into)
    else if (event.field === eventField.peer) endOfInit = readPeer(event.message(), into)
    else event.skip()
  return endOfInit
}

function readTable(codec: Daemon['codec'], table: WireReader, into: MergedEvents): void {
  while (table.next()) {
    if (table.field !== tableEventPaths) {
      table.skip()
      continue
    }
    const path = table.message()
    while (path.next()) {
      if (path.field !== pathNlri) {
        path.skip()
        continue
      }
      const prefix = codec.watchedPrefix(path.message())
      if (prefix !== undefined) into.route(prefix)
    }
  }
}

function readPeer(event: WireReader, into: MergedEvents): boolean {
  let type = 0
  let address = ''
  let session = 0
  while (event.next())
    if (event.field === peerEventField.type) type = event.varint()
    else if (event.field === peerEventField.peer) {
      const peer = event.message()
      while (peer.next()) {
        if (peer.field !== peerState) {
          peer.skip()
          continue
        }
        const state = peer.message()
        while (state.next())
          if (state.field === peerStateField.neighborAddress) address = state.text()
          else if (state.field === peerStateField.sessionState) session = state.varint()
          else state.skip()
      }
    } else event.skip()
  const word = sessionStates[session]
  if (type === peerEvent.state && word !== undefined && address !== '') into.neighbor(address as Address, word)
  return type === peerEvent.endOfInit
}
