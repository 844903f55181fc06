/**
 * Where Redis is, read from a URL. Credentials never appear in a message.
 *
 *   redis://[user:pass@]host[:6379][/db]        rediss://… with TLS (?ca=file&certificate=file&key=file&serverName=name)
 *   unix:///path.sock[?db=1]
 *   redis+sentinel://[user:pass@]h1[:26379],h2/master-name[/db][?sentinelPassword=…]     rediss+sentinel://…
 *   redis+cluster://[user:pass@]h1[:6379],h2                                             rediss+cluster://…
 */
import { type Parsed, parsed, refused } from '../bgp/parsed.ts'

export interface RedisCredentials {
  readonly username?: string
  readonly password?: string
}

/** PEM files and the name to verify; all absent means TLS with the system's authorities. */
export interface RedisTls {
  readonly ca?: string
  readonly certificate?: string
  readonly key?: string
  readonly serverName?: string
}

export interface RedisAddress {
  readonly host: string
  readonly port: number
}

export type RedisSettings =
  | (RedisCredentials & RedisAddress & { readonly kind: 'tcp'; readonly db: number; readonly tls?: RedisTls })
  | (RedisCredentials & { readonly kind: 'unix'; readonly path: string; readonly db: number })
  /** Herald's own server (embedded.ts); its AOF folder is on this host, so that Herald can sync it itself. */
  | { readonly kind: 'embedded'; readonly path: string; readonly appendFolder: string }
  | (RedisCredentials & {
      readonly kind: 'sentinel'
      readonly sentinels: readonly RedisAddress[]
      readonly master: string
      readonly db: number
      readonly sentinelUsername?: string
      readonly sentinelPassword?: string
      readonly tls?: RedisTls
    })
  | (RedisCredentials & { readonly kind: 'cluster'; readonly nodes: readonly RedisAddress[]; readonly tls?: RedisTls })

const shapes = {
  tcp: 'redis://host:6379',
  unix: 'unix:///run/redis/redis.sock',
  sentinel: 'redis+sentinel://host1:26379,host2:26379/master-name',
  cluster: 'redis+cluster://host1:6379,host2:6379',
} as const

export function parseRedisUrl(text: string): Parsed<RedisSettings> {
  const parts = /^([a-z+]+):\/\/(?:([^@/?]*)@)?([^/?]*)(\/[^?]*)?(?:\?(.*))?$/.exec(text)
  if (parts === null) return refused(`the Redis URL is malformed; write ${Object.values(shapes).join(' or ')}`)
  const [, scheme = '', login, hosts = '', path = '', query = ''] = parts
  const credentials = readCredentials(login)
  if (!credentials.ok) return credentials
  const options = new URLSearchParams(query)
  switch (scheme) {
    case 'unix':
      return readUnix(hosts, path, options, credentials.value)
    case 'redis':
    case 'rediss':
      return readTcp(scheme === 'rediss', hosts, path, options, credentials.value)
    case 'redis+sentinel':
    case 'rediss+sentinel':
      return readSentinel(scheme.startsWith('rediss'), hosts, path, options, credentials.value)
    case 'redis+cluster':
    case 'rediss+cluster':
      return readCluster(scheme.startsWith('rediss'), hosts, path, options, credentials.value)
    default:
      return refused(`"${scheme}://" is not a Redis URL; write ${Object.values(shapes).join(' or ')}`)
  }
}

/** For messages: the address without credentials. */
export function describeRedis(settings: RedisSettings): string {
  const list = (addresses: readonly RedisAddress[]) => addresses.map(formatAddress).join(',')
  switch (settings.kind) {
    case 'tcp':
      return `redis${settings.tls === undefined ? '' : 's'}://${formatAddress(settings)}/${settings.db}`
    case 'unix':
    case 'embedded':
      return `unix://${settings.path}`
    case 'sentinel':
      return `redis+sentinel://${list(settings.sentinels)}/${settings.master}/${settings.db}`
    case 'cluster':
      return `redis+cluster://${list(settings.nodes)}`
  }
}

function readTcp(
  secure: boolean,
  hosts: string,
  path: string,
  options: URLSearchParams,
  credentials: RedisCredentials,
) {
  const addresses = readAddresses(hosts, 6379)
  if (!addresses.ok) return addresses
  const [address, ...more] = addresses.value
  if (address === undefined || more.length > 0)
    return refused(`a redis:// URL names one host; for several write ${shapes.sentinel} or ${shapes.cluster}`)
  const db = readDb(path.slice(1))
  if (!db.ok) return db
  const tls = takeTls(secure, options)
  return unknownOption(options) ?? parsed({ kind: 'tcp' as const, ...address, db: db.value, ...credentials, ...tls })
}

