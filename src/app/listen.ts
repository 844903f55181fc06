/** Wires the API to the process: tokens, readiness, identity of the store, and the addresses it listens on. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createApi } from '../api/server.ts'
import { type ListenSettings, checkListening, listenApi } from '../api/listen.ts'
import { type Token, parseTokens } from '../api/token.ts'
import type { Readiness } from '../api/deps.ts'
import { OperationError } from '../bgp/operation-error.ts'
import type { HighWater } from '../store/high-water.ts'
import type { Store } from '../store/store.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { Base, Cleanup } from './herald.ts'
import type { ServeSettings } from './settings.ts'

export const localSocket = 'herald.sock'

/**
 * Everything about the API that can be checked before Redis is started and anything is led: tokens, binding, addresses.
 * Fails with `misconfigured`, with the way out.
 */
export async function prepareListening({ tokenFile, host, port, folder }: ServeSettings): Promise<ListenSettings> {
  const listening = { host, port, tokens: await readTokens(tokenFile), socket: join(folder, localSocket) }
  await checkListening(listening)
  return listening
}

export async function listen(
  settings: ServeSettings,
  listening: ListenSettings,
  base: Base & { readonly highWater: HighWater },
  cleanups: Cleanup[],
): Promise<readonly string[]> {
  const { store, doorbell, connections, metrics, logger, clock, highWater } = base
  const api = await createApi({
    store,
    clock,
    wakePlan: () => doorbell.wakePlan(),
    speakers: (address) => connections.at(address),
    auth: { tokens: listening.tokens },
    metrics,
    logger: logger.child({ part: 'api' }, { level: settings.logLevel === 'debug' ? 'debug' : 'warn' }),
    health: { ready: () => readiness(store, highWater) },
    storeIdentity: highWater,
    newId: () => randomBytes(4).toString('hex'),
    version: manifest.version,
  })
  cleanups.push(() => api.close())
  return listenApi(api, listening)
}

async function readTokens(file: string | undefined): Promise<readonly Token[] | undefined> {
  if (file === undefined) return undefined
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw new OperationError(
      'misconfigured',
      `cannot read the token file: ${why}; --tokens names a JSON list of {name, role, sha256}`,
    )
  })
  const tokens = parseTokens(text)
  if (!tokens.ok) throw new OperationError('misconfigured', `${file}: ${tokens.problem}`)
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
