import { describe, expect, test } from 'vitest'
import { inspectServer } from '../../../src/store/inspect.ts'

const tcp = { kind: 'tcp', host: 'db', port: 6379, db: 0 } as const

const info = (fields: Readonly<Record<string, string>>): string =>
  Object.entries({
    redis_version: '7.0.15',
    role: 'master',
    maxmemory_policy: 'noeviction',
    aof_enabled: '1',
    ...fields,
  })
    .map(([name, value]) => `${name}:${value}`)
    .join('\r\n')

describe('a commit is acknowledged', () => {
  test.each([
    ['after the fsync that WAITAOF waits for, from 7.2 on', '7.2.0', 'everysec', 'waitaof'],
    ['so on 8.0', '8.0.2', 'everysec', 'waitaof'],
    ['by the answer itself under appendfsync always', '7.2.0', 'always', 'always'],
    ['once written to the file, before 7.2', '7.0.15', 'everysec', 'written'],
    ['once written to the file, where nobody syncs', '7.2.0', 'no', 'written'],
    ['as under everysec where the server hides its configuration', '7.2.0', undefined, 'waitaof'],
  ])('%s', (_, version, appendfsync, kind) => {
    expect(inspectServer(info({ redis_version: version }), appendfsync, tcp, 'db').durability).toEqual({ kind })
  })

  test('once Herald itself has synced the file of its embedded server', () => {
    const embedded = { kind: 'embedded', path: '/s', appendFolder: '/a' } as const
    expect(inspectServer(info({}), 'everysec', embedded, 'db').durability).toEqual({
      kind: 'synced',
      appendFolder: '/a',
    })
  })
})

describe('a server is refused', () => {
  test.each([
    ['older than 6.2', { redis_version: '6.0.16' }, '6.2 or later'],
    ['of an unknown version', { redis_version: 'x' }, '6.2 or later'],
    ['that may evict', { maxmemory_policy: 'volatile-lru' }, 'CONFIG SET maxmemory-policy noeviction'],
    ['that is a replica', { role: 'slave', master_host: 'm', master_port: '1' }, 'name the master'],
  ])('%s', (_, fields, words) => {
    expect(() => inspectServer(info(fields), 'everysec', tcp, 'db')).toThrow(words)
  })
})

test('what is not as safe as it could be is found and said, what is well set up is silent', () => {
  const findings = (fields: Readonly<Record<string, string>>, appendfsync: string) =>
    inspectServer(info(fields), appendfsync, tcp, 'db').findings
  expect(findings({}, 'everysec')).toEqual([])
  expect(findings({ redis_version: '7.2.0' }, 'always')).toEqual([])
  expect(findings({ redis_version: '7.2.0' }, 'everysec')).toEqual([expect.stringContaining('appendfsync always')])
  expect(findings({ aof_enabled: '0' }, 'everysec')).toEqual([expect.stringContaining('appendonly yes')])
  expect(findings({}, 'no')).toEqual([expect.stringContaining('appendfsync everysec')])
})
