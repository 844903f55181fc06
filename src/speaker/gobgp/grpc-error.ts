/**
 * gRPC's failures in Herald's words, translated here and nowhere else. GoBGP answers most mistakes with UNKNOWN and a
 * sentence; the sentence is kept.
 */
import { type ServiceError, status } from '@grpc/grpc-js'
import { type OperationCode, OperationError } from '../../bgp/operation-error.ts'
import { tlsTrouble } from './tls-words.ts'

const notStarted = "bgp server hasn't started yet"

/** @param doing what was asked of whom: `gobgpd at 192.0.2.1:50051, AddPath` */
export function operationError(error: unknown, doing: string, signal?: AbortSignal): OperationError {
  if (error instanceof OperationError) return error
  const said = words(error)
  if (signal?.aborted === true) return new OperationError('aborted', `${doing} was aborted`, { cause: error })
  if (said.includes(notStarted))
    return new OperationError('speaker-unreachable', `${doing}: BGP is not started there (${said})`, { cause: error })
  const code = operationCode(grpcStatus(error))
  const sentence = code === 'speaker-timeout' ? `${doing}: no answer within the deadline` : `${doing}: ${said}`
  return new OperationError(code, sentence, { cause: error })
}

/** True where the daemon answered that it does not know the service: it speaks the other version of the API. */
export function isUnimplemented(error: unknown): boolean {
  return grpcStatus(error instanceof OperationError ? error.cause : error) === status.UNIMPLEMENTED
}

/** The daemon's own words about what it refused. */
export function refusal(error: OperationError): string {
  return words(error.cause ?? error)
}

function operationCode(code: number | undefined): OperationCode {
  switch (code) {
    case status.UNAVAILABLE:
    case status.CANCELLED: // by the daemon: ours is seen by the signal
    case status.INTERNAL: // the HTTP/2 stream broke
      return 'speaker-unreachable'
    case status.DEADLINE_EXCEEDED:
      return 'speaker-timeout'
    case status.UNIMPLEMENTED:
      return 'speaker-unsupported'
    default:
      return 'speaker-refused'
  }
}

function grpcStatus(error: unknown): number | undefined {
  return isServiceError(error) ? error.code : undefined
}

/** grpc-js tells the cause of a connection that is not there in a sentence about itself. */
const ownWords = /^No connection established\. Last error: (?:Error: )?(.*)\. Resolution note: *(.*)$/s
/** The same trouble a second later would be news. */
const moment = / \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/g
/** The other side closed the connection before it said anything. */
const closedAtOnce = 'Failed to connect'

function words(error: unknown): string {
  if (isServiceError(error)) {
    const said = error.details.replace(moment, '').replace(ownWords, '$1 $2').trim()
    if (said === closedAtOnce) return `${said}; where it wants TLS, write tls`
    return tlsTrouble(said) ?? said
  }
  return error instanceof Error ? error.message : String(error)
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && 'code' in error && typeof error.code === 'number'
}
