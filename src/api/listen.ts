/**
 * Opens the API: on a TCP address and, beside it, on a unix socket in the data folder, which works when tokens or DNS
 * do not. Whoever may open the socket's file is admin.
 */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { markLocal } from './access.ts'
import { checkBinding } from './binding.ts'
import type { Token } from './token.ts'

export interface ListenSettings {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tokens: readonly Token[] | undefined
  /** Path of the unix socket; undefined opens none. */
  readonly socket?: string
}

/**
 * Resolves with the addresses that answer, such as `http://127.0.0.1:7179` and `unix:///var/lib/herald/herald.sock`.
 * Closing the API closes both. Throws where the binding is refused, or an address is taken.
 */
export async function listenApi(api: FastifyInstance, settings: ListenSettings): Promise<readonly string[]> {
  const problem = checkBinding(settings)
  if (problem !== undefined) throw new Error(problem)
  const tcp = await api.listen({ host: settings.host, port: settings.port })
  if (settings.socket === undefined) return [tcp]
  locals.set(api, await listenLocally(api, settings.socket))
  return [tcp, `unix://${settings.socket}`]
}

/** Unix sockets beside their API; they close with it. */
const locals = new WeakMap<FastifyInstance, Server>()

/** Called while the API is made: hooks cannot be added once it listens. */
export function closeLocally(api: FastifyInstance): void {
  api.addHook('preClose', async () => {
    locals.get(api)?.close()
    locals.get(api)?.closeIdleConnections()
  })
  api.addHook('onClose', async () => locals.get(api)?.closeAllConnections())
}

async function listenLocally(api: FastifyInstance, path: string): Promise<Server> {
  await removeStale(path)
  const server = createServer((request, response) => api.routing(request, response))
  server.on('connection', markLocal)
  const umask = process.umask(0o117) // the file is 0660 from its first moment
  try {
    server.listen(path)
  } finally {
    process.umask(umask)
  }
  await once(server, 'listening')
  return server
}

/** A socket file that nobody listens on is left from a crash. */
async function removeStale(path: string): Promise<void> {
  const probe = connect(path)
  const alive = await once(probe, 'connect').then(
    () => true,
    () => false,
  )
  probe.destroy()
  if (alive) throw new Error(`another Herald listens on ${path}; stop it, or choose another data folder`)
  await rm(path, { force: true })
}
