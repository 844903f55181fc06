/**
 * Idempotency-Key on POST: the answer of a write is kept for 24 hours, and the same key with the same request answers
 * it again. Only what committed is kept: a refusal changed nothing and may be tried again.
 */
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ApiDeps } from './deps.ts'
import { ProblemError } from './problem.ts'

interface Reservation {
  readonly key: string
  readonly fingerprint: string
}

const reserved = new WeakMap<FastifyRequest, Reservation>()

export function useIdempotency(api: FastifyInstance, { store, logger }: ApiDeps): void {
  api.addHook('preHandler', async (request, reply) => {
    const reservation = reservationOf(request)
    if (reservation === undefined) return undefined
    const earlier = await store.idempotency.begin(reservation.key, reservation.fingerprint)
    if (earlier === undefined) {
      reserved.set(request, reservation)
      return undefined
    }
    if (earlier === 'in-progress')
      throw new ProblemError(
        409,
        'idempotency-in-progress',
        'a request with this Idempotency-Key is still being worked on',
      )
    if (earlier === 'mismatch')
      throw new ProblemError(
        422,
        'idempotency-mismatch',
        'this Idempotency-Key was used for another request; take a new one',
      )
    void reply.code(earlier.status).header('idempotency-replayed', 'true').type('application/json')
    return reply.send(earlier.body)
  })
  api.addHook('onSend', async (request, reply, payload: unknown) => {
    const reservation = reserved.get(request)
    if (reservation === undefined) return payload
    reserved.delete(request)
    const kept = reply.statusCode < 300 && typeof payload === 'string'
    const { key, fingerprint } = reservation
    // The write itself is done or refused; failing to remember that must not turn it into an error.
    const done = kept
      ? store.idempotency.finish(key, fingerprint, { status: reply.statusCode, body: payload })
      : store.idempotency.abandon(key)
    await done.catch((error: unknown) => logger.warn({ err: error }, 'idempotency key not kept'))
    return payload
  })
}

function reservationOf(request: FastifyRequest): Reservation | undefined {
  const header = request.headers['idempotency-key']
  if (header === undefined || request.method !== 'POST' || request.is404) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header))
    throw new ProblemError(400, 'invalid-request', 'Idempotency-Key: send 1 to 200 printable characters')
  const asked = JSON.stringify([request.url, request.headers['if-match'] ?? '', request.body ?? null])
  return {
    key: `${request.principal.name}:${header}`,
    fingerprint: createHash('sha256').update(asked).digest('base64url'),
  }
}
