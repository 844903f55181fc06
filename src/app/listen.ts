/** Wires the API to the process: tokens, readiness, identity of the store, and the addresses it listens on. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createApi } from '../api/server.ts'
import { listenApi } from '../api/listen.ts'
import { type Token, parseTokens } from '../api/token.ts'
import type { Readiness } from '../api/deps.ts'
import { OperationError } from '../bgp/operation-error.ts'
import type { HighWater } from '../store/high-water.ts'
import type { Store } from '../store/store.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { Base, Cleanup } from './herald.ts'
import type { ServeSettings } from './settings.ts'

export const localSocket = 'herald.sock'

export async function listen(
  settings: ServeSettings,
  base: Base & { readonly highWater: HighWater },
  cleanups: Cleanup[],
): Promise<readonly string[]> {
  const { store, doorbell, connections, metrics, logger, clock, highWater } = base
  const tokens = await readTokens(settings.tokenFile)
  const api = await createApi({
    store,
    clock,
    wakePlan: () => doorbell.wakePlan(),
    speakers: (address) => connections.at(address),
    auth: { tokens },
    metrics,
    logger: logger.child({ part: 'api' }, { level: settings.logLevel === 'debug' ? 'debug' : 'warn' }),
    health: { ready: () => readiness(store, highWater) },
    storeIdentity: highWater,
    newId: () => randomBytes(4).toString('hex'),
    version: manifest.version,
  })
  cleanups.push(() => api.close())
  const socket = join(settings.folder, localSocket)
  return listenApi(api, { host: settings.host, port: settings.port, tokens, socket })
}

async function readTokens(file: string | undefined): Promise<readonly Token[] | undefined> {
  if (file === undefined) return undefined
  const tokens = parseTokens(await readFile(file, 'utf8'))
  if (!tokens.ok) throw new OperationError('invalid-documents', `${file}: ${tokens.problem}`)
  return tokens.value
}

async function readiness(store: Store, highWater: HighWater): Promise<Readiness> {
  const redis = await store.ping().then(
    () => ({ name: 'redis', ok: true, detail: 'answers' }),
    (error: unknown) => ({ name: 'redis', ok: false, detail: error instanceof Error ? error.message : String(error) }),
  )
  if (!redis.ok) return { ready: false, checks: [redis] }
  const identity = highWater.check(await store.revisions.head())
  const known = { name: 'store', ok: identity === 'ok', detail: identity === 'ok' ? 'as known' : identity.problem }
  return { ready: redis.ok && known.ok, checks: [redis, known] }
}
