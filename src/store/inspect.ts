/**
 * Whether a Redis server may hold Herald's state: new enough, never evicting, with an AOF. Decided on its own words
 * (INFO, CONFIG GET), so that every answer can be tested.
 */
import { OperationError } from '../bgp/operation-error.ts'
import type { RedisSettings } from './connect.ts'
import { type Durability, parseInfo } from './durability.ts'

export interface ServerFacts {
  readonly durability: Durability
  /** Sentences for the operator: it works, but not as well as it should. */
  readonly findings: readonly string[]
}

const oldest = [6, 2] as const
/** First version with WAITAOF. */
const waitaof = [7, 2] as const

/**
 * @param info the server's whole INFO
 * @param appendfsync CONFIG GET appendfsync; undefined where the server does not tell
 * Throws `store-misconfigured` where the server must not be used.
 */
export function inspectServer(
  info: string,
  appendfsync: string | undefined,
  settings: RedisSettings,
  where: string,
): ServerFacts {
  const facts = parseInfo(info)
  const version = facts.get('redis_version') ?? 'unknown'
  if (!atLeast(version, oldest))
    throw new OperationError(
      'store-misconfigured',
      `Redis at ${where} is version ${version}; Herald needs ${oldest.join('.')} or later`,
    )
  const policy = facts.get('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction')
    throw new OperationError(
      'store-misconfigured',
      `Redis at ${where} has maxmemory-policy ${policy} and may throw decisions away. Fix it: ` +
        'redis-cli CONFIG SET maxmemory-policy noeviction && redis-cli CONFIG REWRITE',
    )
  if (facts.get('role') === 'slave')
    throw new OperationError(
      'store-misconfigured',
      `Redis at ${where} is a read-only replica of ${facts.get('master_host')}:${facts.get('master_port')}; name the master`,
    )
  const durability = durabilityOf(facts, appendfsync, settings)
  return { durability, findings: findings(durability, appendfsync, where) }
}

function durabilityOf(
  facts: ReadonlyMap<string, string>,
  appendfsync: string | undefined,
  settings: RedisSettings,
): Durability {
  if (facts.get('aof_enabled') !== '1') return { kind: 'none' }
  if (settings.kind === 'embedded') return { kind: 'synced', appendFolder: settings.appendFolder }
  if (appendfsync === 'always') return { kind: 'always' }
  const syncs = appendfsync !== 'no'
  return { kind: syncs && atLeast(facts.get('redis_version') ?? '', waitaof) ? 'waitaof' : 'written' }
}

function findings(durability: Durability, appendfsync: string | undefined, where: string): string[] {
  if (durability.kind === 'none')
    return [
      `Redis at ${where} keeps no append-only file: a crash loses acknowledged revisions. ` +
        'Turn it on: redis-cli CONFIG SET appendonly yes && redis-cli CONFIG REWRITE',
    ]
  if (appendfsync === 'no')
    return [
      `Redis at ${where} leaves syncing its AOF to the system (appendfsync no): a power cut may lose acknowledged ` +
        'revisions. Fix it: redis-cli CONFIG SET appendfsync everysec && redis-cli CONFIG REWRITE',
    ]
  if (durability.kind === 'waitaof')
    return [
      `Redis at ${where} syncs its AOF once a second, so each change waits up to a second before it is acknowledged. ` +
        'Make it quick: redis-cli CONFIG SET appendfsync always && redis-cli CONFIG REWRITE',
    ]
  return []
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [gotMajor = 0, gotMinor = 0] = version.split('.').map(Number)
  return gotMajor > major || (gotMajor === major && gotMinor >= minor)
}
