import { expect, test } from 'vitest'
import { OperationError } from '../../../src/bgp/operation-error.ts'
import { isOutcomeUnknown, translateRedisError } from '../../../src/store/errors.ts'

test.each([
  ['MISCONF Errors writing to the AOF file: No space left on device', 'store-full'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'store-full'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'store-misconfigured'],
  ["NOPERM User default has no permissions to run the 'xadd' command", 'store-misconfigured'],
  ['LOADING Redis is loading the dataset in memory', 'store-unavailable'],
  ["READONLY You can't write against a read only replica.", 'store-unavailable'],
  ['CLUSTERDOWN The cluster is down', 'store-unavailable'],
  ['Command timed out', 'store-unavailable'],
  ['Connection is closed.', 'store-unavailable'],
  ['Command aborted due to connection close', 'store-unavailable'],
  ["Stream isn't writeable and enableOfflineQueue options is false", 'store-unavailable'],
  ['Reached the max retries per request limit (which is 0).', 'store-unavailable'],
  ['All sentinels are unreachable. Retrying from scratch after 20ms.', 'store-unavailable'],
])('"%s" is %s', (message, code) => {
  const error = translateRedisError(new Error(message), 'redis://db:6379/0')
  expect(error).toBeInstanceOf(OperationError)
  expect(error).toMatchObject({ code, message: expect.stringContaining('redis://db:6379/0') })
})

test('a refused connection is unavailable, with the reason', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  })
  expect(translateRedisError(refused, 'db')).toMatchObject({
    code: 'store-unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

test('a mistake of ours stays what it is', () => {
  const mistake = new Error('WRONGTYPE Operation against a key holding the wrong kind of value')
  expect(translateRedisError(mistake, 'db')).toBe(mistake)
})

test('only an answer that never came leaves the outcome open', () => {
  expect(isOutcomeUnknown(new Error('Command timed out'))).toBe(true)
  expect(isOutcomeUnknown(new Error('Connection is closed.'))).toBe(true)
  expect(isOutcomeUnknown(new Error('Command aborted due to connection close'))).toBe(true)
  expect(isOutcomeUnknown(new Error('OOM command not allowed'))).toBe(false)
  expect(isOutcomeUnknown(new Error("Stream isn't writeable and enableOfflineQueue options is false"))).toBe(false)
})
