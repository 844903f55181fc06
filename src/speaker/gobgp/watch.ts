/**
 * The event stream: best-path changes and neighbors' states. Reading never waits for the consumer, because gobgpd
 * buffers without bound for a reader that stalls (about 1 kB an event).
 */
import { Metadata } from '@grpc/grpc-js'
import type { Address } from '../../bgp/address.ts'
import { OperationError } from '../../bgp/operation-error.ts'
import { EventQueue } from '../event-queue.ts'
import type { SpeakerEvent } from '../speaker.ts'
import { type Codec, peerEvent, sessionStates } from './codec.ts'
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
  const doing = `gobgpd at ${endpoint}, WatchEvent`
  const queue = new EventQueue()
  const end = (error: unknown) => (signal.aborted ? queue.end() : queue.end(operationError(error, doing)))
  // Without init: a dump of the table can be 31 MB. The dump of peers is short, and its end says that the stream is on.
  const stream = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    { peer: {}, table: { filters: [{ type: codec.watchBest, init: false }] } },
    new Metadata(),
  )
  const hung = setTimeout(
    () => end(new OperationError('speaker-timeout', `${doing}: nothing within ${opensWithinMs} ms`)),
    opensWithinMs,
  )
  stream.on('data', (response: Buffer) => {
    if (!readEvent(codec, response, queue)) return
    clearTimeout(hung)
    opened()
  })
  stream.on('error', end)
  stream.on('end', () => end(new OperationError('speaker-unreachable', `${doing}: the daemon ended the stream`)))
  const abort = () => {
    queue.end()
    stream.cancel()
  }
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    yield* queue.drain()
  } finally {
    clearTimeout(hung)
    signal.removeEventListener('abort', abort)
    stream.cancel()
  }
}

/** Field numbers, the same in both versions. */
const eventField = { peer: 2, table: 3 } as const
const tableEventPaths = 2
const pathNlri = 1
const peerEventField = { type: 1, peer: 2 } as const
const peerState = 5
const peerStateField = { neighborAddress: 5, sessionState: 13 } as const

/** Notes what the event names; true where it ends the dump of peers that a stream begins with. */
function readEvent(codec: Codec, response: Buffer, into: EventQueue): boolean {
  let endOfInit = false
  const event = new WireReader(response)
  while (event.next())
    if (event.field === eventField.table) readTable(codec, event.message(), into)
    else if (event.field === eventField.peer) endOfInit = readPeer(event.message(), into)
    else event.skip()
  return endOfInit
}

function readTable(codec: Codec, table: WireReader, into: EventQueue): void {
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

function readPeer(event: WireReader, into: EventQueue): boolean {
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