function readUnix(hosts: string, path: string, options: URLSearchParams, credentials: RedisCredentials) {
  if (hosts !== '' || path.length < 2) return refused(`write a unix socket with three slashes: ${shapes.unix}`)
  const db = readDb(take(options, 'db') ?? '')
  if (!db.ok) return db
  return unknownOption(options) ?? parsed({ kind: 'unix' as const, path, db: db.value, ...credentials })
}

function readSentinel(
  secure: boolean,
  hosts: string,
  path: string,
  options: URLSearchParams,
  credentials: RedisCredentials,
) {
  const sentinels = readAddresses(hosts, 26379)
  if (!sentinels.ok) return sentinels
  const [, master = '', dbText = '', ...more] = path.split('/')
  if (master === '' || more.length > 0)
    return refused(`a Sentinel URL names the master group after the hosts: ${shapes.sentinel}`)
  const db = readDb(dbText)
  if (!db.ok) return db
  const sentinelUsername = take(options, 'sentinelUsername')
  const sentinelPassword = take(options, 'sentinelPassword')
  const tls = takeTls(secure, options)
  return (
    unknownOption(options) ??
    parsed({
      kind: 'sentinel' as const,
      sentinels: sentinels.value,
      master: decodeURIComponent(master),
      db: db.value,
      ...credentials,
      ...(sentinelUsername !== undefined && { sentinelUsername }),
      ...(sentinelPassword !== undefined && { sentinelPassword }),
      ...tls,
    })
  )
}

function readCluster(
  secure: boolean,
  hosts: string,
  path: string,
  options: URLSearchParams,
  credentials: RedisCredentials,
) {
  const nodes = readAddresses(hosts, 6379)
  if (!nodes.ok) return nodes
  if (path !== '' && path !== '/' && path !== '/0')
    return refused('Redis Cluster has database 0 only; write no database')
  const tls = takeTls(secure, options)
  return unknownOption(options) ?? parsed({ kind: 'cluster' as const, nodes: nodes.value, ...credentials, ...tls })
}

function readCredentials(login: string | undefined): Parsed<RedisCredentials> {
  if (login === undefined || login === '') return parsed({})
  const colon = login.indexOf(':')
  try {
    const username = decodeURIComponent(colon < 0 ? login : login.slice(0, colon))
    const password = colon < 0 ? undefined : decodeURIComponent(login.slice(colon + 1))
    return parsed({ ...(username !== '' && { username }), ...(password !== undefined && { password }) })
  } catch {
    return refused('the user or password in the Redis URL is malformed; percent-encode %, @, / and : in them')
  }
}

function readAddresses(hosts: string, defaultPort: number): Parsed<readonly RedisAddress[]> {
  const addresses: RedisAddress[] = []
  for (const text of hosts.split(',')) {
    const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
    const host = parts?.[1] ?? parts?.[2]
    const port = Number(parts?.[3] ?? defaultPort)
    if (host === undefined || port < 1 || port > 65535)
      return refused(
        `"${text}" in the Redis URL is not a host and port; write "host:${defaultPort}" or "[::1]:${defaultPort}"`,
      )
    addresses.push({ host, port })
  }
  return parsed(addresses)
}

function readDb(text: string): Parsed<number> {
  if (text === '') return parsed(0)
  return /^\d{1,4}$/.test(text) ? parsed(Number(text)) : refused(`"${text}" is not a Redis database number`)
}

function takeTls(secure: boolean, options: URLSearchParams): { readonly tls?: RedisTls } {
  if (!secure) return {}
  const tls: Record<string, string> = {}
  for (const name of ['ca', 'certificate', 'key', 'serverName']) {
    const value = take(options, name)
    if (value !== undefined) tls[name] = value
  }
  return { tls }
}

function take(options: URLSearchParams, name: string): string | undefined {
  const value = options.get(name) ?? undefined
  options.delete(name)
  return value
}

function unknownOption(options: URLSearchParams) {
  const [name] = options.keys()
  return name === undefined ? undefined : refused(`"${name}" is not an option of this Redis URL`)
}

function formatAddress({ host, port }: RedisAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
