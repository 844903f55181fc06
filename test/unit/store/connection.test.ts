/** Connections to Redis: errors on them are ours to tell, and never ioredis' to print. */
import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { parseRedisUrl } from '../../../src/store/connect.ts'
import { connectRedis } from '../../../src/store/connection.ts'

test.each([
  'redis://127.0.0.1:1',
  'unix:///nowhere.sock',
  'redis+sentinel://127.0.0.1:1/main',
  'redis+cluster://127.0.0.1:1',
])('somebody listens for errors of %s and of every duplicate of it', (url) => {
  const settings = parseRedisUrl(url)
  if (!settings.ok) throw new Error(settings.problem)
  // Redis and Cluster share duplicate(), which TypeScript cannot call on their union.
  const connection = connectRedis(settings.value, { kind: 'blocking' }) as Redis
  const connections = [connection, connection.duplicate(), connection.duplicate().duplicate()]
  for (const each of connections) expect(each.listenerCount('error')).toBeGreaterThan(0)
  for (const each of connections) each.disconnect()
})
