/** Redis with Sentinel, and a Redis Cluster, on loopback, for tests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type TestRedis, freePort, startRedis } from './redis.ts'
import { eventually } from './store.ts'

export interface Topology {
  readonly url: string
  readonly nodes: readonly TestRedis[]
  stop(): Promise<void>
}

/** One master, one replica where asked for, and one Sentinel that alone decides a failover. */
export async function startSentinel(options: { readonly replicas: 0 | 1 }): Promise<Topology> {
  const master = await startRedis()
  const nodes = [master]
  if (options.replicas === 1)
    nodes.push(
      await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0'] }),
    )
  const folder = await mkdtemp(join(tmpdir(), 'herald-sentinel-'))
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  await writeFile(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `logfile ${join(folder, 'sentinel.log')}`,
      `sentinel monitor herald-master 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds herald-master 500',
      'sentinel failover-timeout herald-master 3000',
      '',
    ].join('\n'),
  )
  const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20 })
  client.on('error', () => undefined)
  await eventually(async () => {
    const found = (await client.call('SENTINEL', ['MASTER', 'herald-master'])) as string[]
    return Number(found[found.indexOf('num-slaves') + 1]) === options.replicas
  }, 15_000)
  client.disconnect()
  const [, replica] = nodes
  if (replica !== undefined) await untilReplicated(replica)
  return {
    url: `redis+sentinel://127.0.0.1:${port}/herald-master`,
    nodes,
    async stop() {
      await end(sentinel)
      await Promise.all(nodes.map((node) => node.stop()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Three masters that share all slots. */
export async function startCluster(): Promise<Topology> {
  const nodes = await Promise.all([0, 1, 2].map(startClusterNode))
  const clients = nodes.map(({ port }) => new Redis({ port, host: '127.0.0.1' }))
  const share = Math.ceil(16_384 / nodes.length)
  for (const [i, client] of clients.entries()) {
    const last = Math.min(16_383, (i + 1) * share - 1)
    await client.call('CLUSTER', ['ADDSLOTSRANGE', i * share, last])
    await client.call('CLUSTER', ['SET-CONFIG-EPOCH', i + 1])
  }
  for (const [i, { port }] of nodes.entries())
    if (i > 0) await clients[0]?.call('CLUSTER', ['MEET', '127.0.0.1', port, busPorts.get(port) ?? 0])
  await eventually(async () => {
    const states = await Promise.all(clients.map((client) => client.cluster('INFO')))
    return states.every((state) => state.includes('cluster_state:ok') && state.includes('cluster_known_nodes:3'))
  }, 15_000)
  for (const client of clients) client.disconnect()
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

/** Resolves once a replica has its master's data and follows it. */
async function untilReplicated({ port }: TestRedis): Promise<void> {
  const client = new Redis({ port, host: '127.0.0.1' })
  await eventually(async () => (await client.info('replication')).includes('master_link_status:up'), 15_000)
  client.disconnect()
}

const busPorts = new Map<number, number>()

async function startClusterNode(): Promise<TestRedis> {
  const bus = await freePort()
  const node = await startRedis({
    args: [
      '--appendfsync',
      'everysec',
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      String(bus),
      '--cluster-node-timeout',
      '2000',
    ],
  })
  busPorts.set(node.port, bus)
  return node
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
