import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { operationError } from '../../../src/speaker/gobgp/grpc-error.ts'

const doing = 'gobgpd at 192.0.2.1:50051, GetBgp'

function failed(code: number, details: string): Error {
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata: {} })
}

test.each([
  [
    status.UNAVAILABLE,
    'No connection established. Last error: Error: connect ECONNREFUSED 192.0.2.1:50051. Resolution note: ',
    'speaker-unreachable',
    `${doing}: connect ECONNREFUSED 192.0.2.1:50051`,
  ],
  [status.UNAVAILABLE, 'Connection dropped', 'speaker-unreachable', `${doing}: Connection dropped`],
  [
    status.DEADLINE_EXCEEDED,
    'Deadline exceeded after 2.1s',
    'speaker-timeout',
    `${doing}: no answer within the deadline`,
  ],
  [status.UNKNOWN, 'invalid prefix', 'speaker-refused', `${doing}: invalid prefix`],
])('status %i, %j is %s', (code, details, expected, sentence) => {
  const error = operationError(failed(code, details), doing)
  expect([error.code, error.message]).toEqual([expected, sentence])
})
