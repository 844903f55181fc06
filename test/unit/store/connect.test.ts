import { describe, expect, test } from 'vitest'
import { must } from '../../../src/bgp/parsed.ts'
import { describeRedis, parseRedisUrl } from '../../../src/store/connect.ts'

describe('a Redis URL names', () => {
  test.each([
    ['redis://db', { kind: 'tcp', host: 'db', port: 6379, db: 0 }],
    ['redis://u:p%40ss@db:7000/3', { kind: 'tcp', host: 'db', port: 7000, db: 3, username: 'u', password: 'p@ss' }],
    ['redis://:secret@[::1]:7000', { kind: 'tcp', host: '::1', port: 7000, db: 0, password: 'secret' }],
    ['rediss://db', { kind: 'tcp', host: 'db', port: 6379, db: 0, tls: {} }],
    [
      'rediss://db?ca=/etc/ca.pem&serverName=redis.example.net',
      { kind: 'tcp', host: 'db', port: 6379, db: 0, tls: { ca: '/etc/ca.pem', serverName: 'redis.example.net' } },
    ],
    ['unix:///run/redis.sock', { kind: 'unix', path: '/run/redis.sock', db: 0 }],
    ['unix://:secret@/run/redis.sock?db=2', { kind: 'unix', path: '/run/redis.sock', db: 2, password: 'secret' }],
    [
      'redis+sentinel://u:p@h1,h2:26380/main/1?sentinelPassword=s',
      {
        kind: 'sentinel',
        sentinels: [
          { host: 'h1', port: 26379 },
          { host: 'h2', port: 26380 },
        ],
        master: 'main',
        db: 1,
        username: 'u',
        password: 'p',
        sentinelPassword: 's',
      },
    ],
    [
      'rediss+cluster://h1,h2:7000',
      {
        kind: 'cluster',
        nodes: [
          { host: 'h1', port: 6379 },
          { host: 'h2', port: 7000 },
        ],
        tls: {},
      },
    ],
  ])('%s', (text, settings) => expect(parseRedisUrl(text)).toEqual({ ok: true, value: settings }))
})

describe('a Redis URL is refused with the way out where', () => {
  test.each([
    ['it has no scheme', 'localhost:6379', 'redis://host:6379'],
    ['the scheme is not known', 'http://db', '"http://" is not a Redis URL'],
    ['it names no host', 'redis://', 'is not a host and port'],
    ['the port is no port', 'redis://db:70000', 'is not a host and port'],
    ['it names two hosts', 'redis://a,b', 'redis+sentinel://'],
    ['the database is no number', 'redis://db/main', '"main" is not a Redis database number'],
    ['a socket has two slashes', 'unix://run/redis.sock', 'three slashes'],
    ['Sentinel has no master name', 'redis+sentinel://h1', 'master-name'],
    ['a Cluster has a database', 'redis+cluster://h1/3', 'database 0 only'],
    ['an option is not known', 'redis://db?timeout=3', '"timeout" is not an option'],
    ['TLS files are given without TLS', 'redis://db?ca=/etc/ca.pem', '"ca" is not an option'],
    ['the password is not percent-encoded', 'redis://:100%@db', 'percent-encode'],
  ])('%s', (_, text, words) => {
    expect(parseRedisUrl(text)).toEqual({ ok: false, problem: expect.stringContaining(words) })
  })
})

test('neither a description nor a refusal shows a password', () => {
  for (const text of ['redis://u:s3cret@db/1', 'redis+sentinel://u:s3cret@h/m?sentinelPassword=s3cret'])
    expect(describeRedis(must(parseRedisUrl(text)))).not.toContain('s3cret')
  for (const text of ['redis://u:s3cret@db:x', 'redis://u:s3cret@db/x', 'redis://u:s3cret@a,b', 'redis://:s3cret%@db'])
    expect(JSON.stringify(parseRedisUrl(text))).not.toContain('s3cret')
})
