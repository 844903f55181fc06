/**
 * What Redis and ioredis say, translated once into the catalogue of operating failures, with the way out. Anything not
 * known here (WRONGTYPE, a syntax error) is a programmer's error and passes as it is.
 */
import { OperationError } from '../bgp/operation-error.ts'

/** @param where the server's address, without credentials */
export function translateRedisError(error: unknown, where: string): unknown {
  if (error instanceof OperationError || !(error instanceof Error)) return error
  // A transaction that was refused says why in the errors of its commands.
  const [first] = (error as Error & { previousErrors?: readonly Error[] }).previousErrors ?? []
  if (first !== undefined) return translateRedisError(first, where)
  const { message } = error
  const as = (code: 'store-unavailable' | 'store-full' | 'store-misconfigured', text: string) =>
    new OperationError(code, text, { cause: error })
  if (/^MISCONF|No space left|writing to the AOF file/i.test(message))
    return as(
      'store-full',
      `Redis at ${where} cannot write to its disk and refuses changes (${message}). Free space there; it then goes on by itself`,
    )
  if (message.startsWith('OOM'))
    return as(
      'store-full',
      `Redis at ${where} has used up its maxmemory and refuses changes. Raise it: redis-cli CONFIG SET maxmemory <bytes>`,
    )
  if (/^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password)/.test(message))
    return as('store-misconfigured', `Redis at ${where} refuses us: ${message}. Check user, password and ACL`)
  if (isUnavailable(error)) return as('store-unavailable', `Redis at ${where} does not answer: ${reason(error)}`)
  return error
}

/** True where a command may or may not have been run: the answer is missing. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof OperationError) return error.cause !== undefined && isOutcomeUnknown(error.cause)
  if (!(error instanceof Error)) return false
  return /timed out|Connection is closed|aborted due to connection close|max retries per request|ECONNRESET|EPIPE/i.test(
    error.message,
  )
}

const unavailableReplies = /^(LOADING|BUSY |CLUSTERDOWN|MASTERDOWN|TRYAGAIN|READONLY|NOREPLICAS|UNBLOCKED|MOVED|ASK)/
const unavailableWords =
  /no connection|Connection is closed|aborted due to connection close|Command timed out|isn't writeable|isn't ready|max retries per request|Cluster|sentinels|ETIMEDOUT|Socket timeout|closed before|ended/i

function isUnavailable(error: Error): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException
  return (
    syscall !== undefined ||
    (code !== undefined && /^E[A-Z]+$/.test(code)) ||
    unavailableReplies.test(error.message) ||
    unavailableWords.test(error.message)
  )
}

function reason(error: Error): string {
  if (/max retries per request/.test(error.message)) return 'the connection broke'
  const last = (error as Error & { lastNodeError?: Error }).lastNodeError ?? error.cause
  return last instanceof Error ? `${error.message} (${last.message})` : error.message
}
