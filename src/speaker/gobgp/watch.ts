/**
 * The event stream: best-path changes, all routes of chosen neighbors, and neighbors' states. Reading never waits for the consumer, because gobgpd
 * buffers without bound for a reader that stalls (about 1 kB an event).
 */
import { Metadata } from '@grpc/grpc-js'
import { OperationError } from '../../bgp/operation-error.ts'
import { EventQueue } from '../event-queue.ts'
import type { SpeakerEvent, WatchOptions } from '../speaker.ts'
import type { ReadDaemon } from './connection.ts'
import { readEvent } from './event-message.ts'
import type { WatchEventRequest } from './messages.ts'
import { operationError } from './grpc-error.ts'

interface StreamOptions extends WatchOptions {
  /** A daemon that has not begun to stream by then is taken for hung. */
  readonly opensWithinMs: number
}

export async function* watchEvents(
  { client, endpoint, codec, methods: { watchEvent: method } }: ReadDaemon,
  { signal, opened, opensWithinMs, neighbors = [] }: StreamOptions,
): AsyncGenerator<readonly SpeakerEvent[]> {
  const doing = `gobgpd at ${endpoint}, WatchEvent`
  const queue = new EventQueue()
  const end = (error: unknown) => (signal.aborted ? queue.end() : queue.end(operationError(error, doing)))
  const open = (request: WatchEventRequest) => {
    const { path, requestSerialize, responseDeserialize } = method
    const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, new Metadata())
    stream.on('error', end)
    stream.on('end', () => end(new OperationError('speaker-unreachable', `${doing}: the daemon ended the stream`)))
    return stream
  }
  // Without init: a dump of the table can be 31 MB. The dump of peers is short, and its end says that the stream is on.
  const stream = open({ peer: {}, table: { filters: [{ type: codec.watchBest, init: false }] } })
  const hung = setTimeout(
    () => end(new OperationError('speaker-timeout', `${doing}: nothing within ${opensWithinMs} ms`)),
    opensWithinMs,
  )
  stream.on('data', (response: Buffer) => {
    if (!readEvent(codec, response, queue)) return
    clearTimeout(hung)
    opened()
  })
  // A stream each: of several filters for neighbors in one request GoBGP heeds the last alone.
  const streams = [stream]
  for (const address of neighbors) {
    const filters = [{ type: codec.watchAdjIn, init: false, peer_address: address }]
    const one = open({ table: { filters } })
    one.on('data', (response: Buffer) => void readEvent(codec, response, queue))
    streams.push(one)
  }
  const abort = () => {
    queue.end()
    for (const one of streams) one.cancel()
  }
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    yield* queue.drain()
  } finally {
    clearTimeout(hung)
    signal.removeEventListener('abort', abort)
    for (const one of streams) one.cancel()
  }
}
