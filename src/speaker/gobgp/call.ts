/**
 * One remote procedure call, in the three shapes GoBGP has, each with a deadline, an abort signal and translated errors.
 * A budget is one deadline for all calls that answer one question.
 */
import type { Client } from '@grpc/grpc-js'
import { Metadata } from '@grpc/grpc-js'
import { OperationError } from '../../bgp/operation-error.ts'
import type { CallOptions } from '../speaker.ts'
import { operationError } from './grpc-error.ts'
import type { Method } from './methods.ts'

export interface Budget {
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly signal: AbortSignal | undefined
}

export function budget({ deadlineMs, signal }: CallOptions): Budget {
  return { until: Date.now() + deadlineMs, signal }
}

/** A client and what people call the daemon it talks to. */
export interface Link {
  readonly client: Client
  readonly endpoint: string
}

interface Cancellable {
  cancel(): void
}

const metadata = new Metadata()

export function unary<Request, Response>(
  link: Link,
  method: Method<Request, Response>,
  request: Request,
  { until, signal }: Budget,
): Promise<Response> {
  return answer(link, method, signal, (resolve, reject) =>
    link.client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      { deadline: until },
      (error, response) => (error === null ? resolve(response as Response) : reject(error)),
    ),
  )
}

/** Reads a stream of answers to its end; each answer is handed to `take` as it comes. */
export function collect<Request, Response>(
  link: Link,
  method: Method<Request, Response>,
  request: Request,
  { until, signal }: Budget,
  take: (response: Response) => void,
): Promise<void> {
  return answer(link, method, signal, (resolve, reject) => {
    const stream = link.client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      { deadline: until },
    )
    stream.on('data', take)
    stream.on('error', reject)
    stream.on('end', () => resolve(undefined))
    return stream
  })
}

/** Sends requests as fast as the daemon takes them; each is made when it is about to be sent. */
export function send<Request>(
  link: Link,
  method: Method<Request, unknown>,
  requests: Iterator<Request>,
  { until, signal }: Budget,
): Promise<void> {
  return answer(link, method, signal, (resolve, reject) => {
    const stream = link.client.makeClientStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      metadata,
      { deadline: until },
      (error) => (error === null ? resolve(undefined) : reject(error)),
    )
    let ended = false
    const fill = () => {
      while (!ended) {
        const next = requests.next()
        if (next.done === true) {
          ended = true
          stream.end()
        } else if (!stream.write(next.value)) return
      }
    }
    stream.on('drain', fill)
    stream.on('error', () => (ended = true)) // the callback tells
    fill()
    return stream
  })
}

function answer<Response>(
  { endpoint }: Link,
  { path }: { readonly path: string },
  signal: AbortSignal | undefined,
  begin: (resolve: (response: Response) => void, reject: (error: unknown) => void) => Cancellable,
): Promise<Response> {
  const doing = `gobgpd at ${endpoint}, ${path.slice(path.lastIndexOf('/') + 1)}`
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new OperationError('aborted', `${doing} was aborted`))
      return
    }
    let call: Cancellable | undefined
    const abort = () => call?.cancel()
    const settle = () => signal?.removeEventListener('abort', abort)
    signal?.addEventListener('abort', abort, { once: true })
    call = begin(
      (response) => {
        settle()
        resolve(response)
      },
      (error) => {
        settle()
        reject(operationError(error, doing, signal))
      },
    )
  })
}
