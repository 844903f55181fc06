/**
 * Connections to Redis by ioredis: how long to wait, how often to try again, and what is never sent twice. ioredis'
 * keyPrefix is not used: BullMQ does not work with it.
 */
import { readFileSync } from 'node:fs'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { RedisCredentials, RedisSettings, RedisTls } from './connect.ts'

/** How a connection behaves when Redis does not answer. */
export type Patience =
  /** Commands fail fast and are never sent twice. */
  | { readonly kind: 'prompt'; readonly commandTimeoutMs: number }
  /** Commands wait until Redis is back: BullMQ, XREAD BLOCK. */
  | { readonly kind: 'blocking' }

/** A server that is gone is asked again at least this often, ms. BullMQ resumed 18 s late with ioredis' default. */
const retryCapMs = 1000

/** An unopened connection (the first command or connect() opens it); the caller closes it by disconnect(). */
export function connectRedis(settings: RedisSettings, patience: Patience): Redis | Cluster {
  return heard(openConnection(settings, patience))
}

/**
 * ioredis prints an error that nobody listens for, between our log lines. BullMQ makes duplicates of its own and takes
 * its listeners away before a broken connection has said its last word; whoever has to know has the failed command.
 */
function heard<T extends Redis | Cluster>(connection: T): T {
  connection.on('error', () => undefined)
  const duplicate = connection.duplicate.bind(connection) as (...settings: never[]) => T
  return Object.assign(connection, { duplicate: (...settings: never[]) => heard(duplicate(...settings)) })
}

function openConnection(settings: RedisSettings, patience: Patience): Redis | Cluster {
  const common = commonOptions(settings, patience)
  switch (settings.kind) {
    case 'tcp':
      return new Redis({ ...common, host: settings.host, port: settings.port, db: settings.db })
    case 'unix':
      return new Redis({ ...common, path: settings.path, db: settings.db })
    case 'embedded':
      return new Redis({ ...common, path: settings.path })
    case 'sentinel':
      return new Redis({
        ...common,
        sentinels: settings.sentinels.map(({ host, port }) => ({ host, port })),
        name: settings.master,
        db: settings.db,
        sentinelRetryStrategy: retryStrategy,
        sentinelReconnectStrategy: retryStrategy,
        ...(settings.tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: readTls(settings.tls) }),
        ...(settings.sentinelUsername !== undefined && { sentinelUsername: settings.sentinelUsername }),
        ...(settings.sentinelPassword !== undefined && { sentinelPassword: settings.sentinelPassword }),
      })
    case 'cluster':
      return new Cluster(
        settings.nodes.map(({ host, port }) => ({ host, port })),
        clusterOptions(common, patience),
      )
  }
}

/** ioredis types its replies by this option; ours are the plain ones. */
type Options = Omit<RedisOptions, 'replyMapping'>

function commonOptions(settings: RedisSettings, patience: Patience): Options {
  const credentials: RedisCredentials = settings.kind === 'embedded' ? {} : settings
  const tls = 'tls' in settings ? settings.tls : undefined
  return {
    lazyConnect: true,
    connectionName: 'herald',
    connectTimeout: 5000,
    retryStrategy,
    // After a failover the old master answers READONLY: connect anew, ask Sentinel again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(credentials.username !== undefined && { username: credentials.username }),
    ...(credentials.password !== undefined && { password: credentials.password }),
    ...(tls !== undefined && { tls: readTls(tls) }),
    ...(patience.kind === 'blocking'
      ? { maxRetriesPerRequest: null, socketTimeout: 30_000 }
      : {
          // A command is sent once or not at all: no queue that is flushed when Redis is back, no resend.
          maxRetriesPerRequest: 0,
          enableOfflineQueue: false,
          autoResendUnfulfilledCommands: false,
          commandTimeout: patience.commandTimeoutMs,
          // What one tick asks goes out in one write: a change of ten speakers asks hundreds of things.
          enableAutoPipelining: settings.kind !== 'cluster',
        }),
  }
}

function clusterOptions(common: Options, patience: Patience) {
  const { retryStrategy: _, enableOfflineQueue, lazyConnect, ...redisOptions } = common
  return {
    redisOptions,
    lazyConnect: lazyConnect ?? true,
    enableOfflineQueue: enableOfflineQueue ?? true,
    clusterRetryStrategy: retryStrategy,
    clusterNodeRetryStrategy: retryStrategy,
    slotsRefreshInterval: 2000,
    // ioredis would send a command again after a broken connection, although Redis may have run it.
    retryDelayOnFailover: patience.kind === 'blocking' ? 100 : 0,
  } satisfies ClusterOptions
}

function retryStrategy(times: number): number {
  return Math.min(20 * times, retryCapMs)
}

function readTls(tls: RedisTls) {
  return {
    ...(tls.ca !== undefined && { ca: readFileSync(tls.ca) }),
    ...(tls.certificate !== undefined && { cert: readFileSync(tls.certificate) }),
    ...(tls.key !== undefined && { key: readFileSync(tls.key) }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  }
}
