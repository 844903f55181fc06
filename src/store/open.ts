/**
 * Opens the store: connects, refuses a Redis that must not hold Herald's state, and puts the topics together.
 */
import type { Cluster, Redis } from 'ioredis'
import type { RedisSettings } from './connect.ts'
import { connectRedis } from './connection.ts'
import { createEvents } from './events.ts'
import { createAlerts } from './alerts.ts'
import { createHealth } from './health.ts'
import { createNotices } from './notices.ts'
import { createIdempotency } from './idempotency.ts'
import { type ServerFacts, inspectServer } from './inspect.ts'
import { type Keys, createKeys } from './keys.ts'
import { createLearner } from './learner.ts'
import { createLeases } from './leases.ts'
import { type Links, openLinks } from './link.ts'
import { createObservations } from './observations.ts'
import { createPractices } from './practice.ts'
import { createProofs } from './proofs.ts'
import { createRevisions } from './revisions.ts'
import { createSamples } from './samples.ts'
import { createCollectors } from './collectors.ts'
import { createSight } from './sight.ts'
import { defineScript, runScript } from './script.ts'
import { createSpeakers } from './speakers.ts'
import type { Store } from './store.ts'
import { createTargets } from './targets.ts'

export interface OpenStore extends Store {
  /** Sentences for the operator about how Redis is set up; empty where all is well. */
  readonly findings: readonly string[]
  /** A connection fit for blocking reads, not yet opened; the caller disconnects it. */
  bullConnection(): Redis | Cluster
  readonly bullPrefix: string
}

/** Through a key, so that Redis Cluster asks the node that will have it. */
const infoScript = defineScript(`return redis.call('INFO')`)

/**
 * Fails with `store-unavailable` (within 2 s) or `store-misconfigured`.
 * @param settings.tag hash tag of every key, default `herald`
 */
export async function openStore(settings: {
  readonly redis: RedisSettings
  readonly tag?: string
}): Promise<OpenStore> {
  const keys = createKeys(settings.tag)
  const links = openLinks(settings.redis)
  try {
    // All connections at once: the first commit or table should not wait for one.
    await Promise.all(
      [links.prompt, links.bulk, links.commit].map((link) => link.run((redis) => redis.exists(keys.head()))),
    )
    return assemble(settings.redis, keys, links, await inspect(settings.redis, keys, links))
  } catch (error) {
    links.close()
    throw error
  }
}

function assemble(redis: RedisSettings, keys: Keys, links: Links, facts: ServerFacts): OpenStore {
  const leases = createLeases(links, keys)
  return {
    findings: facts.findings,
    revisions: createRevisions(links, keys, facts.durability),
    targets: createTargets(links, keys),
    speakers: createSpeakers(links, keys),
    observations: createObservations(links, keys),
    proofs: createProofs(links, keys),
    leases,
    events: createEvents(links, keys, redis),
    idempotency: createIdempotency(links, keys),
    samples: createSamples(links, keys, redis),
    health: createHealth(links, keys),
    learner: createLearner(links, keys),
    sight: createSight(links, keys),
    collectors: createCollectors(links, keys),
    alerts: createAlerts(links, keys),
    practices: createPractices(links, keys),
    notices: createNotices(links, keys),
    bullConnection() {
      const connection = connectRedis(redis, { kind: 'blocking' })
      // Its user listens for errors on its own; ioredis prints those that nobody listens for.
      connection.on('error', () => undefined)
      return connection
    },
    bullPrefix: keys.bull(),
    async ping() {
      await links.prompt.run((connection) => connection.exists(keys.head()))
    },
    async close() {
      await leases.close()
      links.close()
    },
  }
}

async function inspect(settings: RedisSettings, keys: Keys, links: Links): Promise<ServerFacts> {
  const info = String(await links.prompt.run((redis) => runScript(redis, infoScript, [keys.head()], [])))
  return inspectServer(info, await readAppendfsync(links), settings, links.where)
}

/** Managed servers forbid CONFIG. In a Cluster any node may answer: its nodes are configured alike. */
async function readAppendfsync(links: Links): Promise<string | undefined> {
  const reply = await links.prompt.run((redis) => redis.config('GET', 'appendfsync').catch(() => undefined))
  return Array.isArray(reply) ? String(reply[1]) : undefined
}
